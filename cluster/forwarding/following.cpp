// What becomes of messages that are out: answered, moved, lost with their connection, or too late.
#include "cluster/forwarding/outgoing.hpp"

#include <algorithm>

namespace tenon::cluster::forwarding {

namespace {

constexpr span first_rest{1}, most_rest{16}; // between two attempts to find the owner

failure nowhere_to_go(const identity& to) {
  return {code::unavailable,
          "nothing has happened: no node that owns " + to_string(to) + " could be reached in time",
          {},
          "Repeat it; see `tenon cluster status` if that does not help.",
          span{500}};
}

failure silent(const identity& to) {
  return {code::timed_out, "the node that owns " + to_string(to) +
                               " did not answer in time; it may or may not have happened"};
}

failure cut_off(const identity& to) {
  return {code::timed_out, "the connection to the node that owns " + to_string(to) +
                               " was lost before it answered; it may or may not have happened"};
}

failure to_repeat(const identity& to) {
  return {code::unavailable,
          "the node that owns " + to_string(to) + " has not said that it received this",
          {},
          "Repeat it under the same number.",
          span{100}};
}

} // namespace

void outgoing::release(number n) {
  auto& a = asks_[static_cast<std::uint32_t>(n)];
  unplace(a);
  a.message.reset();
  a.cost = 0;
  free_.push_back(static_cast<std::uint32_t>(n));
}

void outgoing::finish(number n, result<blob> r, steady_point now) {
  auto& a = asks_[static_cast<std::uint32_t>(n)];
  if (a.place == place::out)
    decisions_.seconds.push_back(std::chrono::duration<double>(now - a.taken_at).count());
  if (a.message->answer)
    decisions_.answers.push_back({std::move(a.message->answer), std::move(r)});
  release(n);
}

void outgoing::hand_back(number n) {
  auto& a = asks_[static_cast<std::uint32_t>(n)];
  decisions_.returns.push_back({std::move(a.to), std::move(a.message), a.partition});
  release(n);
}

/// The other node has it: it will not have to be sent again.
void outgoing::let_go(ask& a) {
  peers_[a.at].bytes -= a.cost;
  a.cost = 0;
  a.message->command = {};
}

void outgoing::heard(node_id from, words::parcel& parcel, steady_point now) {
  for (auto& said : parcel.answers) {
    auto* const a = find(said.number);
    if (!a || a->place != place::out || a->at != from)
      continue; // answered already, when its time was over
    if (const auto* const moved = std::get_if<words::moved>(&said.said)) {
      follow(said.number, from, moved->owner, now);
      continue;
    }
    auto& part = partitions_[a->partition];
    part.doubtful = false;
    if (part.denied == from)
      part.denied = part.hint = 0;
    finish(said.number, result_of(std::move(said.said)), now);
  }
  const auto it = peers_.find(from);
  if (it == peers_.end())
    return;
  auto& untaken = it->second.untaken;
  for (; !untaken.empty() && untaken.front().first <= parcel.taken; untaken.pop_front())
    for (const auto n : untaken.front().second)
      if (auto* const a = find(n); a && a->place == place::out && a->at == from)
        let_go(*a);
}

void outgoing::follow(number n, node_id from, node_id hint, steady_point now) {
  auto& a = asks_[static_cast<std::uint32_t>(n)];
  if (a.cost == 0) // it said before that it has it
    return lose(n, now);
  ++tally_.moved;
  auto& part = partitions_[a.partition];
  part.denied = from;
  part.hint = hint == from || hint == self_ ? 0 : hint;
  a.moves = static_cast<std::uint16_t>(std::min(a.moves + 1, 15));
  const auto next = part.owner == from || part.owner == 0 ? part.hint : part.owner;
  if (a.moves > 1 || next == 0) { // two who each name the other are not asked in circles
    part.doubtful = a.moves > 1;
    part.rests = std::max(part.rests, now + std::min(most_rest, first_rest * (1 << a.moves)));
  }
  unplace(a);
  wait(n, now);
}

/// It was out when its connection was lost.
void outgoing::lose(number n, steady_point now) {
  auto& a = asks_[static_cast<std::uint32_t>(n)];
  if (a.message->from)
    return finish(n, to_repeat(a.to), now);
  if (a.message->settles == 0 || a.cost == 0)
    return finish(n, cut_off(a.to), now);
  ++tally_.repeated;
  unplace(a);
  wait(n, now);
}

void outgoing::lost(node_id node, bool up, steady_point now) {
  auto& p = peers_[node];
  p.up = up;
  p.untaken.clear();
  p.ready.clear();
  p.packed.clear();
  p.rests = {};
  for (const auto n : placed(place::ready, node)) {
    unplace(asks_[static_cast<std::uint32_t>(n)]);
    wait(n, now);
  }
  for (const auto n : placed(place::out, node))
    lose(n, now);
}

void outgoing::give_up(number n, steady_point now) {
  const auto& a = asks_[static_cast<std::uint32_t>(n)];
  if (a.place != place::out)
    return finish(n, nowhere_to_go(a.to), now);
  finish(n, a.message->from ? to_repeat(a.to) : silent(a.to), now);
}

void outgoing::look(steady_point now) {
  if (open() == 0)
    return;
  for (std::size_t i = 0; i < asks_.size(); ++i) {
    const auto& a = asks_[i];
    if (a.place != place::nowhere && now >= (a.place == place::waiting ? a.waits_until : a.until))
      give_up(std::uint64_t{a.use} << 32 | i, now);
  }
}

void outgoing::close() {
  closed_ = true;
  for (const auto where : {place::waiting, place::ready, place::out})
    for (const auto n : placed(where, 0))
      give_up(n, asks_[static_cast<std::uint32_t>(n)].taken_at);
}

std::vector<outgoing::number> outgoing::placed(place where, node_id at) const {
  std::vector<number> found;
  for (std::size_t i = 0; i < asks_.size(); ++i)
    if (asks_[i].place == where && (at == 0 || asks_[i].at == at))
      found.push_back(std::uint64_t{asks_[i].use} << 32 | i);
  return found;
}

} // namespace tenon::cluster::forwarding
