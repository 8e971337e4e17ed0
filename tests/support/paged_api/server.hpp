// The vendor behind a socket: HTTP/1.1 on one thread, one coroutine per connection, every wait
// bounded.
#pragma once

#include "tests/support/paged_api/vendor.hpp"

#include <functional>

namespace tenon::tests::paged_api {

/// Serves until SIGTERM or SIGINT. `listening` is told the port. Throws boost's system_error when
/// the address cannot be listened on.
void serve(vendor&, const std::string& address, std::uint16_t port,
           const std::function<void(std::uint16_t)>& listening);

} // namespace tenon::tests::paged_api
