// The listener of a mesh, those who have not said yet who they are, and what is done at each beat.
#include "cluster/link/fabric.hpp"
#include "runtime/telemetry/log.hpp"

namespace tenon::cluster::link {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr span accept_again{100};
constexpr char tls_begins = 0x16; // a record of the handshake (RFC 8446, 5.1)

} // namespace

result<void> mesh::fabric::listen() {
  const auto place = options_.host + ':' + std::to_string(options_.port);
  const auto cannot = [&](const error_code& e) {
    return failure{code::unavailable, "nodes cannot be listened for: " + e.message(), place,
                   "Choose an address of this machine, and a port that is free."};
  };
  error_code e;
  const auto host = asio::ip::make_address(options_.host, e);
  if (e)
    return cannot(e);
  const tcp::endpoint where{host, options_.port};
  acceptor_.open(where.protocol(), e);
  if (!e)
    acceptor_.set_option(tcp::acceptor::reuse_address{true}, e);
  if (!e)
    acceptor_.bind(where, e);
  if (!e)
    acceptor_.listen(asio::socket_base::max_listen_connections, e);
  if (e)
    return cannot(e);
  port_ = acceptor_.local_endpoint(e).port();
  return {};
}

void mesh::fabric::start() {
  accept();
  tick();
}

void mesh::fabric::accept() {
  acceptor_.async_accept([weak = weak_from_this()](error_code e, tcp::socket socket) {
    const auto me = weak.lock();
    if (!me || me->closed_)
      return;
    if (!e) {
      if (me->calls_.on_visitor)
        me->sort_out(std::move(socket));
      else
        me->meet(std::move(socket));
      return me->accept();
    }
    // Out of descriptors, most likely: what stands goes on, and newcomers wait.
    runtime::log::warn("link.cannot_accept", {{"why", e.message()}});
    me->accepting_again_.expires_after(accept_again);
    me->accepting_again_.async_wait([weak](error_code cancelled) {
      const auto held = weak.lock();
      if (!cancelled && held && !held->closed_)
        held->accept();
    });
  });
}

/// A first look at what comes, without taking it: nodes begin with TLS, visitors with a letter.
void mesh::fabric::sort_out(tcp::socket socket) {
  if (strangers_.size() >= options_.most_strangers)
    return counts_.refused.Increment();
  struct arriving {
    tcp::socket socket;
    asio::steady_timer limit;
  };
  const auto it = std::make_shared<arriving>(std::move(socket), asio::steady_timer{io_});
  const auto id = ++met_;
  const auto stop = [it] {
    error_code ignored;
    it->limit.cancel();
    it->socket.cancel(ignored);
  };
  strangers_[id] = stop;
  it->limit.expires_after(options_.handshake);
  it->limit.async_wait([stop](error_code cancelled) {
    if (!cancelled)
      stop();
  });
  it->socket.async_wait(tcp::socket::wait_read, [weak = weak_from_this(), it, id](error_code e) {
    const auto me = weak.lock();
    it->limit.cancel();
    if (!me || me->closed_)
      return;
    me->strangers_.erase(id);
    char first = 0;
    const auto got =
        e ? 0 : it->socket.receive(asio::buffer(&first, 1), asio::socket_base::message_peek, e);
    if (e || got == 0)
      return me->counts_.refused.Increment();
    if (first == tls_begins)
      me->meet(std::move(it->socket));
    else
      me->calls_.on_visitor(std::move(it->socket));
  });
}

void mesh::fabric::meet(tcp::socket socket) {
  if (strangers_.size() >= options_.most_strangers)
    return counts_.refused.Increment(); // the socket closes
  const auto weak = weak_from_this();
  const auto id = ++met_;
  strangers_[id] = receive(
      now(), std::move(socket),
      [weak](const hello* theirs) -> result<hello> {
        if (const auto me = weak.lock())
          return me->answer(*theirs);
        return failure{code::unavailable, "this node stops", "hello", ""};
      },
      [weak, id](result<acquaintance> got) {
        const auto me = weak.lock();
        if (!me || me->closed_)
          return;
        me->strangers_.erase(id);
        if (!got) {
          me->counts_.refused.Increment();
          runtime::log::warn("link.refused", {{"where", got.error().where},
                                              {"why", got.error().why},
                                              {"remedy", got.error().remedy}});
          return;
        }
        auto p = me->find(got->theirs.node);
        if (!p) {
          // Removed since it said hello, perhaps.
          if (!me->calls_.admits || !me->calls_.admits(got->theirs.node))
            return got->wire->close();
          p = me->make(got->theirs.node);
        }
        me->establish(p, *std::move(got));
      });
}

void mesh::fabric::tick() {
  ticks_.expires_after(options_.heartbeat.every);
  ticks_.async_wait([weak = weak_from_this()](error_code e) {
    const auto me = weak.lock();
    if (e || !me || me->closed_)
      return;
    const auto now = me->clock_.steady();
    // Who was stopped itself has heard nobody, and has no right to judge.
    const bool overslept = now - me->ticked_ >= me->options_.heartbeat.lost_after / 2;
    me->ticked_ = now;
    std::vector<known> all;
    {
      const std::lock_guard held{me->mutex_};
      for (const auto& [node, p] : me->peers_)
        all.push_back(p);
    }
    for (const auto& p : all)
      for (auto* const l : {&p->control, &p->bulk}) {
        me->meter(*l);
        if (const auto live = l->live) {
          if (overslept)
            live->heard(now);
          const bool control = l->channel == channel::control;
          live->look(now, control);
          if (control && l->live == live)
            live->ping(now);
        }
      }
    me->tick();
  });
}

void mesh::fabric::meter(lane& l) {
  const auto& c = *l.counts;
  const std::array<std::uint64_t, 4> now{c.frames_in, c.frames_out, c.bytes_in, c.bytes_out};
  const auto& meters = counts_.carried[static_cast<std::size_t>(l.channel)];
  for (std::size_t i = 0; i < now.size(); ++i)
    meters[i]->Increment(static_cast<double>(now[i] - l.metered[i]));
  l.metered = now;
}

void mesh::fabric::close() {
  if (std::exchange(closed_, true))
    return;
  error_code ignored;
  acceptor_.close(ignored);
  ticks_.cancel();
  accepting_again_.cancel();
  for (const auto& [id, stop] : std::exchange(strangers_, {}))
    stop();
  std::map<std::string, known, std::less<>> all;
  {
    const std::lock_guard held{mutex_};
    all.swap(peers_);
  }
  for (const auto& [node, p] : all)
    lose(p, channel::control, {code::unavailable, "this node stops", "peer", ""});
  counts_.up.Set(0);
}

} // namespace tenon::cluster::link
