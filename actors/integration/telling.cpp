// What is made known of a platform's answers: to the integration how it went, to the credential
// what the platform said about it.
#include "actors/credential.hpp"
#include "actors/integration.hpp"
#include "actors/integration/platform.hpp"
#include "actors/integration/verdict.hpp"
#include "runtime/telemetry/log.hpp"

namespace tenon::actors::connectors {

void platform::count(const session& s, const result<http_response>& answer, span took) {
  constexpr std::string_view sync = "sync "; // as `background` has it
  const bool by_sync = !s.asker.interactive && s.asker.name.starts_with(sync);
  const auto who = by_sync ? s.asker.name.substr(sync.size()) : std::string{};
  if (const auto told = watch_.hear(s.integration, answer, took, who, now()))
    outside_.host.ask<actors::integration>(s.integration, *told, [](auto&&) {});
}

void platform::tell_counts(const identity& integration) {
  if (const auto told = watch_.take(integration, now()))
    outside_.host.ask<actors::integration>(integration, *told, [](auto&&) {});
}

void platform::tell_lifetime(const session& s, const http_response& answer) {
  const auto& m = *s.connector;
  const auto known = sunsets_.hear(s.integration, {m.api_version, m.sunset}, answer.headers, now());
  if (!known)
    return;
  const protocols::integration::noticed notice{known->api_version, known->sunset.value_or(moment{}),
                                               known->deprecated.value_or(moment{}), known->more};
  const auto warn = [name = to_string(s.integration)](const auto& told) {
    if (told && told->due)
      runtime::log::warn("integration.sunset", {{"integration", name}, {"why", told->text}});
  };
  outside_.host.ask<actors::integration>(s.integration, notice, warn);
}

void platform::reject_token(const session& s) {
  if (s.credential.empty())
    return;
  outside_.host.ask<actors::credential>({s.integration.tenant, "credential", s.credential},
                                        protocols::credential::rejected{s.token_version},
                                        [](auto&&) {});
}

void platform::reconnect(const session& s, const failure& why) {
  if (s.credential.empty())
    return;
  const protocols::credential::cut_off word{s.token_version, s.configured, why.why};
  outside_.host.ask<actors::credential>({s.integration.tenant, "credential", s.credential}, word,
                                        [](auto&&) {});
}

bool platform::heed(const session& s, const http_response& answer, std::string_view what) {
  const auto why = asks_to_reconnect(*s.connector, s.connection, answer, what, now());
  if (why)
    reconnect(s, covered(*why, s));
  return why.has_value();
}

} // namespace tenon::actors::connectors
