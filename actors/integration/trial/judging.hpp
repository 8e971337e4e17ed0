// What is made of what was seen when an integration is tried out. Pure.
#pragma once

#include "actors/integration/interpreter.hpp"
#include "actors/integration/trial/report.hpp"
#include "protocols/quota.hpp"
#include "runtime/outbound/examination.hpp"

namespace tenon::actors::connectors::trial {

/// The address and its TLS.
void judge_way(const runtime::outbound::examination&, moment now, report&);

/// What a page, or why there is none, says of a stream. `scopes` are those that a person was asked
/// for; "" when that is not known.
check judge_page(const std::string& stream, const page_outcome&, const std::string& scopes);
check judge_silence(const std::string& stream, const failure&);

/// That nothing was written, so that nobody takes silence for a permission.
void judge_actions(const manifest&, report&);

/// `heard`: an answer of the platform's, if there was one.
void judge_limits(const manifest&, const protocols::quota::standing&, const http_response* heard,
                  moment now, report&);

/// How the account is set up. `reached` is the address that is really talked to.
struct setup {
  const manifest& connector;
  const connectors::connection& connection;
  url reached;
  const object& config;          // as it was written
  std::string version_warning{}; // of the API's end
  std::string scopes{};          // that a person was asked for
};
void judge_security(const setup&, moment now, report&);

} // namespace tenon::actors::connectors::trial
