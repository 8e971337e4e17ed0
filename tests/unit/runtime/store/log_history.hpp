// Random changes of a few logs, by seed, and what must then be in them: the simplest thing that
// could be right.
#pragma once

#include "runtime/store/log_store.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace tenon::tests {

namespace store = runtime::store;
using runtime::partition_number;

using seen_entry = std::tuple<std::uint64_t, std::uint64_t, int, std::string>; // index, term, kind

inline std::vector<seen_entry> seen(const store::log_store& s, partition_number p,
                                    std::uint64_t after = 0) {
  std::vector<seen_entry> found;
  s.scan(p, after, [&](const store::kept_entry& e) {
    found.emplace_back(e.index, e.term, e.kind, e.bytes.text());
  });
  return found;
}

struct expected_log {
  store::log_ballot ballot;
  store::log_base base;
  std::vector<store::log_entry> entries; // behind the base

  std::uint64_t last() const { return base.index + entries.size(); }

  void take(const store::log_change& change) {
    if (change.ballot)
      ballot = *change.ballot;
    if (change.begin) {
      base = *change.begin;
      entries.clear();
    }
    if (change.entries.empty())
      return;
    entries.resize(change.from - base.index - 1);
    entries.insert(entries.end(), change.entries.begin(), change.entries.end());
  }
  void trim(const store::log_base& to) {
    if (to.index == base.index)
      return;
    entries.erase(entries.begin(),
                  entries.begin() + static_cast<std::ptrdiff_t>(to.index - base.index));
    base = to;
  }
  std::vector<seen_entry> behind(std::uint64_t index) const {
    std::vector<seen_entry> all;
    for (auto at = std::max(index, base.index); at < last(); ++at) {
      const auto& e = entries[at - base.index];
      all.emplace_back(at + 1, e.term, e.kind, e.bytes.text());
    }
    return all;
  }
  /// Whether the log is this one, except that it may not yet be trimmed as far.
  bool is(const store::log_store& s, partition_number p) const {
    return s.ballot(p) == ballot && s.durable(p) == last() && s.trimmed(p) <= base.index &&
           seen(s, p, base.index) == behind(0) &&
           (base.index == 0 || s.trimmed(p) < base.index || s.base(p) == base);
  }
};

class log_history {
public:
  static constexpr partition_number partitions = 3;

  explicit log_history(std::uint64_t seed) : random_{seed} {}

  std::uint64_t draw(std::uint64_t below) { return random_() % below; }
  partition_number somewhere() { return static_cast<partition_number>(draw(partitions)); }

  store::log_change change_of(partition_number p) {
    const auto& log = logs[p];
    store::log_change made;
    if (draw(5) == 0)
      made.ballot = store::log_ballot{log.ballot.term + 1 + draw(2), draw(4)};
    if (draw(25) == 0)
      made.begin = store::log_base{log.base.index + draw(2 * log.entries.size() + 4),
                                   blob::from("state " + std::to_string(draw(1000)))};
    const auto floor = made.begin ? made.begin->index : log.base.index;
    const auto last = made.begin ? floor : log.last();
    made.from = draw(4) == 0 ? floor + 1 + draw(last - floor + 1) : last + 1;
    for (auto count = draw(6); count > 0; --count)
      made.entries.push_back({.term = (made.ballot ? *made.ballot : log.ballot).term,
                              .kind = static_cast<std::uint8_t>(draw(3)),
                              .bytes = blob::from(std::string(draw(draw(40) == 0 ? 9000 : 60),
                                                              static_cast<char>('a' + draw(26))))});
    return made;
  }
  store::log_base trim_of(partition_number p) {
    return {logs[p].base.index + draw(logs[p].entries.size() + 1),
            blob::from("trimmed " + std::to_string(draw(1000)))};
  }

  std::array<expected_log, partitions> logs{};

private:
  std::mt19937_64 random_;
};

} // namespace tenon::tests
