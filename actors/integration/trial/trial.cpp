#include "actors/integration/trial/trial.hpp"

#include "actors/integration.hpp"
#include "actors/integration/health/gathering.hpp"
#include "actors/integration/trial/judging.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"

#include <algorithm>
#include <optional>

namespace tenon::actors::connectors::trial {
namespace {

using namespace std::chrono_literals;
using runtime::task;
using time_point = std::chrono::steady_clock::time_point;

// The edge answers within a minute.
constexpr span longest = 40s;
constexpr span for_a_connection = 10s;
constexpr patience short_patience{.quota = 3s, .answer = 10s};

class attempt {
public:
  attempt(platform& p, identity i) : platform_{p}, integration_{std::move(i)}, begun_{p.steady()} {}

  task<result<report>> run() {
    const protocols::integration::read_vitals read_them;
    const auto own =
        co_await runtime::ask<actors::integration>(platform_.host(), integration_, read_them);
    if (!own)
      co_return own.error();
    const auto document = read_json(own->spec);
    const auto* written = document ? document->find("config") : nullptr;
    const auto* members = written ? written->as<object>() : nullptr;
    const object config = members ? *members : object{};

    auto known = co_await platform_.enter_without_token(integration_);
    if (!known) {
      all_.push_back(failing("setup", "integration, connector and credential", known.error()));
      tell({.succeeded = false, .why = all_.back().detail});
      co_return std::move(all_);
    }
    all_.push_back({.part = "setup",
                    .name = "integration, connector and credential",
                    .detail = "the connector " + known->connector->name});
    auto reached = known->connection.base;
    if (!known->through.empty())
      if (const auto gateway = parse_url(known->through))
        reached = *gateway;
    const bool open = co_await look(reached);
    if (open)
      co_await try_credentials(*known);
    else
      skip("credentials", "accepted", "no connection");
    conclude();
    const auto& s = session_ ? *session_ : *known;
    co_await try_streams(s, open);
    judge_actions(*s.connector, all_);
    co_await weigh_limits(s);
    const auto scopes = asked_scopes(s);
    judge_security({.connector = *s.connector,
                    .connection = s.connection,
                    .reached = reached,
                    .config = config,
                    .version_warning = own->warning,
                    .scopes = scopes},
                   platform_.now(), all_);
    co_return std::move(all_);
  }

private:
  span since(time_point then) const {
    return std::chrono::duration_cast<span>(platform_.steady() - then);
  }

  void skip(std::string_view part, std::string name, std::string why) {
    all_.push_back({.part = part,
                    .name = std::move(name),
                    .verdict = verdict::skipped,
                    .detail = std::move(why)});
  }

  void tell(protocols::integration::take_trial outcome) {
    platform_.host().ask<actors::integration>(integration_, outcome, [](auto&&) {});
  }

  /// What the trial shows of whether the account lets us in; where it shows nothing, what is known
  /// of that stays.
  void conclude() {
    const auto failed = std::ranges::find_if(all_, [](const check& c) {
      return c.verdict == verdict::failed &&
             (c.part == "address" || c.part == "tls" || c.part == "credentials");
    });
    if (failed != all_.end())
      tell({.succeeded = false, .why = failed->detail});
    else if (account_)
      tell({.succeeded = true, .account = *account_});
  }

  static std::string asked_scopes(const session& s) {
    scope names;
    names.bind("conn", s.connection.settings).bind("secret", s.connection.secrets);
    return auth_of(*s.connector, s.connection).method->asked_scopes(names);
  }

  /// Whether a connection can be made.
  task<bool> look(url where) {
    if (where.host.empty()) {
      skip("address", "resolves", "the address is known once the credential is connected");
      co_return true;
    }
    runtime::outbound::limits bounds;
    bounds.connect = bounds.wait = for_a_connection;
    const auto seen = co_await platform_.web().examine(to_text(where), std::move(bounds));
    judge_way(seen, platform_.now(), all_);
    co_return !seen.trouble;
  }

  /// Leaves a session where somebody gets in. What is said of trouble says no secret.
  task<void> try_credentials(const session& known) {
    const auto begun = platform_.steady();
    if (since(begun_) > longest)
      co_return skip("credentials", "accepted", "there was no time left");
    const asker somebody; // who waits for the outcome
    auto entered = co_await platform_.enter(integration_, somebody);
    if (!entered) {
      const auto why = covered(entered.error(), known);
      all_.push_back(failing("credentials", "accepted", why, since(begun)));
      co_return;
    }
    session_ = *std::move(entered);
    session_->patience = short_patience;
    const auto request = check_request(*session_->connector, session_->connection, platform_.now());
    if (!request) {
      all_.push_back(failing("credentials", "accepted", covered(request.error(), *session_)));
      co_return;
    }
    if (!*request)
      co_return skip("credentials", "accepted",
                     "the connector has no check; the streams show whether they are");
    auto answer = co_await platform_.send(*session_, **request);
    if (!answer) {
      const auto why = covered(answer.error(), *session_);
      all_.push_back(failing("credentials", "accepted", why, since(begun)));
      co_return;
    }
    const auto account =
        read_check(*session_->connector, session_->connection, *answer, platform_.now());
    if (account)
      account_ = *account;
    if (account)
      all_.push_back({.part = "credentials",
                      .name = "accepted",
                      .detail = account->empty() ? "by the platform" : "as " + *account,
                      .took = since(begun)});
    else
      refused(covered(account.error(), *session_), since(begun));
    platform_.heed(*session_, *answer, "check");
    heard_ = *std::move(answer);
  }

  void refused(const failure& why, span took) {
    auto made = failing("credentials", "accepted", why, took);
    if (why.code == code::overloaded)
      made.verdict = verdict::warned;
    else
      denied_ = why.code == code::unauthenticated;
    if (made.remedy.empty())
      made.remedy = "Configure the credential with secrets that the platform accepts.";
    all_.push_back(std::move(made));
  }

  task<void> try_streams(const session& known, bool open) {
    for (const auto& one : known.connector->streams) {
      const auto name = "stream " + one.name;
      if (!open)
        skip("streams", name, "no connection");
      else if (!session_ || denied_)
        skip("streams", name, "the credentials are not accepted");
      else if (since(begun_) > longest)
        skip("streams", name, "there was no time left");
      else
        co_await try_stream(one);
    }
  }

  task<void> try_stream(const stream& one) {
    auto& s = *session_;
    const reading what{*s.connector, one, s.connection};
    const auto begun = platform_.steady();
    progress fresh;
    if (one.cursor)
      fresh = begin(*one.cursor, fresh, platform_.now());
    auto first = first_position(what, platform_.now());
    if (!first) {
      all_.push_back(failing("streams", "stream " + one.name, first.error()));
      co_return;
    }
    if (asked_for(one, *first, fresh) == asking::job)
      co_return skip("streams", "stream " + one.name,
                     "the platform would have to make it first, which is more than a look");
    const auto at = sized(one, *std::move(first), fresh, 1);
    const auto request = page_request(what, at, fresh, platform_.now());
    if (!request) {
      all_.push_back(failing("streams", "stream " + one.name, request.error()));
      co_return;
    }
    auto answer = co_await platform_.send(s, *request);
    if (!answer) {
      auto made = judge_silence(one.name, covered(answer.error(), s));
      made.took = since(begun);
      all_.push_back(std::move(made));
      co_return;
    }
    platform_.heed(s, *answer, one.name);
    auto came = read_page(what, *request, *answer, at, fresh, platform_.now());
    if (auto* said = std::get_if<connectors::verdict>(&came))
      said->why = covered(std::move(said->why), s);
    else if (auto& odd = std::get<page>(came).malformed; !odd.empty())
      odd.front().reason = covered({code::malformed, odd.front().reason}, s).why;
    auto made = judge_page(one.name, came, asked_scopes(s));
    made.took = since(begun);
    all_.push_back(std::move(made));
    heard_ = *std::move(answer);
  }

  task<void> weigh_limits(const session& s) {
    const auto left = co_await health::headroom_of(platform_, quotas_of(s));
    if (!left) {
      all_.push_back(failing("limits", "known", left.error()));
      co_return;
    }
    judge_limits(*s.connector, *left, heard_ ? &*heard_ : nullptr, platform_.now(), all_);
  }

  platform& platform_;
  identity integration_;
  time_point begun_;
  report all_{};
  std::optional<session> session_{};
  std::optional<http_response> heard_{};
  std::optional<std::string> account_{}; // as the platform calls it
  bool denied_ = false;
};

} // namespace

task<result<report>> try_out(platform& p, identity integration) {
  attempt t{p, std::move(integration)};
  co_return co_await t.run();
}

} // namespace tenon::actors::connectors::trial
