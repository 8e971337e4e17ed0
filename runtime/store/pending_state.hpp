// What was handed over to be stored and is not yet, of one partition. Two layers: `open` takes new
// saves, `writing` is being written and does not change. Reads see open over writing over the file.
#pragma once

#include "runtime/state.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::runtime::store {

/// Everything saved of one identity since the layer began, the newest on top.
struct pending_cell {
  std::uint64_t index = 0;
  std::optional<blob> row; // absent: gone
  std::optional<moment> wake_at;
  bool unfinished = false;
  bool renewed = false; // was gone in between: table and history stored before do not count
  std::map<std::string_view, const std::optional<blob>*> table; // into `changes`
  std::vector<std::shared_ptr<const std::vector<table_change>>> changes;
  std::uint64_t history_from = 0; // number of the first of `history`
  std::vector<blob> history;
  std::vector<std::function<void()>> saved;
  std::size_t bytes = 0;

  std::uint64_t history_end() const { return history_from + history.size(); }
};

class pending_layer {
public:
  using cells = std::map<std::string, pending_cell, std::less<>>;

  /// `stored_history` is asked for the number behind the last history row stored below this layer,
  /// when that is needed.
  void take(std::string key, state_save, std::function<void()> saved,
            const std::function<std::uint64_t()>& stored_history);
  void mark(std::uint64_t checkpoint);

  const pending_cell* find(std::string_view key) const;
  const cells& all() const { return cells_; }
  /// By moment, then key, of the cells here that have a deadline.
  const std::set<std::pair<moment, std::string_view>>& due() const { return due_; }

  /// What the layer needs to be durable in the journal before it may be written.
  std::uint64_t needs() const { return needs_; }
  std::uint64_t checkpoint() const { return checkpoint_; }
  std::size_t bytes() const;
  bool empty() const { return cells_.empty() && checkpoint_ == 0; }

  /// Takes the cell out, to be destroyed elsewhere.
  cells::node_type extract(std::string_view key);
  void clear_checkpoint() { checkpoint_ = 0; }

private:
  cells cells_;
  std::set<std::pair<moment, std::string_view>> due_; // views of keys in cells_
  std::uint64_t needs_ = 0;
  std::uint64_t checkpoint_ = 0;
};

/// What a save weighs while it waits.
std::size_t weight_of(const state_save&);

} // namespace tenon::runtime::store
