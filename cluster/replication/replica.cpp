#include "cluster/replication/replica.hpp"

#include "protocols/ensure.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tenon::cluster::replication {
namespace {

failure moved(partition_number p) {
  return {code::unavailable, "the partition's leadership has moved meanwhile",
          "partition " + std::to_string(p), "See what has become of it, then repeat.", span{50}};
}

failure stopping(partition_number p) {
  return {code::unavailable, "the node is stopping", "partition " + std::to_string(p), "",
          span{1000}};
}

} // namespace

counts::counts(runtime::meters& m)
    : proposed{m.count("tenon_replication_proposed_total",
                       "Entries given to partitions that this node leads.")},
      confirmed{m.count("tenon_replication_confirmed_total",
                        "Entries of this node that a majority has made durable.")},
      elected{m.count("tenon_replication_elected_total",
                      "How often this node became the leader of a partition.")},
      parcels{m.count("tenon_replication_parcels_total", "Frames sent to other replicas.")},
      unsent{m.count("tenon_replication_unsent_total",
                     "Frames that a peer did not take, and that are made again.")},
      misread{m.count("tenon_replication_misread_total",
                      "Frames and messages that no sound replica sends.")},
      led{m.level("tenon_replication_led", "Partitions that this node leads.")} {}

replica::replica(partition_number p, raft::node_id self, const raft::options& o, raft::durable kept,
                 storage::group_log log, front& f, surroundings& around, span now)
    : partition_{p}, log_{log}, front_{f}, around_{around}, note_{around.agenda, p},
      group_{self, o, std::move(kept), now, log_}, beat_{std::max(o.heartbeat / 2, span{1})},
      trailing_{around.trailing} {
  front_.set_committed(group_.committed());
}

replica::~replica() {
  around_.agenda.wait_for(partition_, asked_);
}

void replica::look(span now) {
  if (leads_) {
    auto waiting = front_.take(front_.stop());
    submit(std::move(waiting), now);
  }
  if (const auto number = around_.agenda.written(partition_); number > written_) {
    written_ = number;
    group_.written(number, now);
  }
}

void replica::submit(front::batch waiting, span now) {
  const auto count = waiting.entries.size();
  if (count == 0)
    return;
  const auto first = group_.submit(std::move(waiting.entries), now);
  if (!first) {
    // It leads no more, and `perform` will say so. All that would be refused otherwise, the front
    // has refused before.
    must(first.error().code == code::unavailable, "consensus refused what the front had taken");
    return;
  }
  must(*first == waiting.first, "an entry has another index than was told");
  around_.counts.proposed.Increment(static_cast<double>(count));
}

void replica::tick(span now) {
  group_.tick(now);
}

void replica::receive(raft::node_id from, std::uint64_t epoch, const raft::message& m, span now) {
  const auto dropped = group_.dropped();
  group_.receive(from, epoch, m, now);
  if (group_.dropped() > dropped)
    around_.counts.misread.Increment();
}

void replica::lost(raft::node_id peer, span now) {
  group_.lost(peer, now);
}

void replica::change(const raft::wanted_change& wanted, span now, changed done) {
  auto index = [&] {
    const auto held = front_.stop();
    if (leads_)
      submit(front_.take(held), now);
    auto made = group_.change(wanted, now);
    if (leads_)
      front_.go_on(held, group_.last() + 1);
    return made;
  }();
  if (!index)
    return done(std::move(index));
  changing_.push_back({*index, std::move(done)});
}

void replica::transfer(raft::node_id to, span now, handed_over done) {
  auto begun = [&] {
    const auto held = front_.stop();
    if (leads_)
      submit(front_.take(held), now);
    auto asked = group_.transfer(to, now);
    front_.pause(held, group_.is_transferring());
    return asked;
  }();
  if (begun && group_.is_transferring())
    transferring_ = std::move(done);
  else
    done(std::move(begun));
}

void replica::read(span now, allowed done) {
  const auto token = ++reads_;
  if (auto asked = group_.read(token, now); !asked)
    return done(std::move(asked).error());
  reading_.emplace(token, std::move(done));
}

void replica::trim(std::uint64_t through, span now) {
  if (const auto at = group_.stamp_at(through)) // else it is forgotten already
    group_.saved(*at, trailing_.behind(through), now);
}

void replica::fetched(const raft::stamp& at, span now) {
  group_.fetched(at, now);
}

void replica::not_fetched() {
  group_.not_fetched();
}

void replica::perform() {
  auto todo = group_.take();
  if (todo.standing)
    follow(*todo.standing);
  for (auto& w : todo.writes)
    write(std::move(w));
  for (auto& m : todo.messages)
    around_.mail.put(partition_, std::move(m));
  if (todo.fetch)
    around_.fetch(partition_, todo.fetch->from, todo.fetch->stamp);
  if (todo.forgotten)
    if (const auto at = group_.stamp_at(*todo.forgotten))
      log_.forget(*at);
  confirm(todo.committed);
  answer_reads(todo);
  finish_transfer();
}

void replica::follow(const raft::standing& now) {
  const bool leading = now.part == raft::part::leader;
  if (leads_ && !(leading && now.term == front_.term())) {
    leads_ = false;
    around_.counts.led.Decrement();
    around_.ownership.lost(partition_, front_);
    give_up_leading();
  } else if (!leading) {
    give_up_leading();
  }
  if (leading && now.term > std::exchange(elected_, now.term))
    around_.counts.elected.Increment();
  front_.set_leader(now.leader);
  around_.led(partition_);
}

void replica::give_up_leading() {
  for (auto& waiting : std::exchange(changing_, {}))
    waiting.done(moved(partition_));
  if (transferring_)
    std::exchange(transferring_, {})({}); // another one stands, or leads
}

void replica::write(raft::write w) {
  if (!w.entries.empty()) {
    std::size_t bytes = 0;
    for (const auto& e : w.entries)
      bytes += e.bytes.size();
    trailing_.wrote(w.from + w.entries.size() - 1, bytes);
  }
  asked_ = w.number;
  log_.write(std::move(w), note_);
}

void replica::confirm(std::uint64_t committed) {
  if (const auto count = front_.confirm(committed))
    around_.counts.confirmed.Increment(static_cast<double>(count));
  while (!changing_.empty() && changing_.front().index <= committed) {
    const auto done = std::move(changing_.front());
    changing_.erase(changing_.begin());
    done.done(done.index);
  }
  if (leads_ || !group_.has_begun())
    return;
  leads_ = true;
  around_.counts.led.Increment();
  around_.ownership.gained(partition_, front_, group_.standing().term, group_.last() + 1);
  around_.led(partition_);
}

void replica::answer_reads(const raft::update& todo) {
  for (const auto token : todo.refused_reads)
    if (const auto asked = reading_.extract(token))
      asked.mapped()(moved(partition_));
  for (const auto& read : todo.reads)
    if (const auto asked = reading_.extract(read.token))
      asked.mapped()(read.index);
}

/// The other one did not take over in time: this one goes on.
void replica::finish_transfer() {
  if (!transferring_ || group_.is_transferring())
    return;
  front_.pause(front_.stop(), false);
  std::exchange(transferring_, {})(failure{
      code::timed_out, "the other node did not take over in time",
      "partition " + std::to_string(partition_), "See whether it has caught up, then repeat."});
}

// Heartbeats of all partitions that are led wait for each other, so that they leave together.
span replica::due() const {
  const auto at = group_.due();
  return leads_ ? (at + beat_ - span{1}) / beat_ * beat_ : at;
}

view replica::now_is() const {
  view seen{.partition = partition_,
            .term = group_.standing().term,
            .leader = group_.standing().leader,
            .committed = group_.committed(),
            .last = group_.last(),
            .changing = group_.is_changing()};
  const auto* members = group_.members();
  if (!members)
    return seen;
  for (const auto& m : members->members)
    seen.members.push_back({.node = m.node,
                            .role = m.role,
                            .matched = group_.matched(m.node),
                            .caught_up = group_.has_caught_up(m.node)});
  return seen;
}

void replica::end() {
  front_.close(front_.stop());
  for (auto& [token, done] : std::exchange(reading_, {}))
    done(stopping(partition_));
  for (auto& waiting : std::exchange(changing_, {}))
    waiting.done(stopping(partition_));
  if (transferring_)
    std::exchange(transferring_, {})(stopping(partition_));
}

} // namespace tenon::cluster::replication
