// What a mesh is made of: its peers, for each channel the connection that stands or the attempt to
// make one, and the listener. Everything but `send`, `peers` and what posts belongs to the thread
// of the io_context.
#pragma once

#include "cluster/link/introduction.hpp"
#include "cluster/link/mesh.hpp"

#include <boost/asio/steady_timer.hpp>

#include <array>
#include <map>
#include <mutex>
#include <random>

namespace tenon::cluster::link {

class mesh::fabric : public std::enable_shared_from_this<fabric> {
public:
  fabric(boost::asio::io_context&, mesh_options, mesh_calls, const runtime::clock&, security,
         runtime::meters&);

  result<void> listen();
  void start();
  void close();

  std::uint16_t port() const { return port_; }
  boost::asio::io_context& io() { return io_; }
  const mesh_options& options() const { return options_; }
  const runtime::clock& clock() const { return clock_; }

  // Any thread.
  result<void> send(std::string_view node, channel, topic, blob);
  std::vector<peer_status> peers() const;

  void set_peer(const std::string& node, const std::string& address);
  void remove_peer(const std::string& node);
  void renew(security fresh) { security_ = std::move(fresh); }

private:
  struct lane {
    lane(boost::asio::io_context& io, link::channel c) : channel{c}, retry{io} {}
    link::channel channel;
    std::shared_ptr<outbox> out;
    std::shared_ptr<tallies> counts = std::make_shared<tallies>();
    std::shared_ptr<connection> live;
    contender standing;
    std::uint64_t highest = 0; // epoch of any connection so far
    std::uint64_t connections = 0;
    unsigned failures = 0;
    std::function<void()> dialling; // ends the attempt
    bool waiting = false;
    boost::asio::steady_timer retry;
    std::array<std::uint64_t, 4> metered{}; // of the counts, what the meters know
  };
  struct peer {
    peer(boost::asio::io_context& io, std::string n)
        : node{std::move(n)}, control{io, channel::control}, bulk{io, channel::bulk} {}
    const std::string node;
    std::string address;
    lane control, bulk;
    bool up = false;
    bool dialled = false; // the control connection, by this node: it dials the other one, too
    bool removed = false;
    std::optional<std::chrono::microseconds> round_trip;
    std::optional<failure> last_error;
    lane& of(link::channel c) { return c == channel::control ? control : bulk; }

    mutable std::mutex mutex;
    peer_status shown; // of the above, for other threads
  };
  using known = std::shared_ptr<peer>;
  struct counts {
    runtime::gauge& up;
    runtime::counter &established, &lost, &refused;
    runtime::histogram& round_trip;
    // By channel: frames in and out, bytes in and out.
    std::array<std::array<runtime::counter*, 4>, 2> carried;
  };
  static counts count_with(runtime::meters&);

  manners now() const;
  known find(std::string_view node) const;
  known make(const std::string& node);
  void show(peer&) const;

  void want(const known&, lane&);
  void dial(const known&, lane&);
  void retry(const known&, lane&);
  void stop_dialling(lane&);
  hello say(lane*, channel) const;
  result<hello> answer(const hello& theirs) const;
  void establish(const known&, acquaintance);
  void raise(const known&, const acquaintance&);
  void lose(const known&, channel, const failure&);
  void forget(peer&, lane&);

  void accept();
  void meet(boost::asio::ip::tcp::socket);
  void sort_out(boost::asio::ip::tcp::socket);
  void tick();
  void meter(lane&);

  boost::asio::io_context& io_;
  const mesh_options options_;
  mesh_calls calls_;
  const runtime::clock& clock_;
  security security_;
  counts counts_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer ticks_, accepting_again_;
  std::uint16_t port_ = 0;
  std::mt19937_64 draws_;
  instant ticked_;
  bool closed_ = false;
  std::uint64_t met_ = 0;
  std::map<std::uint64_t, std::function<void()>> strangers_;
  mutable std::mutex mutex_; // of the map alone
  std::map<std::string, known, std::less<>> peers_;
};

} // namespace tenon::cluster::link
