// A cell hosts one actor on CAF's scheduler. It takes a batch from the mailbox, lets the actor
// decide each command, journals everything the batch decided as one entry, and opens the output
// gate (replies, messages, calls) when the journal has confirmed. Deciding goes on meanwhile; a
// reply waits for every entry it could have seen.
//
//     asleep ──first message──▶ awake ──crash──▶ spoilt ──gate empty──▶ reloaded
//        ▲─────────idle───────────┘ ▲──────────back-off───────────────────┤
//                                                 quarantined ◀─too often─┘
//
// A cell lives within one tenure of its partition. When that is over it releases nothing more:
// whoever waits for an entry without confirmation is told so, and what still waits in the mailbox
// is sent again, to whoever owns the partition next.
//
// A crash costs the actor its memory, never its mailbox: it is loaded again from row and journal. A
// command that crashes its actor three times goes to the dead letters.
//
// Durability is the journal's, scheduling is CAF's, everything else around it is `surroundings`.
#pragma once

#include "runtime/hosting/mailbox.hpp"
#include "runtime/hosting/replica.hpp"
#include "runtime/hosting/surroundings.hpp"
#include "runtime/hosting/tenure.hpp"

#include <caf/local_actor.hpp>
#include <caf/resumable.hpp>

#include <atomic>

namespace tenon::runtime {

/// Reasons to look, beside messages. Bits: several may be pending.
enum class attention : std::uint8_t {
  clock = 1,     // a deadline or the end of a back-off may have come
  room = 2,      // the journal or the store may take more now
  passivate = 4, // leave, if nothing is going on
};

class cell final : public caf::local_actor, public caf::resumable, public durable_listener {
public:
  enum class delivery : std::uint8_t { taken, full, left };

  struct seat { // where it sits; the same for every cell of a kind in a tenure
    surroundings& around;
    const runtime::kind& kind;
    void* kind_metrics;
    cell_metrics& metrics;
    runtime::tenure& tenure;
  };

  cell(caf::actor_config&, std::shared_ptr<const seat>, identity);
  ~cell() override;

  // From any thread.
  delivery deliver(std::unique_ptr<envelope>&, bool bounded);
  bool tell(order);
  void attend(attention);
  void durable(std::uint64_t index) noexcept override;

  const identity& who() const { return id_; }
  const seat& where() const { return *seat_; }
  std::string_view phase() const { return phase_names[phase_.load(std::memory_order_relaxed)]; }
  std::uint32_t waiting() const { return mailbox_.size(); }
  std::uint64_t decided_commands() const { return commands_.load(std::memory_order_relaxed); }
  std::uint32_t crash_count() const { return crashes_.load(std::memory_order_relaxed); }
  moment last_active() const { return moment{span{active_.load(std::memory_order_relaxed)}}; }

  // As an order, on the cell's own turn.
  /// Hands state to the store. Returns the first index that is still not handed over; 0 when all
  /// is.
  std::uint64_t save();
  void suspend() { suspended_ = true; }
  void unsuspend() { suspended_ = false; }
  void restart(); // a quarantined one
  /// Forgets what is in memory and comes back from what is stored, after a while.
  void begin_anew(span after);
  value inspect();
  /// Saves and leaves for good as soon as nothing is on its way to the journal; then calls `gone`
  /// with what `save` returned.
  using farewell = std::function<void(std::uint64_t first_kept)>;
  void retire(farewell gone) { retiring_ = std::move(gone); }

  // CAF's side.
  void enqueue(caf::mailbox_element_ptr, caf::execution_unit*) override;
  void launch(caf::execution_unit*, bool lazy, bool hide) override;
  resume_result resume(caf::execution_unit*, std::size_t max_throughput) override;
  subtype_t subtype() const override { return resumable::scheduled_actor; }
  void intrusive_ptr_add_ref_impl() override;
  void intrusive_ptr_release_impl() override;

private:
  enum phase_index : std::uint8_t { asleep, awake, spoilt, waiting_to_restart, quarantined };
  static constexpr std::string_view phase_names[]{"asleep", "awake", "spoilt", "waiting",
                                                  "quarantined"};

  struct pending_answer {
    answer_once answer;
    result<blob> reply;
    bool repeatable = false; // nothing followed from it, or the receiver knows a repetition
  };
  struct promise { // what opens when an entry is durable
    std::uint64_t index = 0;
    std::uint64_t numbered = 0;
    std::vector<pending_answer> answers;
    std::vector<outgoing> notes;
    std::vector<std::uint64_t> calls;
    steady_point since;
  };
  struct batch {
    protocols::cell::entry entry;
    promise out;
  };

  void schedule(mailbox::put_result);
  bool takes_commands() const;
  bool works() const; // and the store keeps up
  bool load();
  replica::origin origin() const;
  result<void> replay_tail();
  void work();
  bool decide(batch&, envelope&, moment now, steady_point begun);
  void gather(batch&, decided&&);
  void fire_deadlines(batch&);
  void commit(batch&);
  void append(blob entry, promise);
  void give_up(promise&, const failure&);
  void open_gate();
  bool open(promise&); // unless the tenure is over
  void send_out();
  void send_ready();
  void step_down();
  void answer_unconfirmed();
  void send_again(std::unique_ptr<envelope> chain);
  void delivered(std::uint64_t number, const result<blob>& answer);
  void write_deliveries(); // an entry of their own, when no other one comes
  void perform(std::uint64_t number, bool repeated);
  void crash(batch&, std::unique_ptr<envelope> culprit, std::unique_ptr<envelope> rest,
             std::string_view why);
  void fall(const after_crash&); // out of memory, to be loaded again
  void reload();
  void park(batch&, std::unique_ptr<envelope> culprit);
  void refuse_everything(const failure&);
  void arm();
  void refuse_expired();
  void look_again_after(span);
  bool may_leave() const;
  resume_result leave(caf::execution_unit*, std::uint64_t first_kept);
  void go(phase_index p) { phase_.store(p, std::memory_order_relaxed); }
  phase_index at() const { return phase_.load(std::memory_order_relaxed); }

  std::shared_ptr<const seat> seat_;
  identity id_;
  mailbox mailbox_;
  replica self_;
  std::vector<promise> gate_;                            // ascending index
  std::unique_ptr<std::pair<blob, promise>> unappended_; // refused by a full journal
  std::vector<std::uint64_t> unsaved_;    // indices of entries not handed to the store
  std::vector<std::uint64_t> performing_; // calls under way in this process
  std::unique_ptr<envelope> poison_;      // to be parked once reloaded
  farewell retiring_;
  std::string last_crash_;
  std::uint64_t released_ = 0; // sends up to this number are durable
  moment armed_{};
  steady_point restart_at_{};
  trace_context deciding_; // of the command that is being decided
  bool suspended_ = false;
  bool holds_self_ = false;
  std::atomic<phase_index> phase_{asleep};
  std::atomic<std::uint8_t> attention_{0};
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<std::uint64_t> commands_{0};
  std::atomic<std::uint32_t> crashes_{0};
  std::atomic<std::int64_t> active_{0};
  std::atomic<std::int64_t> looks_again_{
      0}; // nanoseconds of the steady clock; an alarm is set then
};

} // namespace tenon::runtime
