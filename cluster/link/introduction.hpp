// The first moments of a connection between nodes, up to both hellos, within one time limit: reach
// the peer, agree on TLS, see whom its certificate names, exchange hellos. Until that has gone
// well, nothing of the peer is believed and at most a few kilobytes of it are held.
#pragma once

#include "cluster/link/greeting.hpp"
#include "cluster/link/wire.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/io_context.hpp>

namespace tenon::cluster::link {

/// What every introduction of a node needs.
struct manners {
  boost::asio::io_context& io;
  const runtime::clock& clock;
  link::security security; // none: plain
  std::string cluster;
  span limit{5'000};
};

struct acquaintance {
  std::unique_ptr<link::wire> wire;
  frame_reader reader;
  std::vector<frame> early; // came together with the hello
  hello theirs;
  agreement agreed;
  bool dialled = false;
};

using introduced = std::function<void(result<acquaintance>)>;

/// Asked when it is this node's turn to say hello, and by then it may refuse: when accepting, what
/// the peer said is known.
using own_hello = std::function<result<hello>(const hello* theirs)>;

/// Answers once, whatever happens, unless the io_context ends. What they give back ends it early:
/// then it answers nothing more. `node` is who must be there. The failure's `where` is the address.
std::function<void()> dial(const manners&, const std::string& address, const std::string& node,
                           own_hello, introduced);
std::function<void()> receive(const manners&, boost::asio::ip::tcp::socket, own_hello, introduced);

/// "host:port" or "[v6]:port" in its parts; nothing when it is neither.
std::optional<std::pair<std::string, std::string>> parts_of_address(std::string_view);

} // namespace tenon::cluster::link
