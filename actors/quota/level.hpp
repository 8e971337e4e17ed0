// What one bucket of a quota has seen, and when it has room again: what its kind counts
// (quota/kinds/kind.hpp states each promise), and the platform's own word, which can only make one
// wait longer. Pure arithmetic on whole numbers.
//
// A clock that steps back costs waiting and never grants more; with `catch_up`, a period at most.
#pragma once

#include "protocols/quota.hpp"

#include <algorithm>

namespace tenon::actors {

template <class Levels> auto find_level(Levels& levels, std::string_view name) {
  return std::ranges::find_if(levels, [&](const auto& l) { return l.bucket.name == name; });
}

/// `malformed` unless the bucket keeps to the bounds in the schema.
result<void> check(const protocols::quota::bucket&, std::string_view where);

/// By a clock that runs evenly, its own count makes nobody wait longer.
span longest_wait(const protocols::quota::bucket&);

/// The bucket of a manifest, with what the platform has told of it, as the part of itself that the
/// platform's patience leaves (1000 per mille: all).
protocols::quota::bucket effective(protocols::quota::bucket, const protocols::quota::level* known,
                                   std::uint32_t per_mille);

/// How many are kept from those who are not interactive.
std::uint32_t kept(const protocols::quota::bucket&);

/// How long until so many, or as many as it holds, may be taken at once; zero: now. By the
/// platform's word only `mine` of them have to be there.
span wait_for(const protocols::quota::level&, moment now, std::uint32_t units = 1,
              std::uint32_t mine = 1);

/// So many, at most as many as it holds, since then. The rest matters to kinds that remember what
/// is under way.
void take(protocols::quota::level&, protocols::quota::place);

/// The grant's request is over.
void end(protocols::quota::level&, std::uint64_t grant, moment at);

/// A node's life has begun then that ends what earlier ones had under way (the epoch: nobody says),
/// and some leases are over.
void refresh(protocols::quota::level&, moment now, moment life);

/// What this grant took then was not used. What goes back is what is surely free.
void withdraw(protocols::quota::level&, std::uint64_t grant, moment taken_at, moment at,
              std::uint32_t units);

/// What was taken then has cost this.
void settle(protocols::quota::level&, std::uint32_t taken, std::uint32_t price, moment taken_at,
            moment at);

/// How many may be taken now, by its own count.
std::uint32_t left(const protocols::quota::level&, moment now);

/// There is no more left than this.
void lower(protocols::quota::level&, std::uint32_t left, moment at);

/// The bucket is described differently from now on. What was taken stays taken.
void reshape(protocols::quota::level&, const protocols::quota::bucket&, moment at);

/// It remembers takes that have not happened yet: the clock was set back.
bool is_ahead(const protocols::quota::level&, moment now);

/// As if all that it remembers from after `now` had happened now.
void catch_up(protocols::quota::level&, moment now);

/// Forgetting it and starting afresh would make no difference.
bool at_rest(const protocols::quota::level&, moment now);

/// In microseconds, how long the bucket takes to restore so many.
std::uint64_t worth(const protocols::quota::bucket&, std::uint32_t units);

bool holds(const protocols::quota::level&);

} // namespace tenon::actors
