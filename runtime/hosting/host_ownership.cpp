// Which partitions the host has: how one is recovered and opened, and how it goes.
#include "runtime/hosting/host.hpp"

#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace tenon::runtime {

void host::start() {
  journal_.watch(*this);
  std::vector<std::shared_ptr<holding>> first;
  {
    const std::lock_guard hold{starting_guard_};
    started_ = true;
    first.swap(held_at_start_);
  }
  // Nobody is woken before every partition's log is known: who wakes may ask somebody whose entries
  // lie in another one, and that one must not answer without them.
  std::vector<std::vector<identity>> woken;
  for (const auto& one : first)
    woken.push_back(recover(*one));
  for (const auto& one : first)
    open(one);
  for (std::size_t i = 0; i < first.size(); ++i)
    greet(woken[i]);
  const auto count = journal_.partitions();
  for (partition_number p = 0; p < count; ++p) // staggered, so that the store's work is even
    alarms_.after(options_.checkpoint * p / count,
                  [this, p] { alarms_.every(options_.checkpoint, [this, p] { checkpoint(p); }); });
  alarms_.every(std::chrono::seconds{1}, [this] {
    wake_due();
    passivate_idle();
    for (const auto& part : partitions_)
      refuse_expired(*part);
  });
  catching_up_.every(options_.follow / 4, [this] {
    for (partition_number p = 0; p < journal_.partitions(); ++p)
      follow(p);
  });
}

void host::gained(partition_number p, std::uint64_t term) noexcept {
  if (const auto before = held(p, false))
    lost(p, before->term);
  const auto mine = make_holding(p, term);
  {
    auto& part = *partitions_[p];
    const std::lock_guard hold{part.guard};
    part.held = mine;
    ++part.changes;
    state_.fence(p, term);
  }
  const std::lock_guard hold{starting_guard_};
  if (!started_)
    return held_at_start_.push_back(mine);
  handing_over_.after(span{0}, [this, mine] {
    const auto woken = recover(*mine);
    open(mine);
    greet(woken);
  });
}

void host::lost(partition_number p, std::uint64_t term) noexcept {
  auto& part = *partitions_[p];
  const auto old = held(p, false);
  if (!old || old->term != term)
    return;
  old->end(); // without the guard: what is being released may need it
  std::vector<cell_ref> cells;
  std::deque<waiting_envelope> waiting;
  {
    const std::lock_guard hold{part.guard};
    part.held = nullptr;
    part.open = false;
    ++part.changes;
    for (auto& s : shards_of(p)) {
      const std::unique_lock closing{s.guard};
      s.open = nullptr;
      for (auto& [id, ref] : s.cells)
        cells.push_back(std::move(ref));
      s.cells.clear();
    }
    waiting.swap(part.waiting);
    part.waiting_bytes = 0;
    state_.fence(p, 0);
  }
  // A function that can be copied, as the alarms want it.
  auto rest = std::make_shared<std::pair<std::vector<cell_ref>, std::deque<waiting_envelope>>>(
      std::move(cells), std::move(waiting));
  // Not behind a recovery: somebody waits for each answer.
  alarms_.after(span{0}, [this, old, rest] { dissolve(*old, rest->first, rest->second); });
}

/// Its cells are out of the directory already; each sees by itself that its tenure is over.
void host::dissolve(holding& old, const std::vector<cell_ref>& cells,
                    std::deque<waiting_envelope>& waiting) {
  for (const auto& ref : cells)
    as_cell(ref).attend(attention::room);
  for (auto& [to, message] : waiting)
    pass_on(to, std::move(message));
  const std::lock_guard hold{old.guard};
  old.dirty.clear(); // cells keep what they sit in, and this would keep them
  old.tail.clear();
}

std::shared_ptr<host::holding> host::held(partition_number p, bool open_only) const {
  const auto& part = *partitions_[p];
  const std::lock_guard hold{part.guard};
  return part.open || !open_only ? part.held : nullptr;
}

std::shared_ptr<host::holding> host::make_holding(partition_number p, std::uint64_t term) {
  auto made = std::make_shared<holding>(p, term);
  std::vector<const hosted_kind*> by_number(kinds_.size());
  for (const auto& [name, hosted] : kinds_)
    by_number[hosted.number] = &hosted;
  made->seats.reserve(by_number.size());
  for (const auto* hosted : by_number)
    made->seats.push_back({*this, *hosted->kind, hosted->metrics.get(), *hosted->measured, *made});
  return made;
}

std::vector<identity> host::recover(holding& mine) {
  const auto p = mine.partition;
  auto woken = state_.unfinished(p);
  decltype(mine.tail) tail;
  journal_.scan(p, state_.checkpointed(p), [&](const journal_entry& e) {
    if (mine.over())
      return;
    const auto entry = protocols::decode<protocols::cell::entry>(e.bytes);
    must(entry.has_value(), "an entry of the journal cannot be read; run `tenon check`");
    const auto id = parse_identity(entry->identity);
    must(id.has_value(), "an entry of the journal names nobody; run `tenon check`");
    auto& indices = tail[*id];
    if (indices.empty())
      woken.push_back(*id);
    indices.push_back(e.index);
  });
  const std::lock_guard hold{mine.guard};
  mine.tail = std::move(tail);
  return woken;
}

void host::open(const std::shared_ptr<holding>& mine) {
  auto& part = *partitions_[mine->partition];
  std::deque<waiting_envelope> waiting;
  {
    const std::lock_guard hold{part.guard};
    if (part.held != mine)
      return;
    for (auto& s : shards_of(mine->partition)) {
      const std::unique_lock opening{s.guard};
      s.open = mine;
    }
    part.open = true;
    waiting.swap(part.waiting);
    part.waiting_bytes = 0;
  }
  for (auto& [to, message] : waiting)
    pass_on(to, std::move(message));
}

void host::greet(const std::vector<identity>& woken) {
  for (const auto& id : woken)
    if (const auto found = find_or_wake(id); found && *found)
      as_cell(*found).tell([](cell& c) {
        if (!c.where().tenure.over())
          c.inspect();
      });
}

host::admission host::wait_for_recovery(const identity& to, std::unique_ptr<envelope>& e) {
  auto& part = *partitions_[partition_of(to)];
  failure full{code::overloaded,
               "too much waits for partition " + std::to_string(partition_of(to)) +
                   ", which is being recovered",
               to_string(to), "Repeat later.", span{100}};
  {
    const std::lock_guard hold{part.guard};
    if (part.open)
      return admission::open;
    if (!part.held)
      return admission::away;
    // Outcomes are bounded by the calls themselves.
    if (e->settles != 0 || (part.waiting.size() < options_.waiting_envelopes &&
                            part.waiting_bytes < options_.waiting_bytes)) {
      part.waiting_bytes += e->command.size();
      part.waiting.push_back({to, std::move(e)});
      return admission::taken;
    }
  }
  e->answer(std::move(full));
  e = nullptr;
  return admission::taken;
}

void host::refuse_expired(partition& part) {
  std::vector<std::unique_ptr<envelope>> expired;
  {
    const std::lock_guard hold{part.guard};
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(part.waiting, [&](auto& one) {
      if (one.message->expires >= now)
        return false;
      part.waiting_bytes -= one.message->command.size();
      expired.push_back(std::move(one.message));
      return true;
    });
  }
  for (const auto& e : expired)
    e->answer(failure{code::timed_out, "it waited longer than the asker would"});
}

std::vector<std::uint64_t> host::tail_of(const cell& c) {
  auto& mine = holding_of(c);
  const std::lock_guard hold{mine.guard};
  const auto it = mine.tail.find(c.who());
  if (it == mine.tail.end())
    return {};
  // In one list or the other at every moment, or a checkpoint in between would forget its entries.
  if (!mine.over())
    mine.dirty.push_back(cell_ref{c.ctrl()});
  auto indices = std::move(it->second);
  mine.tail.erase(it);
  return indices;
}

void host::follow(partition_number p) {
  auto& part = *partitions_[p];
  std::uint64_t changes = 0;
  {
    const std::lock_guard hold{part.guard};
    if (part.held)
      return;
    changes = part.changes;
  }
  const auto waiting = following_.behind(p, changes);
  const bool long_ago = clock_.steady() >= part.followed + options_.follow;
  if (waiting == 0 || !(long_ago || waiting >= options_.follow_entries) || congested(true))
    return;
  const bool more = following_.step(p, changes);
  journal_.trim(p, state_.checkpointed(p));
  if (more)
    return catching_up_.after(span{0}, [this, p] { follow(p); });
  part.followed = clock_.steady();
}

} // namespace tenon::runtime
