#include "cluster/link/fabric.hpp"

#include "runtime/telemetry/log.hpp"

#include <boost/asio/post.hpp>

namespace tenon::cluster::link {
namespace {

namespace asio = boost::asio;

void complain(const char* event, const std::string& node, const failure& why) {
  runtime::log::warn(
      event, {{"node", node}, {"why", why.why}, {"where", why.where}, {"remedy", why.remedy}});
}

} // namespace

mesh::fabric::fabric(asio::io_context& io, mesh_options o, mesh_calls calls,
                     const runtime::clock& clock, security s, runtime::meters& meters)
    : io_{io}, options_{std::move(o)}, calls_{std::move(calls)}, clock_{clock},
      security_{std::move(s)}, counts_{count_with(meters)}, acceptor_{io}, ticks_{io},
      accepting_again_{io}, draws_{options_.boot}, ticked_{clock.steady()} {}

mesh::fabric::counts mesh::fabric::count_with(runtime::meters& meters) {
  counts all{meters.level("tenon_link_peers_up", "Nodes that this one is connected to."),
             meters.count("tenon_link_established_total", "Connections to nodes made."),
             meters.count("tenon_link_lost_total", "Connections to nodes that ended."),
             meters.count("tenon_link_refused_total", "Introductions that failed."),
             meters.spread("tenon_link_round_trip_seconds", "Heartbeats, there and back.",
                           runtime::meters::latency_bounds()),
             {}};
  for (const auto which : {channel::control, channel::bulk}) {
    const auto of = [&](const char* direction) {
      return runtime::labels{{"channel", std::string{protocols::link_types::name_of(which)}},
                             {"direction", direction}};
    };
    const auto frames = [&](const char* direction) {
      return &meters.count("tenon_link_frames_total", "Frames between nodes.", of(direction));
    };
    const auto bytes = [&](const char* direction) {
      return &meters.count("tenon_link_bytes_total", "Bytes between nodes.", of(direction));
    };
    all.carried[static_cast<std::size_t>(which)] = {frames("in"), frames("out"), bytes("in"),
                                                    bytes("out")};
  }
  return all;
}

manners mesh::fabric::now() const {
  return {io_, clock_, security_, options_.cluster, options_.handshake};
}

mesh::fabric::known mesh::fabric::find(std::string_view node) const {
  const std::lock_guard held{mutex_};
  const auto found = peers_.find(node);
  return found == peers_.end() ? nullptr : found->second;
}

mesh::fabric::known mesh::fabric::make(const std::string& node) {
  const auto p = std::make_shared<peer>(io_, node);
  for (auto* l : {&p->control, &p->bulk})
    l->out = std::make_shared<outbox>(options_.queue,
                                      [&io = io_, weak = std::weak_ptr{p}, which = l->channel] {
                                        asio::post(io, [weak, which] {
                                          const auto held = weak.lock();
                                          if (held && held->of(which).live)
                                            held->of(which).live->pump();
                                        });
                                      });
  show(*p);
  const std::lock_guard held{mutex_};
  peers_.emplace(node, p);
  return p;
}

void mesh::fabric::show(peer& p) const {
  const std::lock_guard held{p.mutex};
  p.shown.node = p.node;
  p.shown.address = p.address;
  p.shown.up = p.up;
  p.shown.round_trip = p.round_trip;
  p.shown.last_error = p.last_error;
  for (auto* const l : {&p.control, &p.bulk}) {
    auto& s = l->channel == channel::control ? p.shown.control : p.shown.bulk;
    s.connected = l->live != nullptr;
    s.epoch = l->live ? l->standing.epoch : 0;
    s.connections = l->connections;
  }
}

result<void> mesh::fabric::send(std::string_view node, channel which, topic about, blob bytes) {
  if (bytes.size() > most_frame_bytes)
    return failure{code::too_large,
                   "a frame of " + std::to_string(bytes.size()) + " bytes is too large", "frame",
                   "Send it in parts of at most 16 MB."};
  const auto p = find(node);
  if (!p)
    return failure{code::not_found, "node '" + std::string{node} + "' is no peer", "peer", ""};
  return p->of(which).out->put(about, std::move(bytes));
}

std::vector<peer_status> mesh::fabric::peers() const {
  std::vector<known> all;
  {
    const std::lock_guard held{mutex_};
    for (const auto& [node, p] : peers_)
      all.push_back(p);
  }
  std::vector<peer_status> shown;
  for (const auto& p : all) {
    const std::lock_guard held{p->mutex};
    auto& status = shown.emplace_back(p->shown);
    for (auto* const l : {&p->control, &p->bulk}) {
      auto& s = l->channel == channel::control ? status.control : status.bulk;
      s.frames_in = l->counts->frames_in;
      s.frames_out = l->counts->frames_out;
      s.bytes_in = l->counts->bytes_in;
      s.bytes_out = l->counts->bytes_out;
      s.writes = l->counts->writes;
      s.queued = l->out->bytes();
      s.refused = l->out->refused();
    }
  }
  return shown;
}

void mesh::fabric::set_peer(const std::string& node, const std::string& address) {
  if (closed_ || node == options_.node)
    return;
  auto p = find(node);
  const bool fresh = !p;
  if (!p)
    p = make(node);
  if (!fresh && p->address == address)
    return;
  p->address = address;
  show(*p);
  stop_dialling(p->control);
  p->control.failures = 0;
  if (fresh && options_.node > node)
    retry(p, p->control); // the lower node dials at once; two at once would be one too many
  else
    want(p, p->control);
}

void mesh::fabric::remove_peer(const std::string& node) {
  const auto p = find(node);
  if (!p)
    return;
  p->removed = true;
  {
    const std::lock_guard held{mutex_};
    peers_.erase(node);
  }
  lose(p, channel::control,
       {code::forbidden, "node " + node + " was removed from the cluster", "peer", ""});
}

void mesh::fabric::want(const known& p, lane& l) {
  if (closed_ || p->removed || p->address.empty() || l.live || l.dialling || l.waiting)
    return;
  if (l.channel == channel::bulk && !(p->up && p->dialled))
    return;
  dial(p, l);
}

void mesh::fabric::dial(const known& p, lane& l) {
  const auto weak = weak_from_this();
  l.dialling = link::dial(
      now(), p->address, p->node,
      [weak, p, &l](const hello*) -> result<hello> {
        const auto me = weak.lock();
        if (!me || l.live)
          return failure{code::conflict, "the peer has connected meanwhile"};
        return me->say(&l, l.channel);
      },
      [weak, p, &l](result<acquaintance> got) {
        const auto me = weak.lock();
        l.dialling = nullptr;
        if (!me || me->closed_ || p->removed)
          return;
        if (got)
          return me->establish(p, *std::move(got));
        if (l.live)
          return;
        me->counts_.refused.Increment();
        if (!p->last_error || p->last_error->why != got.error().why)
          complain("link.unreachable", p->node, got.error());
        p->last_error = std::move(got).error();
        me->show(*p);
        me->retry(p, l);
      });
}

void mesh::fabric::retry(const known& p, lane& l) {
  if (closed_ || p->removed)
    return;
  const double draw = std::uniform_real_distribution<>{0, 1}(draws_);
  l.waiting = true;
  l.retry.expires_after(back_off(l.failures++, options_.first_wait, options_.most_wait, draw));
  l.retry.async_wait([weak = weak_from_this(), p, &l](error_code e) {
    if (e)
      return;
    l.waiting = false;
    if (const auto me = weak.lock())
      me->want(p, l);
  });
}

void mesh::fabric::stop_dialling(lane& l) {
  l.retry.cancel();
  l.waiting = false;
  if (const auto stop = std::exchange(l.dialling, nullptr))
    stop();
}

hello mesh::fabric::say(lane* l, channel which) const {
  hello own;
  own.oldest = options_.oldest;
  own.newest = options_.newest;
  own.features = options_.features;
  own.cluster = options_.cluster;
  own.node = options_.node;
  own.boot = options_.boot;
  own.epoch = l ? l->highest + 1 : 1;
  own.channel = which;
  own.address = options_.advertised;
  return own;
}

result<hello> mesh::fabric::answer(const hello& theirs) const {
  const auto p = find(theirs.node);
  if (!p && theirs.node != options_.node && (!calls_.admits || !calls_.admits(theirs.node)))
    return failure{code::forbidden, "node '" + theirs.node + "' is no member of this cluster",
                   "hello.node", "Have it join with a token; if it was removed, with a new id."};
  if (theirs.channel == channel::bulk && (!p || !p->up))
    return failure{code::unavailable, "there is no control connection yet", "hello.channel", ""};
  return say(p ? &p->of(theirs.channel) : nullptr, theirs.channel);
}

void mesh::fabric::establish(const known& p, acquaintance a) {
  const auto which = a.theirs.channel;
  auto& l = p->of(which);
  const contender fresh{a.agreed.epoch, a.dialled == (options_.node < p->node)};
  l.highest = std::max(l.highest, fresh.epoch);
  if ((l.live && !survives(fresh, l.standing)) || (which == channel::bulk && !p->up))
    return a.wire->close();
  if (l.live)
    lose(p, which, {code::conflict, "a newer connection took its place", "connection", ""});
  l.retry.cancel();
  l.waiting = false;
  l.failures = 0;
  l.standing = fresh;
  ++l.connections;
  counts_.established.Increment();
  l.live = std::make_shared<connection>(
      io_, std::move(a.wire), std::move(a.reader), l.out, l.counts,
      connection::options{options_.window, options_.patience, options_.heartbeat,
                          security_ ? checking::none : checking::crc32c},
      clock_.steady());
  const auto live = l.live;
  if (which == channel::control)
    raise(p, a);
  else
    show(*p);
  if (l.live != live)
    return; // whoever was told has removed the peer
  const auto weak = weak_from_this();
  live->start(
      {[weak, p, which, epoch = fresh.epoch](topic about, blob bytes, held_credit credit) {
         if (const auto me = weak.lock())
           me->calls_.on_frame({p->node, which, about, epoch, std::move(bytes), std::move(credit)});
       },
       [weak, p, which](const failure& why) {
         if (const auto me = weak.lock())
           me->lose(p, which, why);
       },
       [weak, p](std::chrono::microseconds took) {
         const auto me = weak.lock();
         if (!me)
           return;
         me->counts_.round_trip.Observe(static_cast<double>(took.count()) / 1e6);
         p->round_trip = p->round_trip ? (*p->round_trip * 7 + took) / 8 : took;
         me->show(*p);
       }},
      std::move(a.early));
}

void mesh::fabric::raise(const known& p, const acquaintance& a) {
  p->up = true;
  p->dialled = a.dialled;
  p->last_error.reset();
  if (!a.theirs.address.empty())
    p->address = a.theirs.address;
  p->control.out->open();
  p->bulk.out->open();
  counts_.up.Increment();
  show(*p);
  calls_.on_up(p->node, a.theirs);
  want(p, p->bulk);
}

void mesh::fabric::forget(peer& p, lane& l) {
  stop_dialling(l);
  if (l.live) {
    counts_.lost.Increment();
    l.live->close();
    l.live = nullptr;
  }
  l.out->close();
  l.failures = 0;
  show(p);
}

void mesh::fabric::lose(const known& p, channel which, const failure& why) {
  if (!p->removed)
    p->last_error = why;
  if (which == channel::bulk) {
    forget(*p, p->bulk);
    if (p->up)
      p->bulk.out->open();
    if (!closed_ && p->dialled)
      retry(p, p->bulk);
    if (!closed_ && calls_.on_bulk_lost)
      calls_.on_bulk_lost(p->node, why);
    return;
  }
  const bool was_up = std::exchange(p->up, false);
  p->round_trip.reset();
  forget(*p, p->bulk);
  forget(*p, p->control);
  if (!was_up || closed_)
    return;
  counts_.up.Decrement();
  complain("link.down", p->node, why);
  retry(p, p->control);
  calls_.on_down(p->node, why);
}

} // namespace tenon::cluster::link
