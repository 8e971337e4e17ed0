#include "cluster/replication/replicated_journal.hpp"

#include "cluster/replication/rounds.hpp"

#include <algorithm>
#include <utility>

namespace tenon::cluster::replication {

replicated_journal::replicated_journal(boost::asio::io_context& io, runtime::store::log_store& log,
                                       replication_options o, replication_calls c,
                                       const runtime::clock& clock, runtime::meters& m)
    : rounds_{std::make_shared<rounds>(io, log, std::move(o), std::move(c), clock, m)} {}

replicated_journal::~replicated_journal() {
  rounds_->close();
}

void replicated_journal::found(const raft::configuration& members) {
  rounds_->found(members);
}

result<void> replicated_journal::start(const std::vector<stored_state>& stored) {
  return rounds_->start(stored);
}

void replicated_journal::close() {
  rounds_->close();
}

void replicated_journal::arrived(raft::node_id from, std::uint64_t epoch, blob frame) {
  rounds_->arrived(from, epoch, std::move(frame));
}

void replicated_journal::lost(raft::node_id peer) {
  rounds_->lost(peer);
}

partition_number replicated_journal::partitions() const {
  return rounds_->log().partitions();
}

std::uint64_t replicated_journal::term(partition_number p) const {
  return rounds_->at(p).term();
}

void replicated_journal::watch(runtime::ownership_listener& listener) {
  rounds_->watch(listener);
}

result<std::uint64_t> replicated_journal::append(partition_number p, std::uint64_t term, blob entry,
                                                 runtime::durable_listener& listener) {
  if (rounds_->log().crowded())
    return failure{code::overloaded, "too many bytes wait for the disk", "journal",
                   "Repeat after the time given.", span{10}};
  auto taken = rounds_->at(p).append(term, std::move(entry), listener);
  if (!taken)
    return std::move(taken).error();
  if (taken->first)
    rounds_->agenda().mark(p);
  return taken->index;
}

std::uint64_t replicated_journal::durable(partition_number p) const {
  return rounds_->at(p).committed();
}

// What is not confirmed may yet be cut, and what is no command is no entry of a journal.
void replicated_journal::read(
    partition_number p, std::span<const std::uint64_t> indices,
    const std::function<void(const runtime::journal_entry&)>& each) const {
  const auto confirmed = std::upper_bound(indices.begin(), indices.end(), durable(p));
  rounds_->log().read(p, {indices.begin(), confirmed}, [&](const runtime::store::kept_entry& e) {
    if (raft::kind{e.kind} == raft::kind::command)
      each(e);
  });
}

void replicated_journal::scan(
    partition_number p, std::uint64_t after,
    const std::function<void(const runtime::journal_entry&)>& each) const {
  const auto confirmed = durable(p);
  rounds_->log().scan(p, after, [&](const runtime::store::kept_entry& e) {
    if (e.index <= confirmed && raft::kind{e.kind} == raft::kind::command)
      each(e);
  });
}

void replicated_journal::trim(partition_number p, std::uint64_t through) {
  rounds_->ask(
      p, [through](replica& r, span now) { r.trim(through, now); }, [](const failure&) {});
}

raft::node_id replicated_journal::leader(partition_number p) const {
  return rounds_->at(p).leader();
}

void replicated_journal::change(partition_number p, raft::wanted_change wanted, done done) {
  const auto answer = [done](const result<std::uint64_t>& at) {
    done(at ? result<void>{} : at.error());
  };
  rounds_->ask(
      p, [wanted, answer](replica& r, span now) { r.change(wanted, now, answer); },
      [done](const failure& why) { done(why); });
}

void replicated_journal::transfer(partition_number p, raft::node_id to, done done) {
  rounds_->ask(
      p, [to, done](replica& r, span now) { r.transfer(to, now, done); },
      [done](const failure& why) { done(why); });
}

void replicated_journal::read_barrier(partition_number p, found_index done) {
  rounds_->ask(
      p, [done](replica& r, span now) { r.read(now, done); },
      [done](const failure& why) { done(why); });
}

void replicated_journal::look(std::function<void(std::vector<view>)> done) {
  rounds_->look(std::move(done));
}

void replicated_journal::stamp_at(partition_number p, std::uint64_t index,
                                  std::function<void(result<raft::stamp>)> done) {
  rounds_->ask(
      p, [index, done](replica& r, span) { done(r.stamp_at(index)); },
      [done](const failure& why) { done(why); });
}

void replicated_journal::fetched(partition_number p, raft::stamp at) {
  rounds_->ask(
      p, [at = std::move(at)](replica& r, span now) { r.fetched(at, now); }, [](const failure&) {});
}

void replicated_journal::not_fetched(partition_number p) {
  rounds_->ask(
      p, [](replica& r, span) { r.not_fetched(); }, [](const failure&) {});
}

} // namespace tenon::cluster::replication
