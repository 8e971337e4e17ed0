#include "runtime/store/state_writer.hpp"

#include "runtime/store/checked_value.hpp"
#include "runtime/store/state_file.hpp"
#include "runtime/store/storage_failure.hpp"

#include <optional>
#include <string>

namespace tenon::runtime::store {
namespace {

/// Rows of a gone identity that may be erased together with its row.
constexpr std::size_t few_rows = 64;

std::string numbered(std::string_view key, std::uint64_t number) {
  return std::string{key} + std::string{std::string_view{number_key{number}}};
}

std::string keyed(std::string_view key, std::string_view more) {
  std::string joined;
  joined.reserve(key.size() + more.size());
  joined += key;
  joined += more;
  return joined;
}

void put_change(write_transaction& to, std::string_view key, std::string_view more,
                const std::optional<blob>& value) {
  const auto at = keyed(key, more);
  if (value)
    put_sealed(to, rows_table, at, value->view());
  else
    to.erase(rows_table, at);
}

/// Erases at most `most` table and history rows under the key; how many they were.
std::size_t erase_under(write_transaction& to, std::string_view key, std::size_t most) {
  std::size_t erased = 0;
  for (const auto t : {rows_table, history_table}) {
    auto at = to.walk(t);
    for (bool more = at.seek(key); more && at.key().starts_with(key) && erased < most;
         more = at.next(), ++erased)
      at.erase();
  }
  return erased;
}

} // namespace

void state_writer::write(const std::vector<partition_number>& ready) {
  for (const auto p : ready) {
    auto& layer = state_.partitions_[p].writing;
    // Committing takes cells out of the layer, so the next one is looked for by key.
    std::string last;
    for (auto at = layer.all().begin(); at != layer.all().end();
         at = layer.all().upper_bound(last)) {
      last = at->first;
      write(p, at->first, at->second);
    }
    if (layer.checkpoint() > 0)
      slice_.push_back({p, {}, nullptr, false});
  }
  commit();
}

void state_writer::write(partition_number p, std::string_view key, const pending_cell& cell) {
  const auto rows = 1 + cell.table.size() + cell.history.size();
  if (cell.renewed)
    make_room(key);
  const bool huge = rows > state_.options_.most_rows || cell.bytes > state_.options_.most_bytes;
  if (huge)
    write_ahead(key, cell);
  slice_.push_back({p, key, &cell, huge});
  rows_ += huge ? 1 : rows;
  bytes_ += huge && cell.row ? cell.row->size() : cell.bytes;
  if (rows_ >= state_.options_.most_rows || bytes_ >= state_.options_.most_bytes)
    commit();
}

/// Erases what was stored of a gone identity but for a few rows, in transactions of bounded size.
/// A crash in between leaves its row, and replay erases it again.
void state_writer::make_room(std::string_view key) {
  const auto many = [&] {
    const auto snapshot = state_.environment_->read();
    std::size_t found = 0;
    for (const auto t : {rows_table, history_table}) {
      auto at = snapshot.walk(t);
      for (bool more = at.seek(key); more && at.key().starts_with(key) && found <= few_rows;
           more = at.next())
        ++found;
    }
    return found > few_rows;
  };
  while (many())
    commit([&](write_transaction& to) { erase_under(to, key, state_.options_.most_rows); });
}

/// The table and history of a cell that is too large for one transaction, before its row: replay
/// from the older row makes the same changes again, and history rows beyond the row's count are
/// not read and are written over.
void state_writer::write_ahead(std::string_view key, const pending_cell& cell) {
  commit();
  if (cell.renewed)
    commit([&](write_transaction& to) { erase_under(to, key, few_rows); });
  for (auto next = cell.table.begin(); next != cell.table.end();) {
    auto end = next;
    std::size_t rows = 0;
    std::size_t bytes = 0;
    for (; end != cell.table.end() && rows < state_.options_.most_rows &&
           bytes < state_.options_.most_bytes;
         ++end, ++rows)
      bytes += *end->second ? (*end->second)->size() : 0;
    commit([&](write_transaction& to) {
      for (auto at = next; at != end; ++at)
        put_change(to, key, at->first, *at->second);
    });
    state_.counts_.rows.Increment(static_cast<double>(rows));
    next = end;
  }
  for (std::size_t next = 0; next < cell.history.size();) {
    auto end = next;
    for (std::size_t bytes = 0;
         end < cell.history.size() && end - next < state_.options_.most_rows &&
         bytes < state_.options_.most_bytes;
         ++end)
      bytes += cell.history[end].size();
    commit([&](write_transaction& to) {
      for (auto at = next; at < end; ++at)
        put_sealed(to, history_table, numbered(key, cell.history_from + at),
                   cell.history[at].view());
    });
    state_.counts_.rows.Increment(static_cast<double>(end - next));
    next = end;
  }
}

void state_writer::commit(const std::function<void(write_transaction&)>& change) {
  const auto began = std::chrono::steady_clock::now();
  state_.environment_->write(change);
  state_.counts_.commits.Increment();
  state_.counts_.commit_seconds.Observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

void state_writer::commit() {
  if (slice_.empty())
    return;
  commit([&](write_transaction& to) {
    for (const auto& item : slice_)
      put(to, item);
  });
  state_.counts_.rows.Increment(static_cast<double>(rows_));
  for (const auto& item : slice_)
    release(item);
  slice_.clear();
  rows_ = bytes_ = 0;
}

void state_writer::put(write_transaction& to, const item& i) {
  if (i.cell)
    put_cell(to, i.key, *i.cell, i.row_alone);
  else
    write_checkpoint(to, i.partition, state_.partitions_[i.partition].writing.checkpoint());
}

void state_writer::put_cell(write_transaction& to, std::string_view key, const pending_cell& cell,
                            bool row_alone) {
  std::optional<stored_row> before;
  if (const auto value = to.find(row_table, key)) {
    before = state_.stored(key, *value);
    before->bytes = {}; // not needed, and the next write moves it
  }
  if (cell.renewed && !row_alone)
    erase_under(to, key, ~std::size_t{0});
  if (!cell.row) {
    put_listings(to, key, before ? &*before : nullptr, nullptr);
    to.erase(row_table, key);
    return;
  }
  stored_row after{cell.index, 0, cell.wake_at, cell.unfinished, cell.row->view()};
  if (!cell.history.empty())
    after.history_end = cell.history_end();
  else if (before && !cell.renewed)
    after.history_end = before->history_end;
  if (!row_alone) {
    for (const auto& [more, value] : cell.table)
      put_change(to, key, more, *value);
    for (std::size_t i = 0; i < cell.history.size(); ++i)
      put_sealed(to, history_table, numbered(key, cell.history_from + i), cell.history[i].view());
  }
  put_listings(to, key, before ? &*before : nullptr, &after);
  write_stored_row(to, key, after);
}

void state_writer::put_listings(write_transaction& to, std::string_view key,
                                const stored_row* before, const stored_row* after) {
  const auto old_moment = before ? before->wake_at : std::nullopt;
  const auto new_moment = after ? after->wake_at : std::nullopt;
  if (old_moment && old_moment != new_moment)
    to.erase(due_table, due_key(*old_moment, key));
  if (new_moment && old_moment != new_moment)
    put_sealed(to, due_table, due_key(*new_moment, key), {});
  const bool was = before && before->unfinished;
  const bool is = after && after->unfinished;
  if (was && !is)
    to.erase(unfinished_table, key);
  if (is && !was)
    put_sealed(to, unfinished_table, key, {});
}

void state_writer::release(const item& i) {
  auto& partition = state_.partitions_[i.partition];
  if (!i.cell) {
    const std::unique_lock lock{partition.mutex};
    partition.checkpointed.store(partition.writing.checkpoint(), std::memory_order_release);
    partition.writing.clear_checkpoint();
    return;
  }
  pending_layer::cells::node_type gone;
  {
    const std::unique_lock lock{partition.mutex};
    gone = partition.writing.extract(i.key);
  }
  state_.waiting_ -= gone.mapped().bytes;
  for (const auto& saved : gone.mapped().saved)
    saved();
}

} // namespace tenon::runtime::store
