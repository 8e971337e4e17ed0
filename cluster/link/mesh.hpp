// The network of a cluster, seen from one node: a mutually authenticated pair of connections to
// every peer, one for what is small and urgent (control) and one for what is large (bulk), so that
// neither waits for the other. It carries opaque bytes, each with the topic that says for whom they
// are, and knows nothing of what they mean.
//
// A peer is up while its control connection stands; then frames may be sent on both channels.
// Frames of one channel and epoch arrive in the order sent, each at most once; when a connection
// ends, what was on its way is lost, and the next one has a larger epoch. No frame of a smaller
// epoch arrives after one of a larger. Nothing is repeated here: who needs an answer asks again.
//
//   down ──dial or accept──▶ up ──reset, silence, removal──▶ down, and dialled again after a wait
//
// Threads: the io_context is run by one thread, which calls everything in `calls`; those must not
// block. `send`, `peers` and the changes may be called by any thread. Destroy the mesh on that
// thread or after it has ended; arrivals must be gone before the io_context is.
#pragma once

#include "cluster/link/connection.hpp"
#include "cluster/link/greeting.hpp"
#include "runtime/clock.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tenon::cluster::link {

struct mesh_options {
  std::string cluster;
  std::string node;
  std::uint64_t boot = 0;         // random, of this start; also what waits are jittered by
  std::uint32_t features = 1;     // the feature level of this software
  std::string host = "127.0.0.1"; // an address of this machine, to listen on
  std::uint16_t port = 0;
  std::string advertised{}; // "host:port" for peers to dial; empty: they know it otherwise

  std::optional<tenon::cluster::credentials> credentials{};
  bool plain = false; // without credentials: for tests and benchmarks only

  std::uint16_t oldest = oldest_version, newest = newest_version;
  span handshake{5'000};
  pulse::limits heartbeat{};             // 100 ms, lost after 1 s
  span patience{10'000};                 // with a peer that takes nothing
  span first_wait{50}, most_wait{2'000}; // before dialling again
  std::int64_t window = 4 << 20;         // bytes on the way, per channel
  std::size_t queue = 16u << 20;         // bytes that wait, per peer and channel
  std::size_t most_strangers = 64;       // connections that have not said hello yet
};

struct arrival {
  std::string_view node; // valid during the call
  link::channel channel{};
  link::topic topic{};
  std::uint64_t epoch = 0;
  blob bytes;
  held_credit credit; // keep it as long as the bytes are held or worked at, here or elsewhere
};

struct mesh_calls {
  std::function<void(arrival)> on_frame;
  std::function<void(const std::string& node, const hello&)> on_up;
  std::function<void(const std::string& node, const failure& why)> on_down;
  /// The peer is up, but what was on its way on the bulk channel is lost.
  std::function<void(const std::string& node, const failure& why)> on_bulk_lost{};
  /// Whether a node that dials, with a good certificate, and was never set as a peer, may come in.
  /// Without it: no.
  std::function<bool(const std::string& node)> admits{};
  /// Who connects and does not begin as nodes do, with TLS: it wants something else, at the same
  /// port. Nothing of what it said is read yet.
  std::function<void(boost::asio::ip::tcp::socket)> on_visitor{};
};

struct channel_status {
  bool connected = false;
  std::uint64_t epoch = 0;
  std::uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0, writes = 0;
  std::uint64_t connections = 0; // so far
  std::size_t queued = 0;        // bytes
  std::size_t refused = 0;       // frames
};

struct peer_status {
  std::string node;
  std::string address;
  bool up = false;
  std::optional<std::chrono::microseconds> round_trip; // smoothed
  std::optional<failure> last_error;
  channel_status control, bulk;
};

class mesh {
public:
  /// Listens from now on. `malformed` when the credentials are of no use or of another node,
  /// `unavailable` when the address cannot be listened on.
  static result<std::unique_ptr<mesh>> open(boost::asio::io_context&, mesh_options, mesh_calls,
                                            const runtime::clock&, runtime::meters&);
  ~mesh();
  mesh(const mesh&) = delete;
  mesh& operator=(const mesh&) = delete;

  std::uint16_t port() const;

  /// A peer to be connected to, or its new address. Without an address it is waited for.
  void set_peer(const std::string& node, const std::string& address);
  /// Its connections end, and it is let in no more.
  void remove_peer(const std::string& node);

  /// `not_found` for who is no peer, `unavailable` while it is down, `overloaded` when too much
  /// waits for it, `too_large` beyond most_frame_bytes.
  result<void> send(std::string_view node, channel, topic, blob);

  /// New connections show these from now on; those that stand go on.
  result<void> renew(const tenon::cluster::credentials&);

  std::vector<peer_status> peers() const;

private:
  class fabric;
  explicit mesh(std::shared_ptr<fabric>);
  std::shared_ptr<fabric> fabric_;
};

} // namespace tenon::cluster::link
