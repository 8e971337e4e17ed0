// Hosts the actors of the partitions this node owns: finds or wakes the cell of an identity,
// performs effects, keeps time, supervises, and moves state from cells to the store behind the log.
//
//     away ──gained──▶ recovering ──log known──▶ open      ──lost──▶ away
//
// A partition that is gained is recovered first: identities with entries in the log, messages or
// calls unfinished, or a deadline that has come, are woken; all others sleep until somebody speaks
// to them. Meanwhile whoever asks waits. One that is lost takes its cells with it at once, and
// messages for it go elsewhere; what its next owner writes is followed.
//
// Asking and telling are safe from any thread.
#pragma once

#include "runtime/clock.hpp"
#include "runtime/elsewhere.hpp"
#include "runtime/hosting/alarms.hpp"
#include "runtime/hosting/cell.hpp"
#include "runtime/hosting/following.hpp"
#include "runtime/hosting/performer.hpp"
#include "runtime/hosting/supervision.hpp"
#include "runtime/sealing/sealed_state.hpp"

#include <caf/actor_system.hpp>

#include <condition_variable>
#include <deque>
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
  // What may wait for one partition to be recovered.
  std::size_t waiting_envelopes = 10'000;
  std::size_t waiting_bytes = 16u << 20;
  // Between two looks at the log of a partition that another node owns, unless so many entries
  // wait.
  span follow = std::chrono::seconds{3};
  std::uint64_t follow_entries = 1'000;
  following::limits following_limits{};
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

class host final : public surroundings, public ownership_listener {
public:
  host(caf::actor_system&, const catalog&, journal&, state&, const runtime::seal&, const clock&,
       meters&, host_options = {});
  ~host() override;

  void add(std::string effect, std::unique_ptr<performer>); // before start
  void reach(elsewhere&);                                   // before start; outlives the host
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
  /// In which this node owns the partition; 0 when it does not.
  std::uint64_t term_of(partition_number) const;

  /// Takes the envelope if this node owns the identity's partition; otherwise it is left as it is.
  bool take(const identity& to, std::unique_ptr<envelope>&);

  // ownership_listener
  void gained(partition_number, std::uint64_t term) noexcept override;
  void lost(partition_number, std::uint64_t term) noexcept override;

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
  std::vector<std::uint64_t> tail_of(const cell&) override;
  after_crash crashed(const identity&, std::string_view why) override;
  void left(cell&) override;
  bool congested(bool has_rows) const override {
    return state_.waiting() > options_.congestion_bytes * (has_rows ? 1 : 2);
  }

private:
  using cell_ref = caf::strong_actor_ptr; // of a cell, always
  struct hosted_kind {
    const runtime::kind* kind;
    std::size_t number; // among the kinds
    std::shared_ptr<void> metrics;
    std::unique_ptr<cell_metrics> measured;
  };
  struct holding final : tenure { // of a partition, with what belongs to it alone
    using tenure::tenure;
    std::vector<cell::seat> seats; // by the kind's number
    std::mutex guard;
    std::vector<cell_ref> dirty;
    std::unordered_map<identity, std::vector<std::uint64_t>> tail; // found when it began
  };
  struct shard { // of a partition's cells
    mutable std::shared_mutex guard;
    std::shared_ptr<holding> open; // null unless cells may be woken
    std::unordered_map<identity, cell_ref> cells;
  };
  struct waiting_envelope {
    identity to;
    std::unique_ptr<envelope> message;
  };
  struct partition {
    mutable std::mutex guard;
    std::shared_ptr<holding> held; // null when another node owns it
    bool open = false;
    std::uint64_t changes = 0; // of the ownership
    std::deque<waiting_envelope> waiting;
    std::size_t waiting_bytes = 0;
    steady_point followed{}; // by the one thread that follows
  };

  static cell& as_cell(const cell_ref&);
  static holding& holding_of(const cell&);
  std::span<shard> shards_of(partition_number);
  shard& shard_of(const identity&);
  cell_ref find(const identity&);
  /// Null when the partition is not open here.
  result<cell_ref> find_or_wake(const identity&);
  bool erase(cell&);
  void pass_on(const identity&, std::unique_ptr<envelope>);
  enum class admission : std::uint8_t { away, taken, open };
  admission wait_for_recovery(const identity&, std::unique_ptr<envelope>&);
  void refuse_expired(partition&);
  std::uint32_t restarts_left(const identity&) const;
  moment steadily() const; // of no date; never goes back

  std::shared_ptr<holding> held(partition_number, bool open_only) const;
  std::shared_ptr<holding> make_holding(partition_number, std::uint64_t term);
  /// What is in the log; returns who has to be woken for it.
  std::vector<identity> recover(holding&);
  void open(const std::shared_ptr<holding>&);
  void greet(const std::vector<identity>& woken);
  void dissolve(holding&, const std::vector<cell_ref>&, std::deque<waiting_envelope>&);
  static void add_dirty(holding&, cell_ref);
  void checkpoint(partition_number);
  void follow(partition_number);
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
  std::size_t shards_each_; // of a partition
  std::vector<shard> shards_;
  std::vector<std::unique_ptr<partition>> partitions_;
  elsewhere* elsewhere_ = nullptr;
  following following_;
  std::mutex starting_guard_;
  bool started_ = false;
  std::vector<std::shared_ptr<holding>> held_at_start_;
  std::mutex leaving_guard_;
  std::condition_variable one_left_;
  std::size_t cells_ = 0; // that have not left for good
  mutable std::mutex supervision_guard_;
  supervision::tree supervisors_;
  std::mt19937_64 random_{std::random_device{}()};
  std::atomic<bool> stopping_{false};
  std::size_t sweep_ = 0;
  counter& messages_;
  gauge& loaded_gauge_;
  // Last: their threads call into everything above.
  alarms alarms_;
  alarms handing_over_; // partitions that come and go: may take as long as reading a log
  alarms catching_up_;  // those that are followed
};

} // namespace tenon::runtime
