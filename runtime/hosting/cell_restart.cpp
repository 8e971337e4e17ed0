// How a cell gets its actor back: from the stored row and the journal, at first and after a crash.
#include "runtime/hosting/cell.hpp"

#include "protocols/codec.hpp"
#include "protocols/dead_letters.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace tenon::runtime {
namespace {

constexpr std::uint8_t crashes_before_parking = 3;

} // namespace

replica::origin cell::origin() const {
  return {seat_->kind,          seat_->kind_metrics,     seat_->around.stored(),
          seat_->around.seal(), seat_->tenure.partition, id_};
}

bool cell::load() {
  auto loaded = self_.load(origin());
  if (loaded)
    loaded = replay_tail();
  if (!loaded) {
    last_crash_ = "its stored state cannot be read: " + loaded.error().why;
    if (!seat_->tenure.over()) // then what it read belongs to somebody else
      log::error("actor.unreadable", {{"actor", to_string(id_)}, {"why", loaded.error().why}});
    go(quarantined);
    return false;
  }
  go(awake);
  released_ = self_.ledger.numbered();
  seat_->tenure.during([&] {
    send_ready();
    for (const auto& c : std::vector{self_.ledger.calls()})
      perform(c.number, true);
  });
  arm();
  return true;
}

result<void> cell::replay_tail() {
  auto tail = seat_->around.tail_of(*this);
  tail.insert(tail.end(), unsaved_.begin(), unsaved_.end());
  std::erase_if(tail, [&](std::uint64_t index) { return index <= self_.index; });
  if (tail.empty())
    return {};
  if (unsaved_.empty())
    seat_->around.dirty(*this);
  unsaved_ = tail;
  result<void> outcome;
  seat_->around.log().read(seat_->tenure.partition, tail, [&](const journal_entry& logged) {
    if (outcome)
      outcome = self_.replay(origin(), logged);
  });
  return outcome;
}

void cell::crash(batch& b, std::unique_ptr<envelope> culprit, std::unique_ptr<envelope> rest,
                 std::string_view why) {
  if (seat_->tenure.over()) { // it may have read what is another term's; it decides no more
    commit(b);
    mailbox_.put_back(std::move(rest));
    mailbox_.put_back(std::move(culprit));
    return;
  }
  const trace_scope working{culprit ? culprit->trace : trace_context{}};
  last_crash_ = why;
  crashes_.fetch_add(1, std::memory_order_relaxed);
  seat_->metrics.crashes.Increment();
  log::error(
      "actor.crashed",
      {{"actor", to_string(id_)},
       {"why", why},
       {"command", culprit ? value{self_.body->name_of_command(culprit->command)} : value{}}});
  // What the batch decided before the culprit stands: it was applied before anything went wrong.
  commit(b);
  const bool deadline_crashed = !culprit;
  if (culprit && ++culprit->crashes >= crashes_before_parking) {
    poison_ = std::move(culprit);
  } else if (culprit) {
    culprit->next = std::move(rest);
    rest = std::move(culprit);
  }
  mailbox_.put_back(std::move(rest));
  fall(seat_->around.crashed(id_, why));
  // A deadline that crashes comes back at once and cannot be parked: only an operator helps.
  if (deadline_crashed && crash_count() % crashes_before_parking == 0)
    restart_at_ = steady_point::max();
}

void cell::fall(const after_crash& verdict) {
  self_.body = nullptr;
  armed_ = {};
  restart_at_ = verdict.restart ? seat_->around.steady() + verdict.after : steady_point::max();
  go(spoilt);
  attend(attention::room); // the gate may already be empty
}

void cell::reload() {
  if (!load()) // quarantined
    return;
  if (restart_at_ == steady_point::max()) {
    go(quarantined);
    return;
  }
  go(waiting_to_restart);
  const auto left = std::chrono::ceil<span>(restart_at_ - seat_->around.steady());
  seat_->around.wake_after(*this, std::max(left, span{0}));
}

void cell::restart() {
  if (at() != quarantined)
    return;
  self_.body = nullptr;
  restart_at_ = seat_->around.steady();
  go(spoilt);
}

void cell::begin_anew(span after) {
  if (at() != awake)
    return; // asleep there is nothing to forget; otherwise it is being done already
  self_.body = nullptr;
  armed_ = {};
  restart_at_ = seat_->around.steady() + after;
  go(spoilt);
}

void cell::park(batch& b, std::unique_ptr<envelope> culprit) {
  using protocols::dead_letters;
  const failure told{code::internal,
                     "the command crashed its actor and was parked: " + last_crash_,
                     {},
                     "Look at the dead letters."};
  if (culprit->from)
    b.entry.received.push_back({culprit->from->sender, culprit->from->number});
  if (culprit->settles != 0)
    b.entry.settled.push_back(culprit->settles);
  decided d;
  d.sends.push_back({{id_.tenant, "dead_letters", "all"},
                     protocols::encode(dead_letters::command{dead_letters::park{
                         .actor = to_string(id_),
                         .name = std::string{self_.body->name_of_command(culprit->command)},
                         .command = culprit->command,
                         .crash = last_crash_}}),
                     true});
  gather(b, std::move(d));
  if (culprit->answer)
    b.out.answers.push_back({std::move(culprit->answer), told, culprit->from != nullptr});
}

void cell::refuse_everything(const failure& f) {
  for (auto chain = mailbox_.take(~0u); chain;) {
    auto e = std::move(chain);
    chain = std::move(e->next);
    if (e->settles != 0)
      std::erase(performing_, e->settles); // performed again after the restart
    e->answer(f);
  }
}

std::uint64_t cell::save() {
  if (!self_.body)
    return unsaved_.empty() ? 0 : unsaved_.front();
  if (self_.ledger.has_deliveries() && !unappended_ && !retiring_)
    write_deliveries();
  if (unsaved_.empty())
    return 0;
  // The last entry may be waiting for room in the journal while the state already contains it.
  if (unappended_ || !self_.body)
    return unsaved_.front();
  self_.save(origin(), seat_->tenure.term);
  unsaved_.clear();
  return 0;
}

void cell::write_deliveries() {
  batch alone;
  alone.entry.settled = self_.ledger.take_deliveries();
  commit(alone);
}

value cell::inspect() {
  object shown{{"identity", to_string(id_)},
               {"phase", phase()},
               {"suspended", suspended_},
               {"waiting", waiting()},
               {"commands", decided_commands()},
               {"crashes", crash_count()},
               {"events", self_.ledger.events()},
               {"outbox", static_cast<std::int64_t>(self_.ledger.outbox_size())},
               {"calls", static_cast<std::int64_t>(self_.ledger.calls().size())}};
  if (!last_crash_.empty())
    shown["last_crash"] = last_crash_;
  if (armed_ != moment{})
    shown["wakes_at"] = armed_;
  if (self_.body || (at() == asleep && load()))
    shown["state"] = self_.body->inspect();
  return shown;
}

} // namespace tenon::runtime
