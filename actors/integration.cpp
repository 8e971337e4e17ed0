#include "actors/integration.hpp"

#include "actors/breaker.hpp"
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

void integration::apply(state& s, const configured& e) {
  resource::apply(s, e);
  s = {.record = s.record, .checks = s.checks}; // what was found out was about the old spec
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

bool integration::holds(const state& s) {
  return actors::holds(s.record) && s.checked <= s.checks && (!s.checking || s.record.exists);
}

integration::metrics::metrics(runtime::meters& m)
    : passed{m.count("tenon_integration_checks_total", "Checks of credentials, by outcome.",
                     {{"outcome", "passed"}})},
      failed{m.count("tenon_integration_checks_total", "Checks of credentials, by outcome.",
                     {{"outcome", "failed"}})} {}

void integration::observe(metrics& m, const check_ended& e) {
  (e.succeeded ? m.passed : m.failed).Increment();
}

} // namespace tenon::actors
