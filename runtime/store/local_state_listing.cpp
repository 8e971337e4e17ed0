// The listings of stored state, merged from what waits and what is in the file.
#include "runtime/store/checked_value.hpp"
#include "runtime/store/local_state.hpp"
#include "runtime/store/state_file.hpp"
#include "runtime/store/storage_failure.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace tenon::runtime::store {
namespace {

constexpr std::size_t rows_at_once = 256;

} // namespace

/// Calls `visit` with the keys behind `after` that have the prefix, in order, and for each with the
/// cell that waits under it, or with null and the value in the file. Called with the partition's
/// lock held; false ends it.
template <class Visit> void local_state::merge(const partition_state& partition, table t,
                                               std::string_view prefix, std::string_view after,
                                               const Visit& visit) const {
  const auto start = std::max(prefix, after);
  const auto begin = [&](const pending_layer& layer) {
    const auto& cells = layer.all();
    return std::pair{start == after ? cells.upper_bound(start) : cells.lower_bound(start),
                     cells.end()};
  };
  std::array layers{begin(partition.open), begin(partition.writing)};
  const auto snapshot = environment_->read();
  auto at = snapshot.walk(t);
  bool in_file = at.seek(start);
  if (in_file && at.key() == after)
    in_file = at.next();
  for (;;) {
    std::optional<std::string_view> next;
    if (in_file)
      next = at.key();
    for (const auto& [cell, end] : layers)
      if (cell != end && (!next || cell->first < *next))
        next = cell->first;
    if (!next || !next->starts_with(prefix))
      return;
    const pending_cell* waiting = nullptr;
    for (auto& [cell, end] : layers)
      if (cell != end && cell->first == *next) {
        waiting = waiting ? waiting : &cell->second;
        ++cell;
      }
    const bool same = in_file && at.key() == *next;
    if (!visit(*next, waiting, waiting ? std::string_view{} : at.value()))
      return;
    if (same)
      in_file = at.next();
  }
}

std::vector<std::string> local_state::list(std::string_view tenant, std::string_view kind,
                                           std::string_view after, std::size_t limit) const {
  std::vector<std::string> names;
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    const state_key prefix{static_cast<partition_number>(p), tenant, kind};
    // Behind "after" come its end and then the names that go on from it.
    const auto start = prefix.with(after.substr(0, max_name_bytes)).with(std::string_view{"\0", 1});
    std::size_t found = 0;
    const std::shared_lock lock{partitions_[p].mutex};
    if (limit > 0)
      merge(partitions_[p], row_table, prefix, start,
            [&](std::string_view key, const pending_cell* waiting, std::string_view) {
              if (waiting && !waiting->row)
                return true;
              key.remove_prefix(prefix.view().size());
              names.emplace_back(key.substr(0, key.size() - 1));
              return ++found < limit;
            });
  }
  std::sort(names.begin(), names.end());
  names.resize(std::min(names.size(), limit));
  return names;
}

void local_state::everyone(
    partition_number p, const std::function<bool(const identity&, const state_row&)>& each) const {
  const auto& partition = partitions_.at(p);
  const state_key prefix{p};
  std::string last;
  for (;;) {
    std::vector<std::pair<identity, state_row>> found;
    {
      std::size_t seen = 0;
      const std::shared_lock lock{partition.mutex};
      merge(partition, row_table, prefix, last,
            [&](std::string_view key, const pending_cell* waiting, std::string_view value) {
              last = key;
              auto id = identity_of(key);
              if (!id)
                stop_on_damage(options_.file, "row", "its key is not of an identity");
              if (!waiting) {
                const auto row = stored(key, value);
                found.emplace_back(*std::move(id), state_row{row.index, blob::copy_of(row.bytes)});
              } else if (waiting->row) {
                found.emplace_back(*std::move(id), state_row{waiting->index, *waiting->row});
              }
              return ++seen < rows_at_once;
            });
      if (seen == 0)
        return;
    }
    for (const auto& [id, row] : found)
      if (!each(id, row))
        return;
  }
}

std::vector<identity> local_state::due(partition_number p, moment until, std::size_t limit) const {
  const auto& partition = partitions_.at(p);
  std::vector<std::pair<moment, std::string>> found;
  const std::shared_lock lock{partition.mutex};
  std::size_t taken = 0;
  for (const auto& [when, key] : partition.open.due()) {
    if (when > until || taken == limit)
      break;
    found.emplace_back(when, key);
    ++taken;
  }
  taken = 0;
  for (const auto& [when, key] : partition.writing.due()) {
    if (when > until || taken == limit)
      break;
    if (partition.open.find(key))
      continue;
    found.emplace_back(when, key);
    ++taken;
  }
  taken = 0;
  const auto snapshot = environment_->read();
  const state_key prefix{p};
  const auto end = due_end(p, until);
  auto at = snapshot.walk(due_table);
  for (bool more = at.seek(prefix); more && at.key() < end.view() && taken < limit;
       more = at.next()) {
    auto key = row_key_of_due(at.key());
    if (partition.open.find(key) || partition.writing.find(key))
      continue;
    found.emplace_back(moment_of(at.key()), std::move(key));
    ++taken;
  }
  std::sort(found.begin(), found.end());
  found.resize(std::min(found.size(), limit));
  std::vector<identity> ids;
  for (const auto& [when, key] : found)
    if (auto id = identity_of(key))
      ids.push_back(*std::move(id));
  return ids;
}

std::vector<identity> local_state::unfinished(partition_number p) const {
  const auto& partition = partitions_.at(p);
  const state_key prefix{p};
  std::vector<identity> ids;
  const std::shared_lock lock{partition.mutex};
  merge(partition, unfinished_table, prefix, {},
        [&](std::string_view key, const pending_cell* waiting, std::string_view) {
          if (!waiting || (waiting->row && waiting->unfinished))
            if (auto id = identity_of(key))
              ids.push_back(*std::move(id));
          return true;
        });
  return ids;
}

} // namespace tenon::runtime::store
