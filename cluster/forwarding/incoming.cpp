#include "cluster/forwarding/incoming.hpp"

#include <algorithm>
#include <iterator>

namespace tenon::cluster::forwarding {

namespace {

constexpr std::size_t kept_beside = 256; // what an ask in work costs besides its bytes

failure lost_answer() {
  return {code::timed_out,
          "it was answered, and so much waits for the asking node that the answer "
          "is lost",
          "answer", "Look at what it was about, then decide."};
}

} // namespace

incoming::incoming(node_id self, partition_number partitions, options o)
    : self_{self}, partitions_{partitions}, options_{o} {}

void incoming::forget(peer& p) {
  ++p.connection;
  p.answers.clear();
  p.answer_bytes = p.in_parcel = 0;
  p.taken = p.untold = 0;
}

void incoming::lost(node_id from) {
  if (const auto it = peers_.find(from); it != peers_.end())
    forget(it->second);
}

result<identity> incoming::check(const words::ask& a, const peer& p) {
  // Outcomes come in as they do on one node: their number is bounded by the calls themselves.
  const bool full = p.in_work >= options_.most_in_work || p.in_work_bytes > options_.in_work_bytes;
  if (full && a.settles == 0) {
    ++refused_;
    return failure{code::overloaded,
                   "node " + std::to_string(self_) + " works at as much of this node as it may",
                   {},
                   "Repeat later.",
                   span{100}};
  }
  auto to = parse_identity(a.to);
  if (to && placement_of(*to) % partitions_ != a.partition)
    return failure{code::malformed,
                   to_string(*to) + " is not in partition " + std::to_string(a.partition),
                   "partition", "See that both nodes are of one cluster."};
  return to;
}

std::vector<incoming::delivery> incoming::arrived(node_id from, std::uint64_t epoch,
                                                  words::parcel& parcel, steady_point now) {
  auto& p = peers_[from];
  if (p.epoch != 0 && p.epoch != epoch)
    forget(p);
  p.epoch = epoch;
  std::vector<delivery> out;
  out.reserve(parcel.asks.size());
  for (auto& a : parcel.asks) {
    auto to = check(a, p);
    p.untold += a.command.size();
    if (!to) {
      say(p, a.number, in_words(to.error()));
      continue;
    }
    const auto cost = a.command.size() + kept_beside;
    ++p.in_work;
    ++in_work_;
    p.in_work_bytes += cost;
    const ticket back{from, p.connection, a.number, cost};
    const auto partition = a.partition;
    out.push_back({back, partition, *std::move(to), envelope_of(std::move(a), now)});
  }
  if (parcel.number != 0)
    p.taken = parcel.number;
  return out;
}

void incoming::answered(const ticket& t, result<blob> r) {
  finish(t, in_words(std::move(r)));
}

void incoming::moved(const ticket& t, node_id owner) {
  finish(t, words::moved{.owner = owner});
}

void incoming::finish(const ticket& t, words::said said) {
  auto& p = peers_[t.from];
  --p.in_work;
  --in_work_;
  p.in_work_bytes -= t.cost;
  if (t.connection == p.connection) // otherwise the asker is told by the loss of the connection
    say(p, t.number, std::move(said));
}

void incoming::say(peer& p, std::uint64_t number, words::said said) {
  words::answer a{.number = number, .said = std::move(said)};
  auto weight = weight_of(a);
  if (p.answer_bytes + weight > options_.answer_bytes && !p.answers.empty() &&
      std::holds_alternative<words::replied>(a.said)) {
    a.said = in_words(lost_answer());
    weight = weight_of(a);
  }
  p.answer_bytes += weight;
  p.answers.push_back(std::move(a));
}

bool incoming::due(node_id to) const {
  const auto it = peers_.find(to);
  return it != peers_.end() &&
         (!it->second.answers.empty() || it->second.untold > options_.untold_bytes);
}

void incoming::fill(node_id to, words::parcel& parcel, std::size_t& weight) {
  const auto it = peers_.find(to);
  if (it == peers_.end())
    return;
  auto& p = it->second;
  for (p.in_parcel = 0; p.in_parcel < p.answers.size(); ++p.in_parcel) {
    const auto next = weight_of(p.answers[p.in_parcel]);
    if (weight > 0 && weight + next > parcel_bytes)
      break;
    weight += next;
    parcel.answers.push_back(std::move(p.answers[p.in_parcel]));
  }
  if (p.in_parcel == p.answers.size()) // a `moved` must not come after it
    parcel.taken = p.taken;
}

void incoming::left(node_id to, words::parcel& parcel, bool taken) {
  const auto it = peers_.find(to);
  if (it == peers_.end())
    return;
  auto& p = it->second;
  const auto sent = static_cast<std::ptrdiff_t>(p.in_parcel);
  if (!taken) {
    std::move(parcel.answers.begin(), parcel.answers.end(), p.answers.begin());
  } else {
    for (const auto& a : parcel.answers)
      p.answer_bytes -= weight_of(a);
    p.answers.erase(p.answers.begin(), p.answers.begin() + sent);
    if (parcel.taken != 0)
      p.untold = 0;
  }
  p.in_parcel = 0;
}

} // namespace tenon::cluster::forwarding
