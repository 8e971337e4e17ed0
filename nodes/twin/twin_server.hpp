// A provider twin on a socket: what is asked at /<host>/<path> is asked of the platform's <host>,
// so one twin stands for all the hosts of a platform (an integration's `through`). Beside that it
// can be looked at and changed, below /_twin:
//
//   GET  /_twin/ledger           what has been asked, given, refused and throttled
//   GET  /_twin/written          what actions have written
//   GET  /_twin/records/<stream> what the platform has
//   POST /_twin/records/<stream> a record that it has from now on
//   POST /_twin/wear-out         the tokens that were given are worn out
//   POST /_twin/lose             {"answers": 2}: so many writes are done, and their answers lost
//   GET  /_twin/subscribers      whom it was asked to send its events to
//   POST /_twin/forget           it sends to none of them any more, and tells nobody
//   POST /_twin/deliver/<hook>   what it would send to {"to": ADDRESS}, signed
//   POST /_twin/send/<hook>      it sends that, to {"to": ADDRESS} or else to all who asked it to,
//                                on this machine only; with {"through": "http://127.0.0.1:8080"}
//                                their addresses stand for paths there
#pragma once

#include "actors/integration/twin/twin.hpp"
#include "nodes/edge/server.hpp"
#include "nodes/twin/sender.hpp"
#include "runtime/clock.hpp"

#include <memory>
#include <mutex>

namespace tenon::nodes {

class twin_server final : public edge::service {
public:
  static result<std::unique_ptr<twin_server>> open(actors::connectors::twin, edge::options,
                                                   runtime::meters&);

  std::uint16_t port() const { return server_->port(); }
  void stop() { server_->stop(span{0}); }

  std::optional<edge::response> screen(const edge::head&, edge::request&, edge::account&) override;
  void serve(edge::request&&, edge::reply&&) override;
  void finished(unsigned, const edge::account&, unsigned,
                std::chrono::steady_clock::time_point) override {}
  void turn_ended(unsigned) override {}

private:
  explicit twin_server(actors::connectors::twin t) : twin_{std::move(t)} {}
  edge::response answer(const edge::request&);
  edge::response about_twin(const edge::request&, std::string_view path);
  edge::response delivery(std::string_view hook, std::string_view body);
  void send(const edge::request&, std::string_view hook, edge::reply&&);

  std::mutex guard_;
  actors::connectors::twin twin_;
  runtime::system_clock clock_;
  std::int64_t to_lose_ = 0; // of answers to writes
  std::unique_ptr<sender> sender_;
  std::unique_ptr<edge::server> server_; // stops before what it serves
};

} // namespace tenon::nodes
