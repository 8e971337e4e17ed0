// What makes the partitions of many nodes one: the journal that consensus makes of this node's
// logs, messages to and from actors on other nodes, and copies of state for who has missed too much
// of a log. A node without others is a cluster of one. One thread, the loop, runs the first two;
// the network is the steward's, on its own.
//
//   actors ── journal ───▶ groups ───┐
//   host ─── elsewhere ──▶ forwarder ┼── frames ──▶ network
//   stored state ────────▶ copying ──┘
#pragma once

#include "cluster/copying/copying.hpp"
#include "cluster/forwarding/forwarder.hpp"
#include "cluster/replication/replicated_journal.hpp"
#include "nodes/cluster/led_groups.hpp"
#include "nodes/cluster/replicas.hpp"
#include "runtime/sealing/sealing.hpp"
#include "runtime/store/data_directory.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <thread>

namespace tenon::runtime {
class host;
}

namespace tenon::nodes::cluster {

class consensus final : public replicas, private tenon::cluster::forwarding::directory {
public:
  consensus(node_id self, std::uint64_t boot, runtime::entropy&, const runtime::clock&,
            runtime::meters&);
  /// Ends the thread. The directory that has the journal goes after it.
  ~consensus() override;

  /// For the data directory, once.
  runtime::store::journal_maker journal();
  /// Goes on from what is in the directory. An empty one begins as a cluster of this node alone,
  /// unless it `joins` one: then it waits to be made a member.
  result<void> start(runtime::store::data_directory&, bool joins);
  /// Takes what others send to this node's actors; before there is a network.
  void serve(runtime::host& h) { host_ = &h; }
  /// Whether somebody leads every partition, as far as this node knows.
  bool is_led() const;
  /// Others lead what this node leads, as far as they can, within a moment.
  void hand_over();
  /// Everybody who waits is answered, and nobody is told anything any more.
  void stop();

  /// For the host, once it is started.
  runtime::elsewhere& elsewhere() { return *forwarder_; }

  // For the steward, on its thread.
  placement_groups groups() const override;
  void perform(partition_number, const protocols::cluster::step&) override;
  bool leads(const identity&) const override;
  void connect(network&) override;
  void disconnect() override;
  void up(node_id) override;
  void down(node_id) override;
  void bulk_lost(node_id) override;
  void arrived(node_id from, tenon::cluster::link::arrival) override;

private:
  using work_guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  node_id owner_of(partition_number) const override;
  result<void> say(node_id to, tenon::cluster::link::channel, tenon::cluster::link::topic, blob);
  tenon::cluster::replication::replication_calls calls_of_replication();
  std::unique_ptr<tenon::cluster::copying::copying> copying_over(runtime::store::local_state&);
  void copied(partition_number, const result<tenon::cluster::copying::offer>&);
  void hear(node_id from, led_groups::report);
  tenon::cluster::forwarding::surroundings around_forwarder();
  void tick();
  void report_soon();
  void report();

  const node_id self_;
  const std::uint64_t boot_;
  const tenon::cluster::replication::replication_options options_;
  const runtime::clock& clock_;
  runtime::meters& meters_;
  boost::asio::io_context loop_{1};
  work_guard stays_{loop_.get_executor()};
  boost::asio::steady_timer ticks_{loop_};
  tenon::cluster::replication::replicated_journal* log_ = nullptr; // the data directory's
  runtime::host* host_ = nullptr;
  std::shared_mutex network_guard_;
  network* network_ = nullptr;
  std::optional<tenon::cluster::forwarding::forwarder> forwarder_;
  std::unique_ptr<tenon::cluster::copying::copying> copying_;
  span since_report_{0};     // the loop's own
  bool reports_ = false;     // likewise: soon
  std::set<node_id> linked_; // likewise

  mutable std::mutex heard_guard_;
  led_groups heard_;
  std::vector<std::atomic<node_id>> said_to_lead_; // by partition, as far as was heard
  std::thread thread_;
};

} // namespace tenon::nodes::cluster
