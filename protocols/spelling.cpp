#include "protocols/spelling.hpp"

#include <algorithm>
#include <vector>

namespace tenon {
namespace {

/// Letters to change, add, drop or swap with their neighbour to get from one to the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before(to.size() + 1), last(to.size() + 1), row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const bool same = from[i - 1] == to[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[to.size()];
}

} // namespace

std::optional<std::size_t> nearest(std::string_view given,
                                   std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64;
  if (given.size() > longest)
    return std::nullopt;
  std::optional<std::size_t> found;
  std::size_t best = std::max<std::size_t>(1, given.size() / 3) + 1;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (const auto d = distance(given, known[i]); d < best) {
      best = d;
      found = i;
    }
  return found;
}

} // namespace tenon
