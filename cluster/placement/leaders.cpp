#include "cluster/placement/leaders.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>

namespace tenon::cluster::placement {

namespace {

using led_by = std::vector<std::vector<partition_number>>;

led_by lists(const leadership& l, std::size_t seats) {
  led_by led(seats);
  for (std::size_t p = 0; p < l.leads.size(); ++p)
    if (l.leads[p] != nobody)
      led[l.leads[p]].push_back(static_cast<partition_number>(p));
  return led;
}

void hand_over(leadership& l, led_by& led, partition_number p, seat_number to) {
  std::erase(led[l.leads[p]], p);
  l.leads[p] = to;
  led[to].push_back(p);
}

/// One fewer for `from`, one more for a seat that leads two fewer.
bool pass_on(leadership& l, led_by& led, seat_number from) {
  struct link {
    seat_number before = nobody;
    partition_number passed = 0;
  };
  std::vector<link> reached(led.size());
  std::vector<seat_number> queue{from};
  const auto enough = led[from].size();
  for (std::size_t next = 0; next < queue.size(); ++next)
    for (const auto a = queue[next]; const auto p : led[a])
      for (const auto b : l.may[p]) {
        if (b == from || reached[b].before != nobody)
          continue;
        reached[b] = {a, p};
        queue.push_back(b);
        if (led[b].size() + 2 > enough)
          continue;
        for (auto at = b; at != from; at = reached[at].before)
          hand_over(l, led, reached[at].passed, at);
        return true;
      }
  return false;
}

struct exchange {
  partition_number busy = 0;
  partition_number calm = 0;
  double gain = 0;
};

/// The best exchange of a partition led by the busiest seat for a calmer one of another seat.
exchange best_exchange(const leadership& l, const led_by& led, const std::vector<double>& heat,
                       const std::vector<double>& rates, seat_number hottest) {
  exchange best;
  for (const auto p : led[hottest])
    for (const auto b : l.may[p]) {
      if (b == hottest || heat[b] >= heat[hottest])
        continue;
      for (const auto q : led[b]) {
        const auto moved = rates[p] - rates[q];
        if (moved <= 0 || std::ranges::find(l.may[q], hottest) == l.may[q].end())
          continue;
        const auto gain = heat[hottest] - std::max(heat[hottest] - moved, heat[b] + moved);
        if (gain > best.gain)
          best = {p, q, gain};
      }
    }
  return best;
}

} // namespace

void share_out(leadership& l, std::size_t seats) {
  for (std::size_t p = 0; p < l.leads.size(); ++p)
    if (std::ranges::find(l.may[p], l.leads[p]) == l.may[p].end())
      l.leads[p] = nobody;
  auto led = lists(l, seats);
  for (std::size_t p = 0; p < l.leads.size(); ++p)
    if (l.leads[p] == nobody && !l.may[p].empty()) {
      l.leads[p] = std::ranges::min(l.may[p], {}, [&](seat_number s) {
        return std::tuple{led[s].size(), mixed(p, s)};
      });
      led[l.leads[p]].push_back(static_cast<partition_number>(p));
    }
  std::vector<seat_number> order(seats);
  std::iota(order.begin(), order.end(), seat_number{});
  std::ranges::stable_sort(order, std::greater{}, [&](seat_number s) { return led[s].size(); });
  // A chain can give a seat that was done another one, so this goes on until nothing changes; each
  // change makes the counts more even, so it ends.
  for (bool changed = seats > 0; changed;) {
    changed = false;
    const auto least = std::ranges::min(led, {}, &std::vector<partition_number>::size).size();
    for (const auto s : order)
      while (led[s].size() > least + 1 && pass_on(l, led, s))
        changed = true;
  }
}

void keep_apart(leadership& l, std::size_t seats, const std::vector<double>& rates) {
  if (rates.size() != l.leads.size() || seats < 2)
    return;
  auto led = lists(l, seats);
  std::vector<double> heat(seats);
  for (std::size_t p = 0; p < rates.size(); ++p)
    if (l.leads[p] != nobody)
      heat[l.leads[p]] += rates[p];
  const auto usual = std::accumulate(heat.begin(), heat.end(), 0.0) / static_cast<double>(seats);
  std::vector<bool> stuck(seats);
  for (std::size_t times = 0; times < 4 * seats; ++times) {
    auto hottest = nobody;
    for (seat_number s = 0; s < seats; ++s)
      if (!stuck[s] && heat[s] > usual && (hottest == nobody || heat[s] > heat[hottest]))
        hottest = s;
    if (hottest == nobody)
      break;
    const auto best = best_exchange(l, led, heat, rates, hottest);
    if (best.gain < usual / 10) {
      stuck[hottest] = true;
      continue;
    }
    const auto other = l.leads[best.calm];
    const auto moved = rates[best.busy] - rates[best.calm];
    heat[hottest] -= moved;
    heat[other] += moved;
    hand_over(l, led, best.busy, other);
    hand_over(l, led, best.calm, hottest);
  }
}

} // namespace tenon::cluster::placement
