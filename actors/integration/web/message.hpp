// Requests and answers as the interpreter makes and judges them: those of the client that sends
// them.
#pragma once

#include "runtime/outbound/message.hpp"

#include <string>
#include <string_view>

namespace tenon::actors::connectors {

using runtime::outbound::find_header;
using runtime::outbound::headers;
using http_request = runtime::outbound::request;
using http_response = runtime::outbound::response;

/// Replaces all of that name.
void set_header(headers&, std::string_view name, std::string content);

bool same_ignoring_case(std::string_view, std::string_view);

} // namespace tenon::actors::connectors
