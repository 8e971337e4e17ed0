#include "runtime/hosting/cell.hpp"

#include "protocols/codec.hpp"
#include "runtime/telemetry/log.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <algorithm>

namespace tenon::runtime {
namespace {

constexpr std::uint32_t mailbox_bound = 4096;
constexpr std::uint32_t batch_commands = 128;
// One entry stays well below the journal's and, later, a replication message's bound.
constexpr std::size_t batch_bytes = 512u << 10;
// Entries on their way to the disk, per cell. Enough to keep deciding through one fsync.
constexpr std::size_t gate_bound = 64;
constexpr std::size_t outbox_bound = 10'000;
// A collection's records are handed to the store early, so that memory does not follow the data.
constexpr std::size_t unsaved_rows_bytes = 4u << 20;
// Between two looks at commands that wait for something: whether the store has caught up, which it
// does in milliseconds and tells nobody; whether the asker has stopped waiting.
constexpr span store_look{10};
constexpr span patience_look = std::chrono::seconds{1};

} // namespace

cell::cell(caf::actor_config& config, std::shared_ptr<const seat> where, identity who)
    : local_actor{config}, seat_{std::move(where)}, id_{std::move(who)}, mailbox_{mailbox_bound},
      active_{seat_->around.now().time_since_epoch().count()} {}

cell::~cell() = default;

cell::delivery cell::deliver(std::unique_ptr<envelope>& e, bool bounded) {
  const auto done = mailbox_.put(e, bounded);
  if (done == mailbox::put_result::full)
    return delivery::full;
  if (done == mailbox::put_result::closed)
    return delivery::left;
  schedule(done);
  return delivery::taken;
}

bool cell::tell(order o) {
  const auto done = mailbox_.put(std::move(o));
  schedule(done);
  return done != mailbox::put_result::closed;
}

void cell::attend(attention what) {
  attention_.fetch_or(static_cast<std::uint8_t>(what), std::memory_order_relaxed);
  schedule(mailbox_.wake());
}

void cell::durable(std::uint64_t index) noexcept {
  // One thread calls this, in order; the cell only reads.
  if (index > durable_.load(std::memory_order_relaxed))
    durable_.store(index, std::memory_order_release);
  schedule(mailbox_.wake());
}

void cell::schedule(mailbox::put_result done) {
  if (done != mailbox::put_result::wake)
    return;
  intrusive_ptr_add_ref_impl(); // released by the worker when the turn is over
  home_system().scheduler().enqueue(this);
}

void cell::enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) {
  // Commands come through `deliver`; what CAF itself sends is an exit: a wish that it leave.
  if (element && element->content().match_elements<caf::exit_msg>())
    attend(attention::passivate);
}

void cell::launch(caf::execution_unit*, bool, bool) {
  register_at_system();
}

void cell::intrusive_ptr_add_ref_impl() {
  intrusive_ptr_add_ref(ctrl());
}
void cell::intrusive_ptr_release_impl() {
  intrusive_ptr_release(ctrl());
}

caf::resumable::resume_result cell::resume(caf::execution_unit* unit, std::size_t) {
  context(unit);
  if (seat_->tenure.over()) {
    step_down();
    return leave(unit, 0);
  }
  auto orders = mailbox_.take_orders();
  const auto noticed = attention_.exchange(0, std::memory_order_relaxed);
  open_gate();
  if (unappended_)
    append(std::move(unappended_->first), std::move(unappended_->second));
  for (auto& o : orders)
    o(*this);
  if (at() == spoilt && gate_.empty() && !unappended_)
    reload();
  if (at() == waiting_to_restart && seat_->around.steady() >= restart_at_)
    go(awake);
  if (self_.body && (noticed & static_cast<std::uint8_t>(attention::clock)))
    send_out(); // what could not be delivered before
  if (at() == quarantined)
    refuse_everything({.code = code::unavailable,
                       .why = "the actor is quarantined: " + last_crash_,
                       .remedy = "Look at its crashes, then restart it.",
                       .retry_after = span{5000}});
  if (works())
    work();
  if (self_.body && self_.body->rows() && self_.body->rows()->unsaved_bytes() > unsaved_rows_bytes)
    save();
  if (retiring_ && gate_.empty() && !unappended_) {
    const auto first_kept = save();
    auto rest = mailbox_.close();
    for (auto& o : rest.orders) // somebody waits for each
      o(*this);
    // Dropped commands answer `unavailable`; one by one, because a chain that unwound by itself
    // would recurse.
    while (rest.commands)
      rest.commands = std::move(rest.commands->next);
    return leave(unit, first_kept);
  }
  const bool asked_to_leave = noticed & static_cast<std::uint8_t>(attention::passivate);
  if (asked_to_leave && gate_.empty() && !unappended_)
    save();
  if (asked_to_leave && may_leave() && mailbox_.close_if_empty())
    return leave(unit, 0);
  // Commands may wait while the cell rests if whatever holds them back wakes it later: the journal,
  // an order, an alarm. A quarantined cell is woken by nothing else, so none may wait.
  const bool held = at() != quarantined && !works();
  if (held)
    refuse_expired();
  const auto look = takes_commands() ? store_look : patience_look;
  if (!mailbox_.rest(held))
    return resume_later;
  // Another thread may have the cell now, but we still hold it.
  if (held && mailbox_.size() > 0)
    look_again_after(look);
  return awaiting_message;
}

void cell::look_again_after(span delay) {
  const auto now = seat_->around.steady().time_since_epoch();
  const auto when = std::chrono::nanoseconds{now + delay}.count();
  const auto set = looks_again_.load(std::memory_order_relaxed);
  if (set > std::chrono::nanoseconds{now}.count() && set <= when)
    return; // an earlier look is coming
  looks_again_.store(when, std::memory_order_relaxed);
  seat_->around.wake_after(*this, delay);
}

void cell::refuse_expired() {
  for (auto chain = mailbox_.take_expired(std::chrono::steady_clock::now()); chain;) {
    auto e = std::move(chain);
    chain = std::move(e->next);
    e->answer(failure{code::timed_out, "it waited longer than the asker would"});
  }
}

caf::resumable::resume_result cell::leave(caf::execution_unit* unit, std::uint64_t first_kept) {
  go(asleep);
  seat_->around.left(*this);
  cleanup(caf::exit_reason::normal, unit);
  if (retiring_)
    std::exchange(retiring_, nullptr)(first_kept);
  return done;
}

bool cell::takes_commands() const {
  return !retiring_ && (at() == awake || at() == asleep) && !suspended_ && !unappended_ &&
         gate_.size() < gate_bound;
}

bool cell::works() const {
  return takes_commands() && !seat_->around.congested(self_.body && self_.body->rows() != nullptr);
}

void cell::work() {
  if (!self_.body && !load())
    return;
  batch b;
  if (poison_)
    park(b, std::exchange(poison_, nullptr));
  auto chain = mailbox_.take(batch_commands);
  const auto begun = std::chrono::steady_clock::now();
  if (chain)
    seat_->metrics.queue_seconds.Observe(
        std::chrono::duration<double>(begun - chain->put_at).count());
  std::size_t bytes = 0;
  std::uint64_t commands = 0;
  try {
    fire_deadlines(b);
  } catch (const std::exception& e) {
    return crash(b, nullptr, std::move(chain), e.what());
  }
  // One time for the batch: reading both clocks for each command costs a tenth of a short decision.
  const auto now = seat_->around.now();
  if (chain)
    active_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  while (chain) {
    auto e = std::move(chain);
    chain = std::move(e->next);
    ++commands;
    bytes += e->command.size();
    try {
      if (!decide(b, *e, now, begun)) { // nothing left to give out numbers for: wait for the outbox
        e->next = std::move(chain);
        mailbox_.put_back(std::move(e));
        break;
      }
    } catch (const std::exception& crashed) {
      return crash(b, std::move(e), std::move(chain), crashed.what());
    }
    if (bytes > batch_bytes && chain) {
      mailbox_.put_back(std::move(chain));
      break;
    }
  }
  commands_.fetch_add(commands, std::memory_order_relaxed);
  if (commands > 0)
    seat_->metrics.commands.Increment(static_cast<double>(commands));
  commit(b);
  arm();
}

bool cell::decide(batch& b, envelope& e, moment now, steady_point begun) {
  if (begun > e.expires && !e.from && e.settles == 0) {
    b.out.answers.push_back({std::move(e.answer),
                             failure{code::timed_out, "it waited longer than the asker would"},
                             true});
    return true;
  }
  const auto repeats = [&](const auto& r) {
    return r.sender == e.from->sender && r.number >= e.from->number;
  };
  if (e.from && (self_.ledger.heard(e.from->sender, e.from->number) ||
                 std::ranges::any_of(b.entry.received, repeats))) {
    b.out.answers.push_back({std::move(e.answer), blob{}, true}); // taken in before
    return true;
  }
  if (e.settles != 0) {
    std::erase(performing_, e.settles);
    const bool in_this_batch = std::ranges::count(b.entry.settled, e.settles) > 0;
    if (in_this_batch || !self_.ledger.find_call(e.settles))
      return true; // settled before: a repetition after a restart or a change of owners
  }
  if (self_.ledger.outbox_size() + b.entry.sends.size() > outbox_bound)
    return false;
  const trace_scope working{e.trace};
  deciding_ = e.trace;
  auto d = self_.body->decide(e.command, now);
  if (!d.reply)
    seat_->metrics.refusals.Increment();
  if (e.from) {
    const bool later = !d.reply && (d.reply.error().code == code::overloaded ||
                                    d.reply.error().code == code::unavailable);
    if (!later) // refused for good counts as taken in; the sender must not repeat it for ever
      b.entry.received.push_back({e.from->sender, e.from->number});
  }
  if (e.settles != 0)
    b.entry.settled.push_back(e.settles);
  if (e.answer)
    b.out.answers.push_back({std::move(e.answer), std::move(d.reply),
                             e.from || (d.events.empty() && d.sends.empty() && d.calls.empty())});
  gather(b, std::move(d));
  return true;
}

void cell::gather(batch& b, decided&& d) {
  auto& entry = b.entry;
  if (entry.numbered == 0)
    entry.numbered = self_.ledger.numbered();
  std::ranges::move(d.events, std::back_inserter(entry.events));
  const auto trace = deciding_ ? to_traceparent(deciding_) : std::string{};
  for (auto& s : d.sends) {
    s.to = beside(id_, std::move(s.to)); // what an actor leaves out of an address is its own
    if (s.durable) {
      entry.sends.push_back({++entry.numbered, to_string(s.to), std::move(s.command), trace});
      continue;
    }
    if (b.out.notes.empty())
      b.out.notes.reserve(16); // a batch rarely has one alone, and growing moves them all
    b.out.notes.push_back(std::move(s));
  }
  for (auto& c : d.calls) {
    entry.calls.push_back({++entry.numbered, std::string{c.effect}, std::move(c.request), trace});
    b.out.calls.push_back(entry.numbered);
  }
}

void cell::fire_deadlines(batch& b) {
  if (armed_ == moment{} || seat_->around.now() < armed_)
    return;
  armed_ = {};
  deciding_ = {};
  const auto now = seat_->around.now();
  for (const auto& d : self_.body->due()) {
    if (d.at > now)
      continue;
    gather(b, self_.body->decide(d.command, now));
    for (const auto& left : self_.body->due())
      ensure(left.at != d.at || !(left.command == d.command),
             "a deadline is still there after it was told");
  }
}

void cell::arm() {
  if (!self_.body)
    return;
  const auto earliest = self_.wakes_at();
  if (earliest && *earliest != armed_)
    seat_->around.wake_at(*this, *earliest);
  armed_ = earliest.value_or(moment{});
}

bool cell::may_leave() const {
  return gate_.empty() && !unappended_ && unsaved_.empty() && !self_.ledger.unfinished() &&
         !self_.ledger.has_deliveries() && !poison_ && !suspended_ &&
         (at() == awake || at() == asleep);
}

} // namespace tenon::runtime
