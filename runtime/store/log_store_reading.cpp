// Reading the log: a block at a time, copied out of a short snapshot before anybody is called, so
// that a slow reader pins no pages.
#include "runtime/store/bytes.hpp"
#include "runtime/store/log_store.hpp"
#include "runtime/store/storage_failure.hpp"

#include <algorithm>
#include <string>

namespace tenon::runtime::store {

/// Of the first block that holds an index at or after `index`, the entries that are wanted; the
/// block's last index, 0 when there is no such block.
template <class Wanted> std::uint64_t log_store::copy_block(partition_number p, std::uint64_t index,
                                                            const Wanted& wanted,
                                                            std::vector<kept_entry>& into) const {
  std::shared_lock lock{map_mutex_};
  const auto place = map_.find(p, index);
  if (!place)
    return 0;
  const auto snapshot = environment_->read();
  lock.unlock();
  const auto row = snapshot.find(wal_table, number_key{place->sequence});
  const auto where = [&] { return "row " + std::to_string(place->sequence); };
  if (!row)
    stop_on_damage(options_.file, where(), "it is missing");
  const auto block = read_block(place->sequence, *row, place->offset);
  if (!block)
    stop_on_damage(options_.file, where(), block.error().why);
  entry_reader entries{*block};
  // Behind the place's last one is what was cut.
  for (auto entry = entries.next(); entry && entry->index <= place->last(); entry = entries.next())
    if (wanted(*entry))
      into.push_back({{entry->term, entry->index, blob::copy_of(entry->bytes)}, entry->kind});
  return place->last();
}

void log_store::read(partition_number p, std::span<const std::uint64_t> indices,
                     const std::function<void(const kept_entry&)>& each) const {
  const auto last = durable(p);
  auto next = std::upper_bound(indices.begin(), indices.end(), trimmed(p));
  std::vector<kept_entry> found;
  while (next != indices.end() && *next <= last) {
    const auto wanted = [&](const stored_entry& e) {
      while (next != indices.end() && *next < e.index)
        ++next;
      return next != indices.end() && *next == e.index;
    };
    const auto through = copy_block(p, *next, wanted, found);
    if (through == 0)
      return;
    while (next != indices.end() && *next <= through)
      ++next;
    for (const auto& entry : found)
      each(entry);
    found.clear();
  }
}

void log_store::scan(partition_number p, std::uint64_t after,
                     const std::function<void(const kept_entry&)>& each) const {
  const auto last = durable(p);
  after = std::max(after, trimmed(p));
  std::vector<kept_entry> found;
  while (after < last) {
    const auto through = copy_block(
        p, after + 1, [&](const stored_entry& e) { return e.index > after; }, found);
    if (through == 0)
      return;
    after = through;
    for (const auto& entry : found)
      each(entry);
    found.clear();
  }
}

std::vector<kept_entry> log_store::read(partition_number p, std::uint64_t from, std::uint64_t to,
                                        std::size_t bytes) const {
  std::vector<kept_entry> found;
  to = std::min(to, durable(p) + 1);
  if (from <= trimmed(p))
    return found;
  std::size_t size = 0;
  while (from < to && (found.empty() || size < bytes)) {
    const auto wanted = [&](const stored_entry& e) {
      if (e.index < from || e.index >= to || (e.index > from && size >= bytes))
        return false;
      size += e.bytes.size();
      return true;
    };
    const auto before = found.size();
    if (copy_block(p, from, wanted, found) == 0 || found.size() == before)
      return found;
    from = found.back().index + 1;
  }
  return found;
}

std::optional<log_base> log_store::base(partition_number p) const {
  auto kept = read_log_base(*environment_, p);
  if (!kept)
    stop_on_damage(options_.file, "base of partition " + std::to_string(p), kept.error().why);
  return std::move(kept).value();
}

} // namespace tenon::runtime::store
