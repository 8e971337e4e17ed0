// What a cell lets out, and when: entries go to the journal, and what they decided waits behind the
// gate until they are durable. Messages to other actors stay in the outbox until they are received.
#include "runtime/hosting/cell.hpp"

#include "protocols/codec.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace tenon::runtime {

void cell::commit(batch& b) {
  auto& entry = b.entry;
  const bool journaled = !entry.events.empty() || !entry.sends.empty() || !entry.calls.empty() ||
                         !entry.settled.empty() || !entry.received.empty();
  if (!journaled) {
    if (b.out.answers.empty() && b.out.notes.empty())
      return;
    b.out.index = self_.index; // waits for what it may have seen
    b.out.since = std::chrono::steady_clock::now();
    if (!gate_.empty() || unappended_ || !open(b.out))
      gate_.push_back(std::move(b.out));
    return;
  }
  entry.identity = to_string(id_);
  if (entry.numbered == 0)
    entry.numbered = self_.ledger.numbered();
  b.out.numbered = entry.numbered;
  std::ranges::move(self_.ledger.take_deliveries(), std::back_inserter(entry.settled));
  append(self_.write(origin(), entry), std::move(b.out));
}

void cell::append(blob entry, promise p) {
  if (unsaved_.empty())
    seat_->around.dirty(*this); // before the entry exists, so that no checkpoint can miss it
  p.since = std::chrono::steady_clock::now();
  if (!std::exchange(holds_self_, true))
    intrusive_ptr_add_ref_impl(); // the journal knows us until the gate is empty
  const auto index =
      seat_->around.log().append(seat_->tenure.partition, seat_->tenure.term, entry, *this);
  if (index) {
    unappended_ = nullptr;
    self_.index = p.index = *index;
    unsaved_.push_back(*index);
    gate_.push_back(std::move(p));
    open_gate(); // it may already be durable
    return;
  }
  if (index.error().code == code::too_large)
    return give_up(p, index.error());
  // The journal is full or the partition has moved. The state is ahead of the log, so nothing is
  // decided until the entry is in; if the partition has moved the host takes this cell down.
  unappended_ = std::make_unique<std::pair<blob, promise>>(std::move(entry), std::move(p));
  seat_->around.wake_after(*this, index.error().retry_after.value_or(span{5}));
}

// Nothing of the batch has happened, but the actor believes that it has: it comes back from what is
// written, like after a crash.
void cell::give_up(promise& p, const failure& why) {
  unappended_ = nullptr;
  for (auto& waiting : p.answers)
    waiting.answer(why);
  last_crash_ = why.why;
  crashes_.fetch_add(1, std::memory_order_relaxed);
  seat_->metrics.crashes.Increment();
  log::error("actor.decided_too_much", {{"actor", to_string(id_)}, {"why", why.why}});
  fall(seat_->around.crashed(id_, why.why));
}

void cell::open_gate() {
  const auto through = durable_.load(std::memory_order_acquire);
  std::size_t opened = 0;
  for (; opened < gate_.size() && gate_[opened].index <= through; ++opened) {
    auto& p = gate_[opened];
    seat_->metrics.journal_seconds.Observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - p.since).count());
    if (!open(p))
      break;
  }
  gate_.erase(gate_.begin(), gate_.begin() + static_cast<std::ptrdiff_t>(opened));
  if (gate_.empty() && !unappended_ && std::exchange(holds_self_, false))
    intrusive_ptr_release_impl(); // the worker still holds us
}

bool cell::open(promise& p) {
  return seat_->tenure.during([&] {
    for (auto& waiting : p.answers)
      waiting.answer(std::move(waiting.reply));
    for (auto& note : p.notes) {
      auto e = std::make_unique<envelope>();
      e->command = std::move(note.command);
      seat_->around.send(note.to, std::move(e));
    }
    released_ = std::max(released_, p.numbered);
    send_ready();
    for (const auto number : p.calls)
      perform(number, false);
  });
}

void cell::send_out() {
  if (self_.ledger.outbox_size() > 0)
    seat_->tenure.during([&] { send_ready(); });
}

void cell::send_ready() {
  if (self_.ledger.outbox_size() == 0)
    return;
  for (auto& s : self_.ledger.sendable(released_)) {
    auto to = parse_identity(s.to);
    ensure(to.has_value(), "an outbox entry names nobody");
    auto e = std::make_unique<envelope>();
    e->command = std::move(s.command);
    e->trace = parse_traceparent(s.trace).value_or(trace_context{});
    e->from = std::make_unique<envelope::origin>(to_string(id_), s.number);
    e->answer = answer_once{
        [keep = caf::strong_actor_ptr{ctrl()}, this, number = s.number](result<blob> r) {
          tell([number, r = std::move(r)](cell& c) { c.delivered(number, r); });
        }};
    seat_->around.send(*to, std::move(e));
  }
}

void cell::delivered(std::uint64_t number, const result<blob>& answer) {
  // Whoever receives knows a repetition, so what may or may not have arrived is sent again too.
  const bool later =
      !answer &&
      (answer.error().code == code::overloaded || answer.error().code == code::unavailable ||
       answer.error().code == code::timed_out || answer.error().code == code::internal);
  if (later) {
    self_.ledger.undelivered(number);
    seat_->around.wake_after(*this, answer.error().retry_after.value_or(span{200}));
    return;
  }
  if (!answer)
    log::warn("actor.message_refused",
              {{"actor", to_string(id_)}, {"number", number}, {"why", answer.error().why}});
  if (unsaved_.empty() && !self_.ledger.has_deliveries())
    seat_->around.dirty(*this); // so that the next checkpoint has it written down
  self_.ledger.delivered(number);
  send_out();
}

void cell::perform(std::uint64_t number, bool repeated) {
  const auto* call = self_.ledger.find_call(number);
  if (!call || std::ranges::find(performing_, number) != performing_.end())
    return;
  performing_.push_back(number);
  seat_->around.perform({id_, number, call->effect, call->request, repeated,
                         parse_traceparent(call->trace).value_or(trace_context{})});
}

} // namespace tenon::runtime
