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

bool cell::load() {
  auto fresh = seat_.kind.make(seat_.kind_metrics);
  if (auto* rows = fresh->rows())
    rows->bind(seat_.around.stored(), seat_.partition, id_);
  std::uint64_t after = 0;
  ledger_ = {};
  const auto spoil = [this](const failure& f) {
    last_crash_ = "its stored state cannot be read: " + f.why;
    log::error("actor.unreadable", {{"actor", to_string(id_)}, {"why", f.why}});
    go(quarantined);
    return false;
  };
  if (const auto stored = seat_.around.stored().load(seat_.partition, id_)) {
    after = stored->index;
    const auto row = protocols::decode<protocols::cell::row>(stored->bytes);
    if (!row)
      return spoil(row.error());
    ledger_ = ledger::from(*row);
    if (auto loaded = fresh->load(row->state); !loaded)
      return spoil(loaded.error());
  }
  body_ = std::move(fresh);
  last_index_ = std::max(last_index_, after);
  try {
    if (auto replayed = replay_tail(after); !replayed)
      return body_ = nullptr, spoil(replayed.error());
  } catch (const std::exception& e) {
    return body_ = nullptr, spoil({code::internal, e.what()});
  }
  go(awake);
  released_ = ledger_.numbered();
  send_out();
  for (const auto& c : std::vector{ledger_.calls()})
    perform(c.number, true);
  arm();
  return true;
}

result<protocols::cell::entry> cell::read_entry(const blob& bytes) const {
  auto entry = protocols::decode<protocols::cell::entry>(bytes);
  if (!entry || entry->sealed.empty())
    return entry;
  const auto opened = seat_.around.seal().open(id_, "entry", entry->sealed);
  return opened ? protocols::decode<protocols::cell::entry>(*opened) : opened.error();
}

result<void> cell::replay_tail(std::uint64_t after) {
  auto tail = seat_.around.tail_of(seat_.partition, id_);
  tail.insert(tail.end(), unsaved_.begin(), unsaved_.end());
  std::erase_if(tail, [&](std::uint64_t index) { return index <= after; });
  if (tail.empty())
    return {};
  if (unsaved_.empty())
    seat_.around.dirty(*this);
  unsaved_ = tail;
  unsaved_events_.clear();
  last_index_ = std::max(last_index_, tail.back());
  result<void> outcome;
  seat_.around.log().read(seat_.partition, tail, [&](const journal_entry& logged) {
    if (!outcome)
      return;
    auto entry = read_entry(logged.bytes);
    if (!entry) {
      outcome = std::move(entry).error();
      return;
    }
    for (const auto& event : entry->events)
      if (auto replayed = body_->replay(event); !replayed) {
        outcome = std::move(replayed);
        return;
      }
    ledger_.take_in(*entry);
    if (seat_.kind.keeps == keeps::history)
      unsaved_events_.insert(unsaved_events_.end(), entry->events.begin(), entry->events.end());
  });
  return outcome;
}

void cell::crash(batch& b, std::unique_ptr<envelope> culprit, std::unique_ptr<envelope> rest,
                 std::string_view why) {
  const trace_scope working{culprit ? culprit->trace : trace_context{}};
  last_crash_ = why;
  crashes_.fetch_add(1, std::memory_order_relaxed);
  seat_.metrics.crashes.Increment();
  log::error("actor.crashed",
             {{"actor", to_string(id_)},
              {"why", why},
              {"command", culprit ? value{body_->name_of_command(culprit->command)} : value{}}});
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
  fall(seat_.around.crashed(id_, why));
  // A deadline that crashes comes back at once and cannot be parked: only an operator helps.
  if (deadline_crashed && crash_count() % crashes_before_parking == 0)
    restart_at_ = steady_point::max();
}

void cell::fall(const after_crash& verdict) {
  body_ = nullptr;
  armed_ = {};
  restart_at_ = verdict.restart ? seat_.around.steady() + verdict.after : steady_point::max();
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
  const auto left = std::chrono::ceil<span>(restart_at_ - seat_.around.steady());
  seat_.around.wake_after(*this, std::max(left, span{0}));
}

void cell::restart() {
  if (at() != quarantined)
    return;
  body_ = nullptr;
  restart_at_ = seat_.around.steady();
  go(spoilt);
}

void cell::begin_anew(span after) {
  if (at() != awake)
    return; // asleep there is nothing to forget; otherwise it is being done already
  body_ = nullptr;
  armed_ = {};
  restart_at_ = seat_.around.steady() + after;
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
                         .name = std::string{body_->name_of_command(culprit->command)},
                         .command = culprit->command,
                         .crash = last_crash_}}),
                     true});
  gather(b, std::move(d));
  if (culprit->answer)
    b.out.answers.emplace_back(std::move(culprit->answer), told);
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
  if (!body_)
    return unsaved_.empty() ? 0 : unsaved_.front();
  if (unsaved_.empty())
    return 0;
  // The last entry may be waiting for room in the journal while the state already contains it.
  if (unappended_)
    return unsaved_.front();
  state_save s{.partition = seat_.partition, .id = id_, .index = last_index_};
  if (!body_->gone() || ledger_.unfinished())
    s.row = protocols::encode(ledger_.row(body_->save()));
  if (armed_ != moment{})
    s.wake_at = armed_;
  s.unfinished = ledger_.unfinished();
  if (auto* rows = body_->rows()) {
    if (rows->take_cleared()) // stored rows go with a removal; what follows begins anew
      seat_.around.stored().save({.partition = s.partition, .id = s.id, .index = s.index}, {});
    s.table = rows->take_changes();
  }
  s.history = std::exchange(unsaved_events_, {});
  unsaved_.clear();
  seat_.around.stored().save(std::move(s), {});
  return 0;
}

value cell::inspect() {
  object shown{{"identity", to_string(id_)},
               {"phase", phase()},
               {"suspended", suspended_},
               {"waiting", waiting()},
               {"commands", decided_commands()},
               {"crashes", crash_count()},
               {"events", ledger_.events()},
               {"outbox", static_cast<std::int64_t>(ledger_.outbox_size())},
               {"calls", static_cast<std::int64_t>(ledger_.calls().size())}};
  if (!last_crash_.empty())
    shown["last_crash"] = last_crash_;
  if (armed_ != moment{})
    shown["wakes_at"] = armed_;
  if (body_ || (at() == asleep && load()))
    shown["state"] = body_->inspect();
  return shown;
}

} // namespace tenon::runtime
