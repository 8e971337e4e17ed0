// The rows an actor owns beside its state, when there are too many to hold in memory: a
// collection's records. `on` reads them through a constant, `apply` puts and erases; what is not
// yet stored stands in front of what is. An actor without stored rows behind it (a test) has just
// the front.
#pragma once

#include "runtime/state.hpp"

#include <map>

namespace tenon::runtime {

class table {
public:
  std::optional<blob> find(std::string_view key) const;

  /// At most `limit` rows with a key after `after`, ascending; false from `each` stops.
  void scan(std::string_view after, std::size_t limit,
            const std::function<bool(std::string_view key, const blob& value)>& each) const;

  void put(std::string key, blob value);
  void erase(std::string key);
  void clear(); // every row, also those stored

  // The cell's side.
  void bind(const state& behind, partition_number, const identity&);
  std::size_t unsaved_bytes() const { return unsaved_bytes_; }
  /// What changed since the last time, null when nothing did. From now on it is read from behind.
  std::shared_ptr<const std::vector<table_change>> take_changes();
  /// Whether it was cleared since the last time: what was stored before must go first.
  bool take_cleared() { return std::exchange(cleared_, false); }

private:
  void note(std::string key, std::optional<blob> value);

  const state* behind_ = nullptr;
  partition_number partition_ = 0;
  const identity* owner_ = nullptr;
  std::map<std::string, std::optional<blob>, std::less<>> unsaved_;
  std::size_t unsaved_bytes_ = 0;
  bool cleared_ = false;
};

/// A state with rows has a member `table rows`.
template <class State>
concept has_rows = requires(State& s) {
  { s.rows } -> std::same_as<table&>;
};

} // namespace tenon::runtime
