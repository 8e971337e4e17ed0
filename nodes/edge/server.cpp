#include "nodes/edge/server.hpp"

#include "nodes/edge/lane.hpp"
#include "nodes/edge/tls.hpp"

#include <csignal>
#include <deque>
#include <thread>
#include <vector>

namespace tenon::nodes::edge {

struct server::running {
  running(edge::options wanted, edge::service& behind, runtime::meters& m)
      : chosen{std::move(wanted)}, meters{m}, shared{chosen, behind, meters} {}

  edge::options chosen;
  transport_meters meters;
  std::unique_ptr<boost::asio::ssl::context> tls;
  commons shared;
  std::deque<lane> lanes;
  std::vector<std::thread> threads;
  std::uint16_t port = 0;
};

server::server(std::unique_ptr<running> r) : running_{std::move(r)} {}

server::~server() {
  stop(span{0});
}

result<std::unique_ptr<server>> server::open(options chosen, service& behind, runtime::meters& m) {
  // A client that goes away while it is written to is an error code, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  auto made = std::make_unique<running>(std::move(chosen), behind, m);
  const auto& o = made->chosen;
  if (o.threads == 0 || o.threads > 256)
    return failure{code::malformed, "the number of io threads is not from 1 to 256",
                   "edge.threads"};
  if (o.tls) {
    auto context = make_tls(*o.tls);
    if (!context)
      return std::move(context).error();
    made->tls = std::move(*context);
    made->shared.tls = made->tls.get();
  }
  made->port = o.port;
  const bool several = o.threads > 1;
  if (several && o.port != 0) {
    // Listeners that share a port would also share it with a second node that does the same: only
    // one that does not share finds out that somebody is there.
    lane probe{made->shared, 0};
    if (auto free = probe.listen(o.address, o.port, false); !free)
      return std::move(free).error();
  }
  for (unsigned i = 0; i < o.threads; ++i) {
    auto port = made->lanes.emplace_back(made->shared, i).listen(o.address, made->port, several);
    if (!port)
      return std::move(port).error();
    made->port = *port;
  }
  for (auto& l : made->lanes)
    made->threads.emplace_back([&l] { l.run(); });
  return std::unique_ptr<server>{new server{std::move(made)}};
}

std::uint16_t server::port() const {
  return running_->port;
}

std::size_t server::connections() const {
  return running_->shared.connections.load();
}

void server::stop(span grace) {
  if (running_->threads.empty())
    return;
  for (auto& l : running_->lanes)
    l.stop(grace);
  for (auto& t : running_->threads)
    t.join();
  running_->threads.clear();
}

} // namespace tenon::nodes::edge
