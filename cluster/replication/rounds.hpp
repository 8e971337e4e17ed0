// The loop's side of the journal. Whatever happens asks for a round; a round lets time pass first,
// then takes what arrived and what other threads left, has each partition that was touched do what
// follows, and sends what all of them say to a peer together.
#pragma once

#include "cluster/replication/replica.hpp"
#include "cluster/replication/replicated_journal.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>

namespace tenon::cluster::replication {

class replicated_journal::rounds : public std::enable_shared_from_this<rounds> {
public:
  rounds(boost::asio::io_context&, runtime::store::log_store&, replication_options,
         replication_calls, const runtime::clock&, runtime::meters&);
  ~rounds();

  void found(const raft::configuration&);
  result<void> start(const std::vector<stored_state>&);
  void close();

  // Any thread.
  front& at(partition_number p) const { return *fronts_.at(p); }
  const runtime::store::log_store& log() const { return log_; }
  replication::agenda& agenda() { return agenda_; }
  void watch(runtime::ownership_listener& l) { ownership_.watch(l, fronts_); }
  /// `what` is called on the loop with the replica, or `otherwise` when there will be none.
  void ask(partition_number, std::function<void(replica&, span now)> what,
           std::function<void(const failure&)> otherwise);
  void look(std::function<void(std::vector<view>)>);
  void lost(raft::node_id peer);
  void arrived(raft::node_id from, std::uint64_t epoch, blob frame);

private:
  span now() const;
  void wake();
  void begin(std::vector<std::unique_ptr<replica>>);
  void run();
  void tick(span now);
  void deliver(raft::node_id from, std::uint64_t epoch, const blob& frame);
  void touch(partition_number);
  void send();
  void set_timer(span now);

  boost::asio::io_context& io_;
  runtime::store::log_store& log_;
  const replication_options options_;
  const replication_calls calls_;
  const runtime::clock& clock_;
  const std::chrono::steady_clock::time_point began_;
  replication::counts counts_;
  std::atomic<std::size_t> waiting_ = 0; // bytes, in all fronts
  std::vector<std::unique_ptr<front>> fronts_;
  replication::agenda agenda_;
  mailbag mail_;
  replication::ownership ownership_;
  surroundings around_;
  boost::asio::steady_timer timer_;

  // The loop's own.
  std::vector<std::unique_ptr<replica>> replicas_;
  std::vector<span> due_;
  span earliest_ = span::max(); // of due_, or before
  span set_ = span::max();      // when the timer will ask for a round
  std::vector<partition_number> touched_;
  std::vector<bool> is_touched_;
  bool closed_ = false;
};

} // namespace tenon::cluster::replication
