#include "nodes/edge/lane.hpp"

#include "nodes/edge/connection.hpp"
#include "nodes/edge/link.hpp"
#include "nodes/edge/wire.hpp"
#include "runtime/telemetry/log.hpp"

#include <boost/asio/post.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <random>

namespace tenon::nodes::edge {
namespace {

using boost::asio::ip::tcp;
using error = boost::system::error_code;

constexpr std::size_t wheel_slots = 1024;
// Connections beyond the limit that are being told so; beyond these they are just closed.
constexpr std::size_t turned_away_at_once = 64;

address address_of(const stream_socket& socket) {
  error e;
  const auto remote = socket.remote_endpoint(e);
  if (e)
    return {};
  const auto a = remote.address();
  return {a.is_v6()
              ? a.to_v6().to_bytes()
              : boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, a.to_v4()).to_bytes()};
}

failure cannot_listen(const error& e, const std::string& address, std::uint16_t port) {
  const auto where = address + " port " + std::to_string(port);
  if (e == boost::asio::error::address_in_use)
    return {code::conflict, where + " is already in use", "edge.port",
            "Choose another port, or stop what listens there."};
  if (e == boost::asio::error::access_denied)
    return {code::forbidden, where + " may not be listened on by this user", "edge.port",
            "Choose a port above 1023, or give the program CAP_NET_BIND_SERVICE."};
  return {code::unavailable, where + " cannot be listened on: " + e.message(), "edge.address",
          "Choose an address that this machine has."};
}

} // namespace

transport_meters::transport_meters(runtime::meters& m)
    : connections{m.level("tenon_edge_connections", "Open client connections")},
      accepted{m.count("tenon_edge_accepted_total", "Client connections accepted")},
      turned_away{m.count("tenon_edge_turned_away_total",
                          "Client connections closed at the limit of connections")},
      misunderstood{m.count("tenon_edge_malformed_total", "Requests that could not be understood")},
      late_clients{m.count("tenon_edge_slow_clients_total", "Clients dropped for being slow")},
      late_answers{m.count("tenon_edge_late_answers_total", "Answers that were given up on")} {}

lane::lane(commons& shared, unsigned number)
    : commons_{shared}, number_{number}, loop_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO},
      guard_{loop_.get_executor()}, acceptor_{loop_.get_executor()}, timer_{loop_.get_executor()},
      mailbox_{std::make_shared<mailbox>(
          [this] { boost::asio::post(loop_, [this] { empty_mailbox(); }); },
          [this](answer& a) { return answer_at_once(a); })},
      now_{std::chrono::steady_clock::now()}, wheel_{shared.options.tick, wheel_slots, now_} {
  std::random_device device;
  for (auto& r : random_)
    r = (std::uint64_t{device()} << 32 | device()) | 1;
}

lane::~lane() {
  mailbox_->close();
}

result<std::uint16_t> lane::listen(const std::string& text, std::uint16_t port, bool shared) {
  error e;
  const auto numeric = boost::asio::ip::make_address(text, e);
  if (e)
    return failure{code::malformed, "'" + text + "' is not an IP address", "edge.address",
                   "Write an address such as 127.0.0.1, 0.0.0.0 or ::1."};
  const tcp::endpoint at{numeric, port};
  acceptor_.open(at.protocol(), e);
  if (!e)
    acceptor_.set_option(tcp::acceptor::reuse_address(true), e);
  if (!e && shared) {
    const int on = 1;
    if (::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
      e.assign(errno, boost::system::system_category());
  }
  if (!e)
    acceptor_.bind(at, e);
  if (!e)
    acceptor_.listen(4096, e);
  if (!e)
    port = acceptor_.local_endpoint(e).port();
  if (e)
    return cannot_listen(e, text, port);
  return port;
}

void lane::run() {
  mailbox_->belong_to_this_thread();
  accept();
  tick();
  loop_.run();
  mailbox_->close();
}

void lane::accept() {
  if (stopping_ || accepting_)
    return;
  accepting_ = true;
  acceptor_.async_accept([this](const error& e, stream_socket socket) {
    accepting_ = false;
    if (stopping_)
      return;
    if (!e)
      welcome(std::move(socket));
    else if (e != boost::asio::error::connection_aborted) {
      // Out of descriptors or memory: the next tick tries again, instead of spinning.
      runtime::log::warn("edge.cannot_accept", {{"why", e.message()}});
      return;
    }
    accept();
  });
}

void lane::welcome(stream_socket socket) {
  error e;
  read_clock();
  socket.set_option(tcp::no_delay(true), e);
  socket.non_blocking(true, e);
  if (e)
    return;
  const auto others = commons_.connections.load();
  const auto peer = address_of(socket);
  if (others >= options().connections) {
    meters().turned_away.Increment();
    if (commons_.tls == nullptr && others < options().connections + turned_away_at_once) {
      const auto c = plain_connection(*this, std::move(socket), peer);
      enlist(*c);
      c->turn_away();
    }
    return;
  }
  meters().accepted.Increment();
  const auto c = commons_.tls != nullptr
                     ? tls_connection(*this, std::move(socket), peer, *commons_.tls)
                     : plain_connection(*this, std::move(socket), peer);
  enlist(*c);
  c->open();
}

void lane::enlist(connection& c) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(connections_.size()));
    connections_.emplace_back();
  }
  c.index = free_.back();
  free_.pop_back();
  auto& e = connections_[c.index];
  e.who = c.shared_from_this();
  c.generation = ++e.generation;
  ++living_;
  ++commons_.connections;
  meters().connections.Increment();
}

void lane::strike(const connection& c) {
  connections_[c.index].who = nullptr;
  free_.push_back(c.index);
  --living_;
  --commons_.connections;
  meters().connections.Decrement();
  end_if_done();
}

connection* lane::find(std::uint32_t index, std::uint32_t generation) {
  if (index >= connections_.size() || connections_[index].generation != generation)
    return nullptr;
  return connections_[index].who.get();
}

void lane::watch(connection& c) {
  if (c.deadline() == time::max())
    return;
  const auto due = wheel_.tick_of(c.deadline());
  if (c.watched_tick == 0 || due < c.watched_tick)
    c.watched_tick = wheel_.add(std::uint64_t{c.index} << 32 | c.generation, due);
}

void lane::tick() {
  read_clock();
  wheel_.advance(now_, [this](std::uint64_t id, std::uint64_t tick) {
    auto* c = find(static_cast<std::uint32_t>(id >> 32), static_cast<std::uint32_t>(id));
    if (c == nullptr || c->watched_tick != tick)
      return; // gone, or watched somewhere else by now
    c->watched_tick = 0;
    const auto kept = c->shared_from_this();
    c->expire(now_);
    if (c->watched_tick == 0)
      watch(*c);
  });
  if (now_ >= give_up_at_)
    for (std::size_t i = 0; i < connections_.size(); ++i)
      if (const auto c = connections_[i].who)
        c->cut();
  accept(); // in case it had to pause
  if (stopping_ && living_ == 0)
    return;
  timer_.expires_after(wheel_.tick());
  timer_.async_wait([this](const error& e) {
    if (!e)
      tick();
  });
}

void lane::stop(span grace) {
  boost::asio::post(loop_, [this, grace] {
    read_clock();
    stopping_ = true;
    give_up_at_ = now_ + grace;
    error ignored;
    acceptor_.close(ignored);
    for (std::size_t i = 0; i < connections_.size(); ++i)
      if (const auto c = connections_[i].who)
        c->finish_and_close();
    end_if_done();
  });
}

void lane::end_if_done() {
  if (!stopping_ || living_ != 0)
    return;
  timer_.cancel();
  guard_.reset();
}

void lane::empty_mailbox() {
  mailbox_->take(letters_);
  std::ranges::stable_sort(letters_, {}, [](const answer& a) { return a.to.connection; });
  for (auto first = letters_.begin(); first != letters_.end();) {
    const auto to = first->to;
    const auto last = std::find_if(first, letters_.end(), [&](const answer& a) {
      return a.to.connection != to.connection || a.to.generation != to.generation;
    });
    if (auto* c = find(to.connection, to.generation))
      c->take(first, last);
    first = last;
  }
  letters_.clear();
}

bool lane::answer_at_once(answer& a) {
  auto* c = find(a.to.connection, a.to.generation);
  return c == nullptr || c->take_at_once(a);
}

void lane::resume_later(const connection& c) {
  boost::asio::post(loop_, [this, index = c.index, generation = c.generation] {
    if (auto* found = find(index, generation))
      found->resume();
  });
}

bool lane::reserve_body(std::uint64_t bytes) {
  if (commons_.bodies_bytes.fetch_add(bytes) + bytes <= options().bodies_bytes)
    return true;
  commons_.bodies_bytes -= bytes;
  return false;
}

std::string_view lane::date() {
  if (date_.empty() || now_ - date_read_ >= std::chrono::milliseconds{250}) {
    date_read_ = now_;
    date_ = http_date(std::chrono::duration_cast<std::chrono::seconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count());
  }
  return date_;
}

/// xorshift128+: unique enough for ids, and never a secret.
std::uint64_t lane::random() {
  auto x = random_[0];
  const auto y = random_[1];
  random_[0] = y;
  x ^= x << 23;
  random_[1] = x ^ y ^ (x >> 17) ^ (y >> 26);
  return random_[1] + y;
}

} // namespace tenon::nodes::edge
