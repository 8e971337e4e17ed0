#include "actors/integration.hpp"

#include "actors/breaker.hpp"
#include "actors/integration/health/memory.hpp"
#include "protocols/binding.hpp"
#include "runtime/outbound/url.hpp"

namespace tenon::actors {

namespace {

result<void> check_name(const std::string& name, std::string_view kind, std::string_view where) {
  const auto checked = check(identity{"tenant", std::string{kind}, name});
  if (checked)
    return {};
  return failure{code::malformed,
                 "this cannot be the name of a " + std::string{kind} + ": " + checked.error().why,
                 std::string{where}, checked.error().remedy};
}

constexpr span warned_before = std::chrono::days{60};
constexpr span a_day = std::chrono::days{1};
constexpr moment unknown{};

using connectors::health::health_holds;
using connectors::health::health_of;

/// Whether its end is so near that somebody should know.
template <class Known> bool is_near(const Known& k, moment now) {
  return (k.sunset_at != unknown && now + warned_before >= k.sunset_at) ||
         (k.deprecated_at != unknown && now >= k.deprecated_at);
}

std::string day_of(moment t) {
  return to_text(t).substr(0, std::string_view{"2026-01-01"}.size());
}

/// What a person is told, and what to do.
template <class Known> std::string words_of(const Known& k, moment now) {
  const auto version = k.api_version.empty() ? std::string{"of the API that is used"}
                                             : k.api_version + " of the API";
  auto text = "the version " + version;
  if (k.sunset_at == unknown)
    text += " is deprecated";
  else
    text += (now < k.sunset_at ? " ends on " : " has ended on ") + day_of(k.sunset_at);
  text += ": apply a connector that speaks a newer one";
  return k.more.empty() ? text : text + " (" + k.more + ')';
}

} // namespace

result<void> integration::check_spec(const value& written) {
  const auto read = protocols::from_value<spec>(written, "spec");
  if (!read)
    return read.error();
  if (auto named = check_name(read->connector, "connector", "spec.connector"); !named)
    return named;
  if (!read->credential.empty())
    if (auto named = check_name(read->credential, "credential", "spec.credential"); !named)
      return named;
  if (const auto* config = written.find("config"); config && !config->is<object>())
    return failure{code::malformed, "the config is a " + std::string{config->type_name()},
                   "spec.config", "Write an object with what the connector's params ask for."};
  if (!read->through.empty())
    if (const auto address = runtime::outbound::parse_url(read->through); !address)
      return failure{code::malformed, address.error().why, "spec.through",
                     "Write the gateway's address, such as http://127.0.0.1:4010."};
  return breaker::check(read->breaker, "spec.breaker");
}

value integration::status(const state& s) {
  object shown{{"check", s.checking       ? "under way"
                         : s.checked == 0 ? "never made"
                         : s.succeeded    ? "passed"
                                          : "failed"}};
  if (!s.api_version.empty())
    shown["api_version"] = s.api_version;
  if (s.sunset_at != unknown)
    shown["sunset_at"] = s.sunset_at;
  if (s.warned_at != unknown)
    shown["warning"] = words_of(s, s.warned_at);
  if (auto health = health_of(s); !health.empty())
    shown["health"] = std::move(health);
  if (s.checked == 0)
    return shown;
  if (!s.account.empty())
    shown["account"] = s.account;
  if (!s.why.empty())
    shown["why"] = s.why;
  shown["checked_at"] = s.checked_at;
  shown["check_number"] = s.checked;
  return shown;
}

integration::persisted integration::when_configured(persisted p, const state&, const value& written,
                                                    moment) {
  const auto read = protocols::from_value<spec>(written, "spec");
  return std::move(p).send<breaker>({.kind = "breaker"}, breaker::configure{read->breaker});
}

integration::persisted integration::when_removed(persisted p, const state&, moment) {
  return std::move(p).send<breaker>({.kind = "breaker"}, breaker::forget{});
}

integration::decision<integration::check> integration::on(const state& s, const check&, moment) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  if (s.checking)
    return reply(checking{s.checks});
  const auto number = s.checks + 1;
  return persist(check_asked{})
      .call(probe{.number = number, .spec = s.record.spec})
      .reply(checking{number});
}

integration::decision<integration::checked> integration::on(const state& s, const checked& c,
                                                            moment now) {
  if (!s.checking || c.number != s.checks)
    return ignore(); // of a configuration that is no more
  return persist(check_ended{c.number, c.succeeded, c.account, c.why, now});
}

integration::decision<integration::take_trial> integration::on(const state& s, const take_trial& c,
                                                               moment now) {
  if (!s.record.exists)
    return ignore();
  const check_ended event{s.checks + 1, c.succeeded, c.account, c.why, now};
  return persist(check_asked{}, event); // a check that is under way is an older one now
}

integration::decision<integration::noticed> integration::on(const state& s, const noticed& n,
                                                            moment now) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  const bool near = is_near(n, now);
  const bool due = near && (s.warned_at == unknown || now >= s.warned_at + a_day);
  protocols::integration::warning told{.due = due};
  if (due)
    told.text = words_of(n, now);
  const bool same = n.api_version == s.api_version && n.sunset_at == s.sunset_at &&
                    n.deprecated_at == s.deprecated_at && n.more == s.more &&
                    near == (s.warned_at != unknown);
  if (same && !due)
    return reply(std::move(told));
  return persist(noted{n.api_version, n.sunset_at, n.deprecated_at, n.more, now, due})
      .reply(std::move(told));
}

void integration::apply(state& s, const configured& e) {
  resource::apply(s, e);
  // What was found out was about the old spec; who was warned today stays warned.
  s = {.record = s.record,
       .checks = s.checks,
       .api_version = s.api_version,
       .sunset_at = s.sunset_at,
       .deprecated_at = s.deprecated_at,
       .more = s.more,
       .warned_at = s.warned_at};
}

void integration::apply(state& s, const removed& e) {
  const auto checks = s.checks; // an outcome that is still to come must not be taken for another's
  resource::apply(s, e);
  s.checks = checks;
}

void integration::apply(state& s, const check_asked&) {
  ++s.checks;
  s.checking = true;
}

void integration::apply(state& s, const check_ended& e) {
  s.checking = false;
  s.checked = e.number;
  s.succeeded = e.succeeded;
  s.account = e.account;
  s.why = e.why;
  s.checked_at = e.at;
}

void integration::apply(state& s, const noted& e) {
  s.api_version = e.api_version;
  s.sunset_at = e.sunset_at;
  s.deprecated_at = e.deprecated_at;
  s.more = e.more;
  if (e.warns)
    s.warned_at = e.at;
  else if (!is_near(e, e.at))
    s.warned_at = unknown;
}

bool integration::holds(const state& s) {
  return actors::holds(s.record) && s.checked <= s.checks && (!s.checking || s.record.exists) &&
         health_holds(s);
}

integration::metrics::metrics(runtime::meters& m)
    : passed{m.count("tenon_integration_checks_total", "Checks of credentials, by outcome.",
                     {{"outcome", "passed"}})},
      failed{m.count("tenon_integration_checks_total", "Checks of credentials, by outcome.",
                     {{"outcome", "failed"}})},
      warnings{m.count("tenon_integration_sunset_warnings_total",
                       "Days on which somebody was warned that an API's version ends.")} {}

void integration::observe(metrics& m, const check_ended& e) {
  (e.succeeded ? m.passed : m.failed).Increment();
}

void integration::observe(metrics& m, const noted& e) {
  if (e.warns)
    m.warnings.Increment();
}

} // namespace tenon::actors
