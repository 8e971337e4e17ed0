#include "actors/integration/health/advice.hpp"

#include "protocols/ensure.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tenon::actors::connectors::health {
namespace {

struct row {
  symptom what;
  std::string_view sentence;
  std::string_view remedy;
};

constexpr std::array rows{
    row{symptom::circuit_open, "the circuit is open until {}: the platform failed repeatedly",
        "Look at the platform's status page; requests are let through again by themselves."},
    row{symptom::unreached, "{} got no answer",
        "Run `tenon integration test` to see whether its address resolves, connects and shows a "
        "good certificate."},
    row{symptom::barred, "no request can be made: {}",
        "Correct the integration, its connector or its credential."},
    row{symptom::to_be_connected, "a person has to connect the credential: {}",
        "Run `tenon credential connect`."},
    row{symptom::secrets_refused, "the platform does not accept the secrets: {}",
        "Configure the credential with secrets that the platform accepts."},
    row{symptom::no_token, "there is no token: {}",
        "It is fetched again by itself; if that goes on failing, look at the platform's settings "
        "of the client."},
    row{symptom::denied, "{} were refused for who asks (401, 403)",
        "Run `tenon integration test`: it names the streams that are not permitted."},
    row{symptom::check_failed, "the last check of the credentials failed: {}",
        "Correct the credential, then run `tenon integration test`."},
    row{symptom::slower, "answers take longer than usual: {}",
        "If it lasts, ask the platform, and let fewer pages be read at once (`concurrency`)."},
    row{symptom::slow, "answers take long: {}",
        "Ask for less at once: smaller pages, fewer fields, fewer pages at once."},
    row{symptom::broken, "{} ended in an error of the platform (5xx)",
        "Look at the platform's status page; syncs try again by themselves."},
    row{symptom::refused, "{} were refused (4xx)",
        "Look at the failures of the syncs' runs: a stream's request may not fit the account."},
    row{symptom::throttled, "{} were refused for load (429)",
        "Lower the connector's limits to what the platform allows this account."},
    row{symptom::blocked, "the platform asked everyone to wait until {}",
        "Nothing: requests go on then. If it happens often, lower the connector's limits."},
    row{symptom::used_up, "the limit {} is used up",
        "Let syncs run less often, or ask the platform for more."},
    row{symptom::nearly_used_up, "the limit {} is nearly used up",
        "Let syncs run less often, or ask the platform for more."},
    row{symptom::slowed_down, "the platform's patience is nearly used up: limits are at {}",
        "Let syncs run less often; the limits go back by themselves."},
    row{symptom::never_whole, "the sync {} has never seen all there is",
        "Look at its runs with `tenon sync status`, and start it."},
    row{symptom::run_failed, "the newest run of {}",
        "Do what its failure says, then start it again: it goes on where it stopped."},
    row{symptom::behind, "the sync {}", "Start it, and look at whether its schedule still rings."},
    row{symptom::letters, "{} could not be stored",
        "Look at them with `tenon letters`, mend what they say, and replay them."},
    row{symptom::drifted, "the source's schema changed: {}",
        "Compare the new fields with what is done with the records."},
    row{symptom::version_ends, "{}", "Apply a connector that speaks a newer version."},
};

} // namespace

advice advise(protocols::health::metric about, const complaint& c) {
  const auto found = std::ranges::find(rows, c.what, &row::what);
  ensure(found != rows.end(), "each symptom has its row");
  advice made{about, std::string{found->sentence}, std::string{found->remedy}};
  if (const auto at = made.what.find("{}"); at != made.what.npos)
    made.what.replace(at, 2, c.detail);
  return made;
}

} // namespace tenon::actors::connectors::health
