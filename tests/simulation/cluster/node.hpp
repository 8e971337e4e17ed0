// A node as it will be: a host around groups, with a disk, a network and clients, all of them the
// world's. It decides nothing but when.
#pragma once

#include "tests/simulation/cluster/disk.hpp"
#include "tests/simulation/cluster/mistakes.hpp"

#include <memory>

namespace tenon::tests::simulation {

class world;

struct write_under_way {
  std::uint64_t number = 0;
  std::uint64_t key = 0;
  std::uint64_t term = 0;
  std::uint64_t floor = 0;
};

struct read_under_way {
  std::uint64_t key = 0;
  std::uint64_t floor = 0;
  std::uint64_t index = 0; // allowed there; 0: not yet
};

struct hosted_group final : raft::entry_source {
  explicit hosted_group(const stored_group& from) : log{from}, state{from.state} {
    state.applied = from.kept.state ? from.kept.state->index : 0; // as the stamp says
  }

  result<std::vector<raft::entry>> read(std::uint64_t from, std::uint64_t to,
                                        std::size_t bytes) override;

  stored_group log; // as the host sees it: with what is not durable yet
  machine state;
  std::unique_ptr<raft::group> group;
  std::map<std::uint64_t, write_under_way> writes; // by index
  std::map<std::uint64_t, read_under_way> reads;   // by token
  std::optional<machine> fetched;                  // waits to be installed
  bool saving = false;
};

class node {
public:
  node(world&, raft::node_id, std::size_t groups);

  void start();
  void crash(std::size_t reached); // of the disk's queue
  bool is_up() const { return !groups_.empty(); }

  void receive(std::uint16_t group, raft::node_id from, std::uint64_t epoch, const raft::message&);
  void lost(raft::node_id peer);
  void tick();
  void write(std::uint16_t group, std::uint64_t number, std::uint64_t key);
  void read(std::uint16_t group, std::uint64_t token, std::uint64_t key);
  void save(std::uint16_t group);

  hosted_group& hosted(std::uint16_t group) { return *groups_.at(group); }
  raft::group& at(std::uint16_t group) { return *groups_.at(group)->group; }
  simulation::disk& disk() { return disk_; }
  raft::node_id id() const { return id_; }

  /// Does what a group asks for.
  void perform(std::uint16_t group);

  std::uint64_t paused_until = 0;
  std::uint64_t slow_until = 0; // the disk
  bool dies_voting = false;     // soon after it has next voted for another
  std::uint64_t life = 0;       // grows with each start

private:
  void keep(std::uint16_t group, const raft::write&);
  void install(std::uint16_t group, const raft::write&);
  void queue(std::uint16_t group, disk::change, std::function<void()> done);
  void begin_sync();
  void apply(std::uint16_t group, std::uint64_t through);
  void answer_reads(std::uint16_t group);
  void fetch(std::uint16_t group, const raft::fetch&);
  void schedule_tick();

  world& world_;
  raft::node_id id_;
  simulation::disk disk_;
  std::vector<std::unique_ptr<hosted_group>> groups_;
  bool syncing_ = false;
  std::uint64_t tick_at_ = 0;
};

} // namespace tenon::tests::simulation
