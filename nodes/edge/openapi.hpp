// The API's description in OpenAPI 3.1, made of the routes themselves, so that it cannot say
// anything else than what is served.
#pragma once

#include "nodes/edge/route.hpp"
#include "protocols/value.hpp"

namespace tenon::nodes::edge {

value describe(const route_list&);

/// "get_api_v1_tenant_syncs_name", unless the route names itself.
std::string operation_of(const route&);

} // namespace tenon::nodes::edge
