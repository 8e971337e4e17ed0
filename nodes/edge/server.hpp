// The HTTP server: as many io threads as asked for, each with a lane of its own.
#pragma once

#include "nodes/edge/options.hpp"
#include "nodes/edge/service.hpp"
#include "protocols/failure.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace tenon::nodes::edge {

class server {
public:
  /// Binds and starts. The service must outlive the server. Fails clearly when the address is not
  /// this machine's, the port is taken or the certificate cannot be used.
  static result<std::unique_ptr<server>> open(options, service&, runtime::meters&);
  ~server(); // stops without grace
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::uint16_t port() const; // the real one, when zero was asked for
  std::size_t connections() const;

  /// Accepts nobody more, lets requests in flight be answered for at most `grace`, cuts the rest.
  /// Returns when every io thread has ended; answers that come later are dropped.
  void stop(span grace);

private:
  struct running;
  explicit server(std::unique_ptr<running>);
  std::unique_ptr<running> running_;
};

} // namespace tenon::nodes::edge
