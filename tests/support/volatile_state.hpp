// Stored state in memory, for tests of what stands above it, and the model that the real one is
// compared with. What is saved is seen by reads at once and stored when the test says so (`write`),
// or within `save` in the automatic mode. `crash` forgets what was not written.
#pragma once

#include "runtime/state.hpp"
#include "tests/support/volatile_journal.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

namespace tenon::tests {

class volatile_state final : public runtime::state {
public:
  using partition_number = runtime::partition_number;
  using state_row = runtime::state_row;
  using state_save = runtime::state_save;

  explicit volatile_state(confirming mode = confirming::automatic) : mode_{mode} {}

  void set(confirming mode) {
    const std::scoped_lock lock{mutex_};
    mode_ = mode;
  }
  /// What was saved and checkpointed so far becomes durable.
  void write() {
    std::vector<std::function<void()>> told;
    {
      const std::scoped_lock lock{mutex_};
      for (const auto& key : touched_)
        if (const auto found = current_.cells.find(key); found != current_.cells.end())
          stored_.cells.insert_or_assign(key, found->second);
        else
          stored_.cells.erase(key);
      touched_.clear();
      stored_.checkpoints = current_.checkpoints;
      waiting_ = 0;
      told.swap(saved_);
    }
    for (const auto& saved : told)
      if (saved)
        saved();
  }
  void crash() {
    const std::scoped_lock lock{mutex_};
    current_ = stored_;
    touched_.clear();
    waiting_ = 0;
    saved_.clear();
  }

  std::optional<state_row> load(partition_number p, const identity& id) const override {
    const std::scoped_lock lock{mutex_};
    const auto* found = cell_of(p, id);
    return found ? std::optional{found->row} : std::nullopt;
  }
  std::optional<blob> find(partition_number p, const identity& id,
                           std::string_view key) const override {
    const std::scoped_lock lock{mutex_};
    if (const auto* found = cell_of(p, id))
      if (const auto row = found->table.find(std::string{key}); row != found->table.end())
        return row->second;
    return std::nullopt;
  }
  void scan(partition_number p, const identity& id, std::string_view after, std::size_t limit,
            const std::function<bool(std::string_view, const blob&)>& each) const override {
    std::map<std::string, blob> table;
    {
      const std::scoped_lock lock{mutex_};
      if (const auto* found = cell_of(p, id))
        table = found->table;
    }
    for (auto at = table.upper_bound(std::string{after}); at != table.end() && limit > 0;
         ++at, --limit)
      if (!each(at->first, at->second))
        return;
  }
  void history(partition_number p, const identity& id, std::uint64_t from, std::size_t limit,
               const std::function<bool(std::uint64_t, const blob&)>& each) const override {
    std::vector<blob> events;
    {
      const std::scoped_lock lock{mutex_};
      if (const auto* found = cell_of(p, id))
        events = found->history;
    }
    for (; from < events.size() && limit > 0; ++from, --limit)
      if (!each(from, events[from]))
        return;
  }
  void fence(partition_number p, std::uint64_t term) override {
    const std::scoped_lock lock{mutex_};
    terms_[p] = term;
    const auto elsewhere = [&](const auto& at) { return at.first.first != p; };
    std::erase_if(current_.cells, std::not_fn(elsewhere));
    for (const auto& one : stored_.cells)
      if (!elsewhere(one))
        current_.cells.insert(one);
    std::erase_if(touched_, [&](const auto& key) { return key.first == p; });
    current_.checkpoints[p] = stored_.checkpoints[p];
  }
  void save(state_save s, std::function<void()> saved) override {
    bool at_once = false;
    {
      const std::scoped_lock lock{mutex_};
      if (s.term != terms_[s.partition])
        return;
      waiting_ += s.row ? s.row->size() : 0;
      if (s.table)
        for (const auto& change : *s.table)
          waiting_ += change.value ? change.value->size() : 0;
      take(std::move(s));
      saved_.push_back(std::move(saved));
      at_once = mode_ == confirming::automatic;
    }
    if (at_once)
      write();
  }
  std::size_t waiting() const override {
    const std::scoped_lock lock{mutex_};
    return waiting_;
  }
  void checkpoint(partition_number p, std::uint64_t index, std::uint64_t term = 0) override {
    const std::scoped_lock lock{mutex_};
    if (term != terms_[p])
      return;
    auto& marked = current_.checkpoints[p];
    marked = std::max(marked, index);
    if (mode_ == confirming::automatic)
      stored_.checkpoints[p] = marked;
  }
  std::uint64_t checkpointed(partition_number p) const override {
    const std::scoped_lock lock{mutex_};
    const auto found = stored_.checkpoints.find(p);
    return found == stored_.checkpoints.end() ? 0 : found->second;
  }
  std::vector<std::string> list(std::string_view tenant, std::string_view kind,
                                std::string_view after, std::size_t limit) const override {
    const std::scoped_lock lock{mutex_};
    std::vector<std::string> names;
    for (const auto& [key, cell] : current_.cells)
      if (key.second.tenant == tenant && key.second.kind == kind && key.second.name > after)
        names.push_back(key.second.name);
    std::sort(names.begin(), names.end());
    names.resize(std::min(names.size(), limit));
    return names;
  }
  void everyone(partition_number p,
                const std::function<bool(const identity&, const state_row&)>& each) const override {
    for (const auto& [id, cell] : cells_of(p))
      if (!each(id, cell.row))
        return;
  }
  std::vector<identity> due(partition_number p, moment until, std::size_t limit) const override {
    std::vector<std::pair<moment, identity>> found;
    for (const auto& [id, cell] : cells_of(p))
      if (cell.wake_at && *cell.wake_at <= until)
        found.emplace_back(*cell.wake_at, id);
    std::sort(found.begin(), found.end());
    std::vector<identity> ids;
    for (std::size_t i = 0; i < std::min(limit, found.size()); ++i)
      ids.push_back(std::move(found[i].second));
    return ids;
  }
  std::vector<identity> unfinished(partition_number p) const override {
    std::vector<identity> ids;
    for (const auto& [id, cell] : cells_of(p))
      if (cell.unfinished)
        ids.push_back(id);
    return ids;
  }

private:
  struct cell {
    state_row row;
    std::optional<moment> wake_at;
    bool unfinished = false;
    std::map<std::string, blob> table;
    std::vector<blob> history;
  };
  struct content {
    std::map<std::pair<partition_number, identity>, cell> cells;
    std::map<partition_number, std::uint64_t> checkpoints;
  };

  void take(state_save s) {
    const std::pair key{s.partition, std::move(s.id)};
    touched_.insert(key);
    if (!s.row) {
      current_.cells.erase(key);
      return;
    }
    auto& cell = current_.cells[key];
    cell.row = {s.index, *std::move(s.row)};
    cell.wake_at = s.wake_at;
    cell.unfinished = s.unfinished;
    if (s.table)
      for (const auto& change : *s.table) {
        if (change.value)
          cell.table[change.key] = *change.value;
        else
          cell.table.erase(change.key);
      }
    for (auto& event : s.history)
      cell.history.push_back(std::move(event));
  }
  const cell* cell_of(partition_number p, const identity& id) const {
    const auto found = current_.cells.find({p, id});
    return found == current_.cells.end() ? nullptr : &found->second;
  }
  std::map<identity, cell> cells_of(partition_number p) const {
    const std::scoped_lock lock{mutex_};
    std::map<identity, cell> found;
    for (const auto& [key, cell] : current_.cells)
      if (key.first == p)
        found.emplace(key.second, cell);
    return found;
  }

  mutable std::mutex mutex_;
  confirming mode_;
  std::map<partition_number, std::uint64_t> terms_; // whose saves are taken
  content current_;
  content stored_;
  std::set<std::pair<partition_number, identity>> touched_; // where the two may differ
  std::size_t waiting_ = 0;
  std::vector<std::function<void()>> saved_;
};

} // namespace tenon::tests
