// How many entries behind a stored state are kept for followers that are slow: so many at most, and
// no more than so many bytes of them. What was written before this start is not weighed.
#pragma once

#include <cstdint>
#include <deque>

namespace tenon::cluster::replication {

class trailing {
public:
  struct limits {
    std::uint64_t entries = 10'000;
    std::size_t bytes = 64u << 20;
  };

  explicit trailing(limits l) : limits_{l} {}

  /// Entries that end with this index were written.
  void wrote(std::uint64_t last, std::size_t bytes) {
    while (!marks_.empty() && marks_.back().last >= last) { // in the place of others
      bytes += marks_.back().bytes;
      marks_.pop_back();
    }
    if (!marks_.empty() && marks_.back().bytes + bytes <= limits_.bytes / parts)
      marks_.back() = {last, marks_.back().bytes + bytes};
    else
      marks_.push_back({last, bytes});
    if (marks_.size() > 2 * parts)
      marks_.pop_front();
  }

  /// Behind a state that stands at this index.
  std::uint64_t behind(std::uint64_t index) const {
    std::size_t bytes = 0;
    for (auto mark = marks_.rbegin(); mark != marks_.rend(); ++mark) {
      if (mark->last > index)
        continue; // after the state: kept anyway
      bytes += mark->bytes;
      if (bytes > limits_.bytes)
        return index - mark->last < limits_.entries ? index - mark->last : limits_.entries;
    }
    return limits_.entries;
  }

private:
  static constexpr std::size_t parts = 32; // of the bytes: how exactly they are weighed
  struct mark {
    std::uint64_t last = 0;
    std::size_t bytes = 0;
  };

  limits limits_;
  std::deque<mark> marks_;
};

} // namespace tenon::cluster::replication
