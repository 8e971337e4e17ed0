// Reading stored state: what waits to be written over what is in the file. The layers are looked at
// and the snapshot is begun under one lock, so together they are one point in time. Whatever can be
// long is read in pieces, and nobody is called while a lock or a snapshot is held.
#include "runtime/store/checked_value.hpp"
#include "runtime/store/local_state.hpp"
#include "runtime/store/state_file.hpp"
#include "runtime/store/storage_failure.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace tenon::runtime::store {
namespace {

constexpr std::size_t rows_at_once = 256;
constexpr std::size_t bytes_at_once = std::size_t{1} << 20;

/// The layers that count for one identity, and whether what is in the file does.
struct layers_of_cell {
  std::array<const pending_cell*, 2> layers{}; // newest first; null when absent
  bool file_counts = true;

  layers_of_cell(const pending_layer& open, const pending_layer& writing, std::string_view key) {
    layers[0] = open.find(key);
    file_counts = !layers[0] || !layers[0]->renewed;
    if (!file_counts)
      return;
    layers[1] = writing.find(key);
    file_counts = !layers[1] || !layers[1]->renewed;
  }
};

std::string place_of(std::string_view key) {
  const auto id = identity_of(key);
  return id ? to_string(*id) : "a key of " + std::to_string(key.size()) + " bytes";
}

} // namespace

stored_row local_state::stored(std::string_view key, std::string_view value) const {
  const auto row = read_stored_row(key, value);
  if (!row)
    stop_on_damage(options_.file, "row of " + place_of(key), "its checksum is wrong");
  return *row;
}

blob local_state::stored_blob(std::string_view key, std::string_view value) const {
  const auto content = unsealed(key, value);
  if (!content)
    stop_on_damage(options_.file, "table or history row under " + place_of(key),
                   "its checksum is wrong");
  return blob::copy_of(*content);
}

std::optional<state_row> local_state::load(partition_number p, const identity& id) const {
  const auto& partition = partitions_.at(p);
  const state_key key{p, id};
  std::shared_lock lock{partition.mutex};
  for (const auto* layer : {&partition.open, &partition.writing})
    if (const auto* cell = layer->find(key))
      return cell->row ? std::optional{state_row{cell->index, *cell->row}} : std::nullopt;
  const auto snapshot = environment_->read();
  lock.unlock();
  const auto value = snapshot.find(row_table, key);
  if (!value)
    return std::nullopt;
  const auto row = stored(key, *value);
  return state_row{row.index, blob::copy_of(row.bytes)};
}

std::optional<blob> local_state::find(partition_number p, const identity& id,
                                      std::string_view key) const {
  if (key.empty() || key.size() > max_table_key_bytes)
    return std::nullopt;
  const auto& partition = partitions_.at(p);
  const state_key cell{p, id};
  std::shared_lock lock{partition.mutex};
  const layers_of_cell found{partition.open, partition.writing, cell};
  for (const auto* layer : found.layers)
    if (layer)
      if (const auto at = layer->table.find(key); at != layer->table.end())
        return *at->second;
  if (!found.file_counts)
    return std::nullopt;
  const auto snapshot = environment_->read();
  lock.unlock();
  const auto whole = cell.with(key);
  const auto value = snapshot.find(rows_table, whole);
  return value ? std::optional{stored_blob(whole, *value)} : std::nullopt;
}

local_state::table_rows local_state::scan_some(const partition_state& partition,
                                               const state_key& key, std::string_view after,
                                               std::size_t limit) const {
  table_rows rows;
  const std::shared_lock lock{partition.mutex};
  const layers_of_cell found{partition.open, partition.writing, key};
  const auto snapshot = environment_->read();
  auto at = snapshot.walk(rows_table);
  const auto start = key.with(after);
  bool in_file = found.file_counts && at.seek(start);
  if (in_file && !after.empty() && at.key() == start.view())
    in_file = at.next();
  const auto begin = [&](std::size_t layer) {
    static const decltype(pending_cell::table) none;
    const auto& table = found.layers[layer] ? found.layers[layer]->table : none;
    return std::pair{table.upper_bound(after), table.end()};
  };
  std::array layers{begin(0), begin(1)};
  std::size_t bytes = 0;
  while (rows.size() < limit && bytes < bytes_at_once) {
    std::optional<std::string_view> next;
    in_file = in_file && at.key().starts_with(key.view());
    if (in_file)
      next = at.key().substr(key.view().size());
    for (const auto& [change, end] : layers)
      if (change != end && (!next || change->first < *next))
        next = change->first;
    if (!next)
      break;
    std::string name{*next};
    const std::optional<blob>* waiting = nullptr;
    for (auto& [change, end] : layers)
      if (change != end && change->first == name) {
        waiting = waiting ? waiting : change->second;
        ++change;
      }
    std::optional<blob> value = waiting ? *waiting : std::nullopt;
    if (in_file && at.key().substr(key.view().size()) == name) {
      if (!waiting)
        value = stored_blob(at.key(), at.value());
      in_file = at.next();
    }
    if (!value)
      continue;
    bytes += value->size();
    rows.emplace_back(std::move(name), *std::move(value));
  }
  return rows;
}

void local_state::scan(
    partition_number p, const identity& id, std::string_view after, std::size_t limit,
    const std::function<bool(std::string_view key, const blob& value)>& each) const {
  const auto& partition = partitions_.at(p);
  const state_key key{p, id};
  std::string last{after.substr(0, max_table_key_bytes)};
  while (limit > 0) {
    const auto rows = scan_some(partition, key, last, std::min(limit, rows_at_once));
    if (rows.empty())
      return;
    for (const auto& [name, value] : rows)
      if (!each(name, value))
        return;
    limit -= rows.size();
    last = rows.back().first;
  }
}

/// Called with the partition's lock held: the number behind the last history row below `open`.
std::uint64_t local_state::stored_history(const partition_state& partition,
                                          std::string_view key) const {
  if (const auto* cell = partition.writing.find(key))
    if (cell->renewed || !cell->history.empty())
      return cell->history_end();
  const auto snapshot = environment_->read();
  const auto value = snapshot.find(row_table, key);
  return value ? stored(key, *value).history_end : 0;
}

std::vector<std::pair<std::uint64_t, blob>>
local_state::history_some(const partition_state& partition, const state_key& key,
                          std::uint64_t from, std::size_t limit) const {
  std::vector<std::pair<std::uint64_t, blob>> events;
  const std::shared_lock lock{partition.mutex};
  const layers_of_cell found{partition.open, partition.writing, key};
  const auto snapshot = environment_->read();
  auto stored_end = ~std::uint64_t{0};
  for (const auto* layer : found.layers)
    if (layer && !layer->history.empty())
      stored_end = std::min(stored_end, layer->history_from);
  const auto value = found.file_counts ? snapshot.find(row_table, key) : std::nullopt;
  stored_end = value ? std::min(stored_end, stored(key, *value).history_end) : 0;
  auto at = snapshot.walk(history_table);
  std::size_t bytes = 0;
  bool more = from < stored_end && at.seek(key.with(from));
  for (; more && from < stored_end && events.size() < limit && bytes < bytes_at_once;
       more = at.next(), ++from) {
    if (at.key() != key.with(from).view())
      stop_on_damage(options_.file, "history of " + place_of(key),
                     "number " + std::to_string(from) + " is missing");
    events.emplace_back(from, stored_blob(at.key(), at.value()));
    bytes += events.back().second.size();
  }
  if (from < stored_end)
    return events;
  for (auto layer = found.layers.rbegin(); layer != found.layers.rend(); ++layer)
    for (; *layer && !(*layer)->history.empty() && from >= (*layer)->history_from &&
           from < (*layer)->history_end() && events.size() < limit;
         ++from)
      events.emplace_back(from, (*layer)->history[from - (*layer)->history_from]);
  return events;
}

void local_state::history(
    partition_number p, const identity& id, std::uint64_t from, std::size_t limit,
    const std::function<bool(std::uint64_t number, const blob& event)>& each) const {
  const auto& partition = partitions_.at(p);
  const state_key key{p, id};
  while (limit > 0) {
    const auto events = history_some(partition, key, from, std::min(limit, rows_at_once));
    if (events.empty())
      return;
    for (const auto& [number, event] : events)
      if (!each(number, event))
        return;
    limit -= events.size();
    from = events.back().first + 1;
  }
}

} // namespace tenon::runtime::store
