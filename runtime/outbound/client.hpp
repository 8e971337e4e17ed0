// The HTTP client of a node: HTTP/1.1 over pooled connections, TLS always verified, every address
// judged by the guard before it is connected to, every wait bounded, and a failure that says where
// it happened (`phase_of`). One thread of its own does all input and output.
//
// It sends once. The single exception: an idempotent request on a pooled connection that turns out
// to be dead before a byte of an answer is sent once more on a new one. Whether to ask again after
// anything else is for runtime/outbound/retry.hpp and the caller.
#pragma once

#include "runtime/outbound/answer.hpp"
#include "runtime/outbound/examination.hpp"
#include "runtime/outbound/guard.hpp"
#include "runtime/outbound/message.hpp"
#include "runtime/outbound/pool.hpp"
#include "runtime/outbound/resolver.hpp"
#include "runtime/tasks/task.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace tenon::runtime::outbound {

struct client_options {
  outbound::policy policy{};
  outbound::pool::limits pool{};
  std::vector<std::string> ca_files{}; // PEM; trusted beside the system's store
  outbound::lookup lookup = system_lookup;
};

class client {
public:
  /// `malformed` when a file of certificates cannot be read.
  static result<std::unique_ptr<client>> make(client_options, meters&);
  /// Closes, then waits for its thread.
  ~client();

  using answered = std::function<void(result<response>)>;

  /// `done` is called once, on the client's thread: it must neither block nor throw. A requested
  /// stop ends the exchange as `unavailable`. Callable from any thread.
  void send(request, limits, answered done, std::stop_token = {});

  /// The body of a 2xx answer goes to `chunk` as it comes, on the client's thread, which must not
  /// block; its failure ends the exchange. The response then has no body. Other statuses come with
  /// theirs.
  void send(request, limits, on_chunk chunk, answered done, std::stop_token = {});

  /// For tasks; honours the task's stop token and carries its trace on, as `traceparent`.
  task<result<response>> send(request, limits);

  /// Connects to where a request to this URL would go, if the guard allows it, and looks. For
  /// tasks. What went wrong is part of what was seen.
  task<examination> examine(std::string url, limits);

  /// Ends every exchange as `unavailable`, now and from now on. Each is answered before it returns.
  void close();

private:
  class core;
  explicit client(std::unique_ptr<core>);
  std::unique_ptr<core> core_;
};

} // namespace tenon::runtime::outbound
