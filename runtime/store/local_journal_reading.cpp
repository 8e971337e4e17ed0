// Reading the local journal: a block at a time, copied out of a short snapshot before anybody is
// called, so that a slow reader pins no pages.
#include "runtime/store/bytes.hpp"
#include "runtime/store/journal_file.hpp"
#include "runtime/store/local_journal.hpp"
#include "runtime/store/storage_failure.hpp"

#include <algorithm>
#include <string>

namespace tenon::runtime::store {

/// Of the first block that holds an index at or after `index`, the entries that are wanted; the
/// block's last index, 0 when there is no such block.
template <class Wanted>
std::uint64_t local_journal::copy_block(partition_number p, std::uint64_t index,
                                        const Wanted& wanted,
                                        std::vector<journal_entry>& into) const {
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
  while (const auto entry = entries.next())
    if (wanted(entry->index))
      into.push_back({entry->term, entry->index, blob::copy_of(entry->bytes)});
  return block->last();
}

void local_journal::read(partition_number p, std::span<const std::uint64_t> indices,
                         const std::function<void(const journal_entry&)>& each) const {
  const auto last = durable(p);
  auto next = std::upper_bound(indices.begin(), indices.end(), trimmed(p));
  std::vector<journal_entry> found;
  while (next != indices.end() && *next <= last) {
    const auto wanted = [&](std::uint64_t index) {
      while (next != indices.end() && *next < index)
        ++next;
      return next != indices.end() && *next == index;
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

void local_journal::scan(partition_number p, std::uint64_t after,
                         const std::function<void(const journal_entry&)>& each) const {
  const auto last = durable(p);
  after = std::max(after, trimmed(p));
  std::vector<journal_entry> found;
  while (after < last) {
    const auto through = copy_block(
        p, after + 1, [&](std::uint64_t index) { return index > after; }, found);
    if (through == 0)
      return;
    after = through;
    for (const auto& entry : found)
      each(entry);
    found.clear();
  }
}

} // namespace tenon::runtime::store
