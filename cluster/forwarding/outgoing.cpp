#include "cluster/forwarding/outgoing.hpp"

#include <algorithm>
#include <numeric>

namespace tenon::cluster::forwarding {

namespace {

constexpr std::size_t kept_beside = 256; // what an ask costs besides its command
// To a node that has just taken no more, or a host that has just handed something out.
constexpr span full_rest{5}, own_rest{1};
// While nobody knows who owns a partition, so many go there between two rests.
constexpr std::size_t doubtful_share = 64;
constexpr span doubtful_rest{16};

std::size_t cost_of(const runtime::envelope& e) {
  return e.command.size() + kept_beside;
}

} // namespace

outgoing::outgoing(node_id self, partition_number partitions, options o)
    : self_{self}, options_{o}, partitions_(partitions) {}

void outgoing::take(partition_number p, identity to, std::unique_ptr<runtime::envelope> e,
                    steady_point now) {
  if (closed_)
    return refuse(std::move(e),
                  {code::unavailable, "the node is stopping", {}, "Ask again.", span{1000}});
  if (e->command.size() > most_bytes)
    return refuse(std::move(e),
                  {code::too_large,
                   "a message of " + std::to_string(e->command.size()) + " bytes for " +
                       to_string(to) + ", which is on another node, is too large",
                   "command", "Say it in parts of at most 15 MB."});
  if (e->expires <= now)
    return refuse(std::move(e), {code::timed_out, "it waited longer than the asker would"});
  const auto& part = partitions_[p];
  const auto cost = cost_of(*e);
  const auto node = part.waiting.empty() ? target(part, now) : 0;
  if (node != 0 && node != self_ && has_room(node, cost, now))
    return make_ready(admit(p, std::move(to), std::move(e), now), node);
  const bool full =
      waiting_ >= options_.most_waiting || waiting_bytes_ + cost > options_.waiting_bytes;
  if (full && e->settles == 0) // outcomes are bounded by the calls they are of
    return refuse(std::move(e), {code::overloaded,
                                 "so much waits for actors on other nodes already",
                                 {},
                                 "Repeat later.",
                                 span{100}});
  wait(admit(p, std::move(to), std::move(e), now), now);
}

void outgoing::refuse(std::unique_ptr<runtime::envelope> e, failure why) {
  ++tally_.refused;
  decisions_.answers.push_back({std::move(e->answer), std::move(why)});
}

outgoing::number outgoing::admit(partition_number p, identity to,
                                 std::unique_ptr<runtime::envelope> e, steady_point now) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(asks_.size()));
    asks_.emplace_back();
  }
  const auto index = free_.back();
  free_.pop_back();
  auto& a = asks_[index];
  ++a.use;
  a.partition = p;
  a.moves = 0;
  a.cost = cost_of(*e);
  a.order = ++order_;
  a.to = std::move(to);
  a.taken_at = now;
  a.until = e->expires == steady_point::max() ? now + options_.longest : e->expires;
  a.message = std::move(e);
  return std::uint64_t{a.use} << 32 | index;
}

outgoing::ask* outgoing::find(number n) {
  const auto index = static_cast<std::uint32_t>(n);
  if (index >= asks_.size())
    return nullptr;
  auto& a = asks_[index];
  return a.use == n >> 32 && a.place != place::nowhere ? &a : nullptr;
}

node_id outgoing::target(const partition& part, steady_point now) const {
  if (now < part.rests)
    return 0;
  if (part.hint != 0 && (part.owner == 0 || part.owner == part.denied))
    return part.hint;
  return part.owner;
}

bool outgoing::has_room(node_id node, std::size_t cost, steady_point now) const {
  const auto it = peers_.find(node);
  if (it == peers_.end() || !it->second.up || now < it->second.rests)
    return false;
  const auto& p = it->second;
  return p.asks < options_.most_out && (p.bytes == 0 || p.bytes + cost <= options_.out_bytes);
}

void outgoing::make_ready(number n, node_id node) {
  auto& a = asks_[static_cast<std::uint32_t>(n)];
  auto& p = peers_[node];
  a.place = place::ready;
  a.at = node;
  ++p.asks;
  p.bytes += a.cost;
  p.ready.push_back(n);
}

void outgoing::wait(number n, steady_point now) {
  auto& a = asks_[static_cast<std::uint32_t>(n)];
  const bool patient = a.message->expires == steady_point::max();
  a.waits_until = patient ? std::min(a.until, now + options_.patience) : a.until;
  a.place = place::waiting;
  a.at = 0;
  ++waiting_;
  waiting_bytes_ += a.cost;
  partitions_[a.partition].waiting.emplace(a.order, n);
  waited_for_.insert(a.partition);
}

/// Out of where it is; whoever calls says where it is next.
void outgoing::unplace(ask& a) {
  if (a.place == place::waiting) {
    auto& part = partitions_[a.partition];
    part.waiting.erase(a.order);
    if (part.waiting.empty())
      waited_for_.erase(a.partition);
    --waiting_;
    waiting_bytes_ -= a.cost;
  } else if (a.place != place::nowhere) {
    auto& p = peers_[a.at];
    --p.asks;
    p.bytes -= a.cost;
  }
  a.place = place::nowhere;
  a.at = 0;
}

void outgoing::owned(partition_number p, node_id owner) {
  auto& part = partitions_[p];
  if (part.owner == owner)
    return;
  part.owner = owner;
  part.denied = part.hint = 0;
  part.doubtful = false;
  part.rests = {};
}

void outgoing::up(node_id node) {
  auto& p = peers_[node];
  p.up = true;
  p.rests = {};
}

void outgoing::stir(steady_point now) {
  if (waited_for_.empty())
    return;
  // Not always from the first one, so that partitions share what room there is.
  auto begin = waited_for_.upper_bound(first_);
  std::vector<partition_number> order(begin, waited_for_.end());
  order.insert(order.end(), waited_for_.begin(), begin);
  first_ = order.front();
  for (const auto p : order)
    stir(p, now);
}

void outgoing::stir(partition_number p, steady_point now) {
  auto& part = partitions_[p];
  const auto node = target(part, now);
  if (node == 0)
    return;
  for (std::size_t sent = 0; !part.waiting.empty(); ++sent) {
    const auto n = part.waiting.begin()->second;
    auto& a = asks_[static_cast<std::uint32_t>(n)];
    if (node == self_) {
      hand_back(n);
      part.rests = now + own_rest; // should they come back, then not at once again
      continue;
    }
    if (!has_room(node, a.cost, now))
      return;
    if (part.doubtful && sent == doubtful_share) {
      part.rests = now + doubtful_rest;
      return;
    }
    unplace(a);
    make_ready(n, node);
  }
}

bool outgoing::due(node_id node) const {
  const auto it = peers_.find(node);
  return it != peers_.end() && !it->second.ready.empty();
}

void outgoing::fill(node_id node, words::parcel& parcel, std::size_t& weight, steady_point now) {
  const auto it = peers_.find(node);
  if (it == peers_.end())
    return;
  auto& p = it->second;
  while (!p.ready.empty()) {
    const auto n = p.ready.front();
    const auto* const a = find(n);
    if (!a || a->place != place::ready || a->at != node) {
      p.ready.pop_front();
      continue;
    }
    auto said = in_words(a->partition, to_string(a->to), *a->message, now);
    said.number = n;
    const auto next = weight_of(said);
    if (weight > 0 && weight + next > parcel_bytes)
      break;
    weight += next;
    p.ready.pop_front();
    p.packed.push_back(n);
    parcel.asks.push_back(std::move(said));
  }
  if (!p.packed.empty())
    parcel.number = p.parcels + 1;
}

void outgoing::left(node_id node, words::parcel&, bool taken, steady_point now) {
  const auto it = peers_.find(node);
  if (it == peers_.end())
    return;
  auto& p = it->second;
  auto packed = std::exchange(p.packed, {});
  if (taken) {
    if (packed.empty())
      return;
    for (const auto n : packed)
      asks_[static_cast<std::uint32_t>(n)].place = place::out;
    tally_.forwarded += packed.size();
    p.untaken.emplace_back(++p.parcels, std::move(packed));
    return;
  }
  packed.insert(packed.end(), p.ready.begin(), p.ready.end());
  p.ready.clear();
  p.rests = now + full_rest;
  for (const auto n : packed)
    if (auto* const a = find(n); a && a->place == place::ready) {
      unplace(*a);
      wait(n, now);
    }
}

void outgoing::decided(decisions& into) {
  into.answers.clear();
  into.returns.clear();
  into.seconds.clear();
  std::swap(into, decisions_);
}

std::size_t outgoing::out(node_id node) const {
  const auto it = peers_.find(node);
  return it == peers_.end() ? 0 : it->second.asks;
}

std::size_t outgoing::held_bytes() const {
  return std::accumulate(peers_.begin(), peers_.end(), waiting_bytes_,
                         [](std::size_t sum, const auto& p) { return sum + p.second.bytes; });
}

} // namespace tenon::cluster::forwarding
