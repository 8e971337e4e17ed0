#include "runtime/hosting/following.hpp"

#include "protocols/codec.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace tenon::runtime {
namespace {

// Entries are half a megabyte at most, and one read may go beyond the limit by so many.
constexpr std::size_t read_at_once = 32;

} // namespace

following::following(surroundings around, limits l) : around_{std::move(around)}, limits_{l} {}

following::progress& following::progress_of(partition_number p, std::uint64_t changes) {
  auto& known = progress_[p];
  if (known.changes != changes) // what was handed over before may have been forgotten
    known = {.changes = changes};
  known.applied = std::max(known.applied, around_.stored.checkpointed(p));
  return known;
}

std::uint64_t following::behind(partition_number p, std::uint64_t changes) {
  const auto& known = progress_of(p, changes);
  const auto durable = around_.log.durable(p);
  return known.stopped || durable <= known.applied ? 0 : durable - known.applied;
}

bool following::step(partition_number p, std::uint64_t changes) {
  auto& known = progress_of(p, changes);
  if (known.stopped)
    return false;
  const auto durable = around_.log.durable(p);
  entries_by_identity gathered;
  const auto through = gather(p, known, durable, gathered);
  for (const auto& [id, entries] : gathered)
    if (!apply(p, known, id, entries))
      return false;
  if (known.stopped) // at the entry after `through`
    return false;
  const bool marked = around_.unchanged(p, changes, [&] { around_.stored.checkpoint(p, through); });
  if (marked)
    known.applied = through;
  return marked && through < durable;
}

/// Up to which index everything was gathered.
std::uint64_t following::gather(partition_number p, progress& known, std::uint64_t durable,
                                entries_by_identity& into) {
  auto reached = known.applied;
  std::size_t bytes = 0;
  while (reached < durable && bytes < limits_.bytes && !known.stopped) {
    std::array<std::uint64_t, read_at_once> indices;
    std::iota(indices.begin(), indices.end(), reached + 1);
    const auto count = std::min<std::uint64_t>(read_at_once, durable - reached);
    around_.log.read(p, std::span{indices}.first(count), [&](const journal_entry& e) {
      if (known.stopped)
        return;
      bytes += e.bytes.size();
      const auto entry = protocols::decode<protocols::cell::entry>(e.bytes);
      const auto id = entry ? parse_identity(entry->identity) : entry.error();
      if (!id)
        return stop(p, known, e.index, id.error());
      into[*id].push_back(e);
    });
    reached += count;
  }
  return reached;
}

bool following::apply(partition_number p, progress& known, const identity& id,
                      const std::vector<journal_entry>& entries) {
  const auto first = entries.front().index;
  const auto kind = around_.kind_of(id.kind);
  if (!kind.kind)
    return stop(p, known, first, {code::not_found, "no kind is called " + id.kind}), false;
  const replica::origin from{*kind.kind, kind.metrics, around_.stored, around_.seal, p, id};
  replica one;
  if (auto loaded = one.load(from); !loaded)
    return stop(p, known, first, loaded.error()), false;
  for (const auto& entry : entries)
    if (auto replayed = one.replay(from, entry); !replayed)
      return stop(p, known, entry.index, replayed.error()), false;
  return around_.unchanged(p, known.changes, [&] { one.save(from, 0); });
}

void following::stop(partition_number p, progress& known, std::uint64_t index, const failure& why) {
  if (!std::exchange(known.stopped, true))
    log::error("following.stopped",
               {{"partition", std::uint64_t{p}},
                {"index", index},
                {"why", why.why},
                {"remedy", "Run `tenon check` here; then take a copy of the partition's state from "
                           "another node, or start a version that knows the entry."}});
}

} // namespace tenon::runtime
