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

} // namespace

cell::cell(caf::actor_config& config, const seat& where, identity who)
    : local_actor{config}, seat_{where}, id_{std::move(who)}, mailbox_{mailbox_bound} {}

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
  auto orders = mailbox_.take_orders();
  const auto noticed = attention_.exchange(0, std::memory_order_relaxed);
  open_gate();
  if (unappended_)
    append(std::move(unappended_->first), std::move(unappended_->second));
  for (auto& o : orders)
    o(*this);
  if (at() == spoilt && gate_.empty() && !unappended_)
    reload();
  if (at() == waiting_to_restart && seat_.around.now() >= restart_at_)
    go(awake);
  if (body_ && (noticed & static_cast<std::uint8_t>(attention::clock)))
    send_out(); // what could not be delivered before
  if (at() == quarantined)
    refuse_everything({.code = code::unavailable,
                       .why = "the actor is quarantined: " + last_crash_,
                       .remedy = "Look at its crashes, then restart it.",
                       .retry_after = span{5000}});
  if (works())
    work();
  if (body_ && body_->rows() && body_->rows()->unsaved_bytes() > unsaved_rows_bytes)
    save();
  if (retiring_ && gate_.empty() && !unappended_) {
    save();
    mailbox_.close();
    return leave(unit);
  }
  const bool asked_to_leave = noticed & static_cast<std::uint8_t>(attention::passivate);
  if (asked_to_leave && gate_.empty() && !unappended_)
    save();
  if (asked_to_leave && may_leave() && mailbox_.close_if_empty())
    return leave(unit);
  if (seat_.around.congested() && mailbox_.size() > 0)
    seat_.around.wake_at(*this, seat_.around.now() + span{10});
  return mailbox_.rest(!works()) ? awaiting_message : resume_later;
}

caf::resumable::resume_result cell::leave(caf::execution_unit* unit) {
  go(asleep);
  seat_.around.left(*this);
  cleanup(caf::exit_reason::normal, unit);
  if (retiring_)
    std::exchange(retiring_, nullptr)();
  return done;
}

bool cell::works() const {
  return !retiring_ && (at() == awake || at() == asleep) && !suspended_ && !unappended_ &&
         gate_.size() < gate_bound && !seat_.around.congested();
}

void cell::work() {
  if (!body_ && !load())
    return;
  batch b;
  if (poison_)
    park(b, std::exchange(poison_, nullptr));
  auto chain = mailbox_.take(batch_commands);
  if (chain) {
    const auto now = seat_.around.now();
    active_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    seat_.metrics.queue_seconds.Observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - chain->put_at).count());
  }
  std::size_t bytes = 0;
  std::uint64_t commands = 0;
  try {
    fire_deadlines(b);
  } catch (const std::exception& e) {
    return crash(b, nullptr, std::move(chain), e.what());
  }
  while (chain) {
    auto e = std::move(chain);
    chain = std::move(e->next);
    ++commands;
    bytes += e->command.size();
    try {
      if (!decide(b, *e)) { // nothing left to give out numbers for: wait for the outbox
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
    seat_.metrics.commands.Increment(static_cast<double>(commands));
  commit(b);
  arm();
}

bool cell::decide(batch& b, envelope& e) {
  if (std::chrono::steady_clock::now() > e.expires && !e.from && e.settles == 0) {
    b.out.answers.emplace_back(std::move(e.answer),
                               failure{code::timed_out, "it waited longer than the asker would"});
    return true;
  }
  const auto repeats = [&](const auto& r) {
    return r.sender == e.from->sender && r.number >= e.from->number;
  };
  if (e.from && (ledger_.heard(e.from->sender, e.from->number) ||
                 std::ranges::any_of(b.entry.received, repeats))) {
    b.out.answers.emplace_back(std::move(e.answer), blob{}); // taken in before
    return true;
  }
  if (e.settles != 0) {
    std::erase(performing_, e.settles);
    if (!ledger_.find_call(e.settles))
      return true; // settled before: a repetition after a restart
  }
  if (ledger_.outbox_size() + b.entry.sends.size() > outbox_bound)
    return false;
  auto d = body_->decide(e.command, seat_.around.now());
  if (!d.reply)
    seat_.metrics.refusals.Increment();
  if (e.from) {
    const bool later = !d.reply && (d.reply.error().code == code::overloaded ||
                                    d.reply.error().code == code::unavailable);
    if (!later) // refused for good counts as taken in; the sender must not repeat it for ever
      b.entry.received.push_back({e.from->sender, e.from->number});
  }
  if (e.settles != 0)
    b.entry.settled.push_back(e.settles);
  if (e.answer)
    b.out.answers.emplace_back(std::move(e.answer), std::move(d.reply));
  gather(b, std::move(d));
  return true;
}

void cell::gather(batch& b, decided&& d) {
  auto& entry = b.entry;
  if (entry.numbered == 0)
    entry.numbered = ledger_.numbered();
  for (auto& s : d.sends) { // what an actor leaves out of an address is its own
    auto& [tenant, kind, name] = s.to;
    if (tenant.empty())
      tenant = id_.tenant;
    if (kind.empty())
      kind = id_.kind;
    if (name.empty())
      name = id_.name;
  }
  std::ranges::move(d.events, std::back_inserter(entry.events));
  for (auto& s : d.sends) {
    s.to = beside(id_, std::move(s.to));
    if (s.durable)
      entry.sends.push_back({++entry.numbered, to_string(s.to), std::move(s.command)});
    else
      b.out.notes.push_back(std::move(s));
  }
  for (auto& c : d.calls) {
    entry.calls.push_back({++entry.numbered, std::string{c.effect}, std::move(c.request)});
    b.out.calls.push_back(entry.numbered);
  }
}

void cell::fire_deadlines(batch& b) {
  if (armed_ == moment{} || seat_.around.now() < armed_)
    return;
  armed_ = {};
  const auto now = seat_.around.now();
  for (const auto& d : body_->due()) {
    if (d.at > now)
      continue;
    gather(b, body_->decide(d.command, now));
    for (const auto& left : body_->due())
      ensure(left.at != d.at || !(left.command == d.command),
             "a deadline is still there after it was told");
  }
}

void cell::commit(batch& b) {
  auto& entry = b.entry;
  const bool journaled = !entry.events.empty() || !entry.sends.empty() || !entry.calls.empty() ||
                         !entry.settled.empty() || !entry.received.empty();
  if (!journaled) {
    if (b.out.answers.empty() && b.out.notes.empty())
      return;
    b.out.index = last_index_; // waits for what it may have seen
    b.out.since = std::chrono::steady_clock::now();
    if (gate_.empty() && !unappended_)
      open(b.out);
    else
      gate_.push_back(std::move(b.out));
    return;
  }
  entry.identity = to_string(id_);
  if (entry.numbered == 0)
    entry.numbered = ledger_.numbered();
  b.out.numbered = entry.numbered;
  ledger_.take_in(entry);
  if (seat_.kind.keeps == keeps::history)
    unsaved_events_.insert(unsaved_events_.end(), entry.events.begin(), entry.events.end());
  append(protocols::encode(entry), std::move(b.out));
}

void cell::append(blob entry, promise p) {
  if (unsaved_.empty())
    seat_.around.dirty(*this); // before the entry exists, so that no checkpoint can miss it
  p.since = std::chrono::steady_clock::now();
  if (!std::exchange(holds_self_, true))
    intrusive_ptr_add_ref_impl(); // the journal knows us until the gate is empty
  const auto index = seat_.around.log().append(seat_.partition, seat_.term, entry, *this);
  if (index) {
    unappended_ = nullptr;
    last_index_ = p.index = *index;
    unsaved_.push_back(*index);
    gate_.push_back(std::move(p));
    open_gate(); // it may already be durable
    return;
  }
  // The journal is full or the partition has moved. The state is ahead of the log, so nothing is
  // decided until the entry is in; if the partition has moved the host takes this cell down.
  unappended_ = std::make_unique<std::pair<blob, promise>>(std::move(entry), std::move(p));
  seat_.around.wake_at(*this, seat_.around.now() + index.error().retry_after.value_or(span{5}));
}

void cell::open_gate() {
  const auto through = durable_.load(std::memory_order_acquire);
  std::size_t opened = 0;
  for (; opened < gate_.size() && gate_[opened].index <= through; ++opened) {
    auto& p = gate_[opened];
    seat_.metrics.journal_seconds.Observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - p.since).count());
    open(p);
  }
  gate_.erase(gate_.begin(), gate_.begin() + static_cast<std::ptrdiff_t>(opened));
  if (gate_.empty() && !unappended_ && std::exchange(holds_self_, false))
    intrusive_ptr_release_impl(); // the worker still holds us
}

void cell::open(promise& p) {
  for (auto& [answer, reply] : p.answers)
    answer(std::move(reply));
  for (auto& note : p.notes) {
    auto e = std::make_unique<envelope>();
    e->command = std::move(note.command);
    seat_.around.send(note.to, std::move(e));
  }
  released_ = std::max(released_, p.numbered);
  send_out();
  for (const auto number : p.calls)
    perform(number, false);
}

void cell::send_out() {
  if (ledger_.outbox_size() == 0)
    return;
  for (auto& s : ledger_.sendable(released_)) {
    auto to = parse_identity(s.to);
    ensure(to.has_value(), "an outbox entry names nobody");
    auto e = std::make_unique<envelope>();
    e->command = std::move(s.command);
    e->from = std::make_unique<envelope::origin>(to_string(id_), s.number);
    e->answer = answer_once{
        [keep = caf::strong_actor_ptr{ctrl()}, this, number = s.number](result<blob> r) {
          tell([number, r = std::move(r)](cell& c) { c.delivered(number, r); });
        }};
    seat_.around.send(*to, std::move(e));
  }
}

void cell::delivered(std::uint64_t number, const result<blob>& answer) {
  const bool later = !answer && (answer.error().code == code::overloaded ||
                                 answer.error().code == code::unavailable ||
                                 answer.error().code == code::internal);
  if (later) {
    ledger_.undelivered(number);
    seat_.around.wake_at(*this,
                         seat_.around.now() + answer.error().retry_after.value_or(span{200}));
    return;
  }
  if (!answer)
    log::warn("actor.message_refused",
              {{"actor", to_string(id_)}, {"number", number}, {"why", answer.error().why}});
  ledger_.delivered(number);
  send_out();
}

void cell::perform(std::uint64_t number, bool repeated) {
  const auto* call = ledger_.find_call(number);
  if (!call || std::ranges::find(performing_, number) != performing_.end())
    return;
  performing_.push_back(number);
  seat_.around.perform({id_, number, call->effect, call->request, repeated});
}

void cell::arm() {
  if (!body_)
    return;
  moment earliest = moment::max();
  for (const auto& d : body_->due())
    earliest = std::min(earliest, d.at);
  if (earliest == moment::max())
    armed_ = {};
  else if (earliest != armed_) {
    armed_ = earliest;
    seat_.around.wake_at(*this, earliest);
  }
}

bool cell::may_leave() const {
  return gate_.empty() && !unappended_ && unsaved_.empty() && !ledger_.unfinished() && !poison_ &&
         !suspended_ && (at() == awake || at() == asleep);
}

} // namespace tenon::runtime
