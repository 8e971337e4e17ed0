// One kind of bucket: how it counts, as a table of functions over what a level remembers. Each kind
// is a file here that states its formula and where that comes from. All take whole units and say,
// for any history of takes that were free to happen, when so many are free together; a clock that
// steps back costs waiting and never grants more.
#pragma once

#include "protocols/quota.hpp"

#include <cstdint>

namespace tenon::actors::buckets {

using bucket = protocols::quota::bucket;
using level = protocols::quota::level;
using place = protocols::quota::place;
using units = std::uint32_t;

struct kind {
  units most; // that `amount` may be
  bool timed; // it has a period

  /// Until so many, at most `amount`, may be taken at once; zero: now.
  span (*wait)(const level&, moment now, units);
  /// So many since then. Also when they are not free: what has happened is counted.
  void (*take)(level&, const place&);
  /// Fewer were used than were taken then. Gives back no more than is surely free.
  void (*give_back)(level&, moment taken_at, moment at, units);
  /// How many are free.
  units (*left)(const level&, moment now);
  /// The bucket is about to be this one, of the same kind. What was taken stays taken.
  void (*reshape)(level&, const bucket& next, moment at);
  /// It remembers takes that have not happened yet.
  bool (*is_ahead)(const level&, moment now);
  /// As if all of them had happened now.
  void (*catch_up)(level&, moment now);
  /// Forgetting what it remembers would make no difference.
  bool (*rests)(const level&, moment now);
  /// By a clock that runs evenly, nobody is told to wait longer.
  span (*longest_wait)(const bucket&);
  /// Somebody else has used so many, nobody knows when; null: as if it were taken now.
  void (*used_elsewhere)(level&, moment at, units) = nullptr;
  /// A node's life has begun that ends what earlier ones had under way, and some leases are over;
  /// null: it remembers no places, or they make no difference.
  void (*refresh)(level&, moment now, moment life) = nullptr;
  /// A request that has a place is over; null: then nothing of it counts.
  void (*over)(level&, moment at, units) = nullptr;
};

extern const kind token, fixed, sliding, concurrency, cost, daily;

const kind& of(protocols::quota::kind);

/// For kinds that have nothing to do for it.
inline void same_shape(level&, const bucket&, moment) {}
inline void keep_all(level&, moment, moment, units) {}
/// Whether whoever has the place is of an earlier life of the node, as far as is told.
inline bool has_died(const place& p, moment life) {
  return p.life_at != moment{} && life != moment{} && p.life_at != life;
}
inline span a_period(const bucket& b) {
  return b.period;
}

} // namespace tenon::actors::buckets
