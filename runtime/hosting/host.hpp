// Hosts the actors of the partitions this node owns: finds or wakes the cell of an identity,
// performs effects, keeps time, supervises, and moves state from cells to the store behind the log.
//
// Asking and telling are safe from any thread. Start recovers: identities with entries in the log,
// messages or calls unfinished, or a deadline that has come, are woken; all others sleep until
// somebody speaks to them.
#pragma once

#include "runtime/clock.hpp"
#include "runtime/hosting/alarms.hpp"
#include "runtime/hosting/cell.hpp"
#include "runtime/hosting/performer.hpp"
#include "runtime/hosting/supervision.hpp"
#include "runtime/sealing/sealed_state.hpp"

#include <caf/actor_system.hpp>

#include <array>
#include <map>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <unordered_map>

namespace tenon::runtime {

struct host_options {
  span idle = std::chrono::seconds{60}; // then an actor leaves memory
  span checkpoint{1500};                // between two of the same partition
  // Waiting for the store: above it actors with rows decide nothing new, above twice as much
  // nobody.
  std::size_t congestion_bytes = 32u << 20;
  span ask_timeout = std::chrono::seconds{30};
  supervision::policy supervision{}; // of the actors of one placement
  supervision::policy escalation{.restarts = 3, .first_delay = std::chrono::seconds{1}};
};

/// One line of the tree that operators see.
struct actor_view {
  identity id;
  std::string_view phase;
  partition_number partition = 0;
  std::uint32_t waiting = 0;
  std::uint64_t commands = 0;
  std::uint32_t crashes = 0;
  std::uint32_t restarts_left = 0;
};

class host final : public surroundings {
public:
  host(caf::actor_system&, const catalog&, journal&, state&, const runtime::seal&, const clock&,
       meters&, host_options = {});
  ~host() override;

  void add(std::string effect, std::unique_ptr<performer>); // before start
  void start();
  /// No new asks; what is decided becomes durable; cells save and leave.
  void stop();

  /// The answer comes from any thread, always, within `patience` (the option's when zero).
  void ask(const identity&, blob command, answer_once, span patience = {});

  template <class Actor, class Command, class F>
  void ask(const identity& to, const Command& c, F answer, span patience = {}) {
    using reply = typename Command::reply;
    ask(to, protocols::encode(typename Actor::command{c}),
        answer_once{[answer = std::move(answer)](result<blob> r) mutable {
          if (!r)
            answer(result<reply_value<reply>>{std::move(r).error()});
          else if constexpr (std::is_void_v<reply>)
            answer(result<nothing>{nothing{}});
          else
            answer(protocols::decode<reply>(*r));
        }},
        patience);
  }

  std::vector<actor_view> loaded(std::string_view tenant, std::size_t limit) const;
  std::vector<std::string> list(std::string_view tenant, std::string_view kind,
                                std::string_view after, std::size_t limit) const;
  void inspect(const identity&, std::function<void(result<value>)>);
  enum class operation : std::uint8_t { suspend, resume, restart, passivate };
  result<void> operate(const identity&, operation);
  std::size_t loaded_count() const;
  partition_number partition_of(const identity&) const;

  // surroundings
  moment now() const override { return clock_.now(); }
  steady_point steady() const override { return clock_.steady(); }
  runtime::journal& log() override { return journal_; }
  runtime::state& stored() override { return state_; }
  const runtime::seal& seal() const override { return seal_; }
  void send(const identity& to, std::unique_ptr<envelope>) override;
  void perform(effect) override;
  void wake_at(cell&, moment) override;
  void wake_after(cell&, span) override;
  void dirty(cell&) override;
  std::vector<std::uint64_t> tail_of(partition_number, const identity&) override;
  after_crash crashed(const identity&, std::string_view why) override;
  void left(cell&) override;
  bool congested(bool has_rows) const override {
    return state_.waiting() > options_.congestion_bytes * (has_rows ? 1 : 2);
  }

private:
  using cell_ref = caf::strong_actor_ptr; // of a cell, always
  struct shard {
    mutable std::shared_mutex guard;
    std::unordered_map<identity, cell_ref> cells;
  };
  struct hosted_kind {
    const runtime::kind* kind;
    std::shared_ptr<void> metrics;
    std::unique_ptr<cell_metrics> measured;
    std::vector<cell::seat> seats; // by partition
  };
  struct partition {
    std::mutex guard;
    std::vector<cell_ref> dirty;
    std::unordered_map<identity, std::vector<std::uint64_t>> tail; // found at start
  };

  static cell& as_cell(const cell_ref&);
  shard& shard_of(const identity& id) const;
  cell_ref find(const identity&) const;
  result<cell_ref> find_or_wake(const identity&);
  std::uint32_t restarts_left(const identity&) const;
  moment steadily() const; // of no date; never goes back
  /// What is in the log; adds who has to be woken for it.
  void recover(partition_number, std::vector<identity>& woken);
  void checkpoint(partition_number);
  void wake_due();
  void passivate_idle();

  caf::actor_system& system_;
  journal& journal_;
  const runtime::seal& seal_;
  sealed_state state_;
  const clock& clock_;
  host_options options_;
  std::map<std::string, hosted_kind, std::less<>> kinds_;
  performers performers_;
  mutable std::array<shard, 64> shards_;
  std::vector<std::unique_ptr<partition>> partitions_;
  mutable std::mutex supervision_guard_;
  supervision::tree supervisors_;
  std::mt19937_64 random_{std::random_device{}()};
  std::atomic<bool> stopping_{false};
  std::size_t sweep_ = 0;
  counter& messages_;
  gauge& loaded_gauge_;
  alarms alarms_; // last: its thread calls into everything above
};

} // namespace tenon::runtime
