#include "runtime/store/pending_state.hpp"

#include <algorithm>
#include <utility>

namespace tenon::runtime::store {
namespace {

/// About what the maps need beside the bytes themselves.
constexpr std::size_t cell_overhead = 512;
constexpr std::size_t change_overhead = 128;

/// The view of the key must live as long as the newest change under it.
void put(std::map<std::string_view, const std::optional<blob>*>& table,
         const table_change& change) {
  const auto before = table.size();
  const auto at = table.emplace_hint(table.end(), change.key, &change.value); // most come sorted
  if (table.size() > before)
    return;
  auto node = table.extract(at);
  node.key() = change.key;
  node.mapped() = &change.value;
  table.insert(std::move(node));
}

} // namespace

std::size_t weight_of(const state_save& s) {
  auto weight = cell_overhead + (s.row ? s.row->size() : 0);
  if (s.table)
    for (const auto& change : *s.table)
      weight += change_overhead + change.key.size() + (change.value ? change.value->size() : 0);
  for (const auto& event : s.history)
    weight += change_overhead + event.size();
  return weight;
}

void pending_layer::take(std::string key, state_save s, std::function<void()> saved,
                         const std::function<std::uint64_t()>& stored_history) {
  needs_ = std::max(needs_, s.index);
  const auto weight = weight_of(s);
  const auto [at, fresh] = cells_.try_emplace(std::move(key));
  auto& cell = at->second;
  if (cell.wake_at)
    due_.erase({*cell.wake_at, at->first});
  cell.index = s.index;
  cell.row = std::move(s.row);
  cell.wake_at = cell.row ? s.wake_at : std::nullopt;
  cell.unfinished = cell.row && s.unfinished;
  cell.bytes += weight;
  if (saved)
    cell.saved.push_back(std::move(saved));
  if (!cell.row) {
    cell.renewed = true;
    cell.table.clear();
    cell.changes.clear();
    cell.history.clear();
    cell.history_from = 0;
    return;
  }
  if (cell.wake_at)
    due_.emplace(*cell.wake_at, at->first);
  if (s.table && !s.table->empty()) {
    for (const auto& change : *s.table)
      put(cell.table, change);
    cell.changes.push_back(std::move(s.table));
  }
  if (s.history.empty())
    return;
  if (cell.history.empty() && !cell.renewed)
    cell.history_from = stored_history();
  std::move(s.history.begin(), s.history.end(), std::back_inserter(cell.history));
}

void pending_layer::mark(std::uint64_t checkpoint) {
  checkpoint_ = std::max(checkpoint_, checkpoint);
  needs_ = std::max(needs_, checkpoint);
}

std::size_t pending_layer::bytes() const {
  std::size_t all = 0;
  for (const auto& [key, cell] : cells_)
    all += cell.bytes;
  return all;
}

const pending_cell* pending_layer::find(std::string_view key) const {
  const auto found = cells_.find(key);
  return found == cells_.end() ? nullptr : &found->second;
}

pending_layer::cells::node_type pending_layer::extract(std::string_view key) {
  const auto found = cells_.find(key);
  if (found->second.wake_at)
    due_.erase({*found->second.wake_at, found->first});
  return cells_.extract(found);
}

} // namespace tenon::runtime::store
