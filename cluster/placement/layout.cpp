#include "cluster/placement/layout.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>
#include <tuple>

namespace tenon::cluster::placement {

namespace {

/// The smallest bound on what one zone holds of a partition with which all replicas find a place.
std::vector<std::size_t> most_in_zones(const std::vector<std::size_t>& seats, std::size_t factor) {
  std::vector<std::size_t> most(seats.size());
  for (std::size_t bound = 1; bound <= factor; ++bound) {
    std::size_t sum = 0;
    for (std::size_t z = 0; z < seats.size(); ++z)
      sum += most[z] = std::min(seats[z], bound);
    if (sum >= factor)
      break;
  }
  return most;
}

} // namespace

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  auto x = a * 0x9e3779b97f4a7c15ull + b + 0x632be59bd9b4e019ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

layout::layout(std::vector<seat> seats, std::size_t zones, std::size_t partitions,
               std::size_t factor)
    : seats_{std::move(seats)}, factor_{factor}, zone_seats_(zones), of_(partitions),
      on_(seats_.size()), locked_(partitions) {
  for (const auto& s : seats_)
    ++zone_seats_[s.zone];
  zone_most_ = most_in_zones(zone_seats_, std::min(factor_, seats_.size()));
}

bool layout::is_on(partition_number p, seat_number s) const {
  return std::ranges::find(of_[p], s) != of_[p].end();
}

void layout::put(partition_number p, seat_number s) {
  of_[p].push_back(s);
  on_[s].push_back(p);
}

void layout::take(partition_number p, seat_number s) {
  std::erase(of_[p], s);
  std::erase(on_[s], p);
}

void layout::move(partition_number p, seat_number from, seat_number to) {
  take(p, from);
  put(p, to);
}

std::size_t layout::in_zone(partition_number p, std::uint16_t zone) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(of_[p], [&](seat_number s) { return seats_[s].zone == zone; }));
}

bool layout::fits(partition_number p, seat_number from, seat_number to) const {
  const auto zone = seats_[to].zone;
  return seats_[to].takes && !is_on(p, to) &&
         (seats_[from].zone == zone || in_zone(p, zone) < zone_most_[zone]);
}

void layout::trim(partition_number p, seat_number leader) {
  while (of_[p].size() > factor_) {
    const auto worst = std::ranges::max(of_[p], {}, [&](seat_number s) {
      return std::tuple{s != leader, in_zone(p, seats_[s].zone), on_[s].size(), s};
    });
    take(p, worst);
  }
}

std::size_t layout::fillable(partition_number p) const {
  auto most = of_[p].size();
  for (seat_number s = 0; s < seats_.size(); ++s)
    most += seats_[s].takes && !is_on(p, s) ? 1 : 0;
  most = std::min(most, factor_);
  return most % 2 == 0 && most > of_[p].size() ? most - 1 : most;
}

void layout::fill(partition_number p) {
  for (const auto enough = fillable(p); of_[p].size() < enough;) {
    auto best = nobody;
    std::tuple<std::size_t, std::size_t, std::uint64_t> least;
    for (seat_number s = 0; s < seats_.size(); ++s) {
      if (!seats_[s].takes || is_on(p, s))
        continue;
      const std::tuple costs{in_zone(p, seats_[s].zone), on_[s].size(), mixed(p, seats_[s].node)};
      if (best == nobody || costs < least) {
        best = s;
        least = costs;
      }
    }
    if (best == nobody)
      return;
    put(p, best);
  }
}

void layout::spread(partition_number p) {
  for (std::size_t again = 0; again < factor_ && !locked_[p]; ++again) {
    const auto crowded = std::ranges::find_if(of_[p], [&](seat_number s) {
      return in_zone(p, seats_[s].zone) > zone_most_[seats_[s].zone];
    });
    if (crowded == of_[p].end())
      return;
    auto from = *crowded;
    for (const auto s : of_[p]) // of those in the crowded zone, the one with most
      if (seats_[s].zone == seats_[from].zone && on_[s].size() > on_[from].size())
        from = s;
    auto to = nobody;
    for (seat_number s = 0; s < seats_.size(); ++s)
      if (seats_[s].zone != seats_[from].zone && fits(p, from, s) &&
          (to == nobody || on_[s].size() < on_[to].size()))
        to = s;
    if (to == nobody)
      return;
    move(p, from, to);
  }
}

/// How many replicas each seat should hold. Zones that cannot take an equal share, because a
/// partition may be there only so many times, take what they can; the others share the rest. Where
/// a share is not whole, those that hold more already get the one more: then it need not move.
std::vector<std::size_t> layout::shares() const {
  const auto total =
      std::accumulate(of_.begin(), of_.end(), std::size_t{},
                      [](std::size_t sum, const auto& of) { return sum + of.size(); });
  std::vector<bool> full(zone_seats_.size());
  std::size_t rest = total;
  std::size_t sharing = seats_.size();
  for (bool changed = true; changed && sharing > 0;) {
    changed = false;
    for (std::size_t z = 0; z < full.size(); ++z) {
      const auto room = zone_most_[z] * of_.size();
      if (full[z] || room * sharing >= rest * zone_seats_[z])
        continue;
      full[z] = changed = true;
      rest -= room;
      sharing -= zone_seats_[z];
    }
  }
  std::vector<seat_number> order(seats_.size());
  std::iota(order.begin(), order.end(), seat_number{});
  std::ranges::sort(order, [&](seat_number a, seat_number b) {
    return std::tuple{on_[b].size(), a} < std::tuple{on_[a].size(), b};
  });
  std::vector<std::size_t> zone_rest(full.size());
  for (std::size_t z = 0; z < full.size(); ++z)
    zone_rest[z] = full[z] ? zone_most_[z] * of_.size() % zone_seats_[z] : 0;
  std::vector<std::size_t> share(seats_.size());
  std::size_t odd = sharing == 0 ? 0 : rest % sharing;
  for (const auto s : order) {
    const auto z = seats_[s].zone;
    auto& left = full[z] ? zone_rest[z] : odd;
    share[s] = full[z] ? zone_most_[z] * of_.size() / zone_seats_[z] : rest / sharing;
    if (left > 0) {
      ++share[s];
      --left;
    }
  }
  return share;
}

/// Moves one replica off the seat towards one below its share, if need be over others in between:
/// a chain of moves of different partitions.
bool layout::relieve(seat_number from, const std::vector<std::size_t>& shares) {
  struct link {
    seat_number before = nobody;
    partition_number moved = 0;
  };
  std::vector<link> reached(seats_.size());
  std::vector<seat_number> queue{from};
  const auto arrive = [&](seat_number at) {
    while (at != from) {
      move(reached[at].moved, reached[at].before, at);
      at = reached[at].before;
    }
  };
  // Twice the same partition in a chain could meet in one zone.
  const auto moves_already = [&](partition_number p, seat_number at) {
    for (; at != from; at = reached[at].before)
      if (reached[at].moved == p)
        return true;
    return false;
  };
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const auto a = queue[next];
    const auto start = static_cast<seat_number>(mixed(a, on_[a].size()) % seats_.size());
    // What came last first: it may be on its way anyway, and then this is no further move.
    for (const auto p : on_[a] | std::views::reverse) {
      if (locked_[p] || moves_already(p, a))
        continue;
      for (std::size_t i = 0; i < seats_.size(); ++i) {
        const auto b = static_cast<seat_number>((start + i) % seats_.size());
        if (b == from || reached[b].before != nobody || !fits(p, a, b))
          continue;
        reached[b] = {a, p};
        queue.push_back(b);
        if (on_[b].size() < shares[b]) {
          arrive(b);
          return true;
        }
      }
    }
  }
  return false;
}

void layout::even_out() {
  const auto share = shares();
  for (seat_number s = 0; s < seats_.size(); ++s)
    while (on_[s].size() > share[s] && relieve(s, share)) {
    }
}

} // namespace tenon::cluster::placement
