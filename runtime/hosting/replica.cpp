#include "runtime/hosting/replica.hpp"

#include "protocols/codec.hpp"

#include <algorithm>

namespace tenon::runtime {
namespace {

result<protocols::cell::entry> read_entry(const replica::origin& from, const blob& bytes) {
  auto entry = protocols::decode<protocols::cell::entry>(bytes);
  if (!entry || entry->sealed.empty())
    return entry;
  const auto opened = from.seal.open(from.id, "entry", entry->sealed);
  return opened ? protocols::decode<protocols::cell::entry>(*opened) : opened.error();
}

} // namespace

result<void> replica::load(const origin& from) {
  body = nullptr;
  ledger = {};
  unsaved.clear();
  index = 0;
  auto fresh = from.kind.make(from.kind_metrics);
  if (auto* rows = fresh->rows())
    rows->bind(from.stored, from.partition, from.id);
  if (const auto stored = from.stored.load(from.partition, from.id)) {
    const auto row = protocols::decode<protocols::cell::row>(stored->bytes);
    if (!row)
      return row.error();
    if (auto loaded = fresh->load(row->state); !loaded)
      return loaded;
    ledger = ledger::from(*row);
    index = stored->index;
  }
  body = std::move(fresh);
  return {};
}

result<void> replica::replay(const origin& from, const journal_entry& logged) {
  if (logged.index <= index)
    return {};
  auto entry = read_entry(from, logged.bytes);
  auto done = entry ? replay(from, *entry) : std::move(entry).error();
  if (done)
    index = logged.index;
  else
    body = nullptr;
  return done;
}

result<void> replica::replay(const origin& from, const protocols::cell::entry& entry) {
  try {
    for (const auto& event : entry.events)
      if (auto replayed = body->replay(event); !replayed)
        return replayed;
  } catch (const std::exception& crash) {
    return failure{code::internal, crash.what()};
  }
  take_in(from, entry);
  return {};
}

void replica::take_in(const origin& from, const protocols::cell::entry& entry) {
  ledger.take_in(entry);
  if (from.kind.keeps == keeps::history)
    unsaved.insert(unsaved.end(), entry.events.begin(), entry.events.end());
}

blob replica::write(const origin& from, const protocols::cell::entry& entry) {
  take_in(from, entry);
  auto bytes = protocols::encode(entry);
  if (!from.kind.secret)
    return bytes;
  return protocols::encode(protocols::cell::entry{
      .identity = entry.identity, .sealed = from.seal.close(from.id, "entry", bytes)});
}

std::optional<moment> replica::wakes_at() const {
  std::optional<moment> earliest;
  for (const auto& d : body->due())
    earliest = std::min(earliest.value_or(moment::max()), d.at);
  return earliest;
}

void replica::save(const origin& from, std::uint64_t term) {
  state_save s{.partition = from.partition, .id = from.id, .index = index, .term = term};
  if (!body->gone() || ledger.unfinished())
    s.row = protocols::encode(ledger.row(body->save()));
  s.wake_at = wakes_at();
  s.unfinished = ledger.unfinished();
  if (auto* rows = body->rows()) {
    if (rows->take_cleared()) // stored rows go with a removal; what follows begins anew
      from.stored.save({.partition = s.partition, .id = s.id, .index = s.index, .term = term}, {});
    s.table = rows->take_changes();
  }
  s.history = std::exchange(unsaved, {});
  from.stored.save(std::move(s), {});
}

} // namespace tenon::runtime
