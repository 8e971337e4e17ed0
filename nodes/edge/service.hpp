// What stands behind the connections: the policy that the transport asks. All of it is called on io
// threads and must not block.
#pragma once

#include "nodes/edge/http.hpp"
#include "nodes/edge/parser.hpp"
#include "nodes/edge/reply.hpp"

#include <chrono>
#include <optional>

namespace tenon::nodes::edge {

struct compiled_route;

/// What is remembered of a request until its answer is written.
struct account {
  const compiled_route* route = nullptr; // null: none matched
  edge::method method = edge::method::other;
  request_id id;
  runtime::trace_context trace;
  std::chrono::steady_clock::time_point begun;
};

class service {
public:
  virtual ~service() = default;

  /// The head is complete, the body not yet read: an answer here spares reading it. Fills in route,
  /// arguments, tenant and principal.
  virtual std::optional<response> screen(const head&, request&, account&) = 0;

  virtual void serve(request&&, reply&&) = 0;

  /// The answer is written, or the connection ended before (status 0). `lane` numbers the io
  /// thread, so that counting needs no lock; `turn_ended` follows before the bytes leave.
  virtual void finished(unsigned lane, const account&, unsigned status,
                        std::chrono::steady_clock::time_point now) = 0;
  virtual void turn_ended(unsigned lane) = 0;
};

} // namespace tenon::nodes::edge
