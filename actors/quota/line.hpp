// Whose turn it is when several wait for the same quota. Fair queueing by start tags (Goyal, Vin
// and Cheng, "Start-time Fair Queuing", 1996), for askers who come by themselves instead of being
// called: who has got less, by its weight, goes first. Promises, among askers who always want more
// of the same buckets and come when they were told:
//
//     shares      what two of them got, each divided by its weight, never differs by more than
//                 two requests of each
//     no idling   what is free is taken by whoever comes, if those before it would leave enough;
//                 at the latest when those who were told to come by now have not come
//     no hunger   nobody is passed over once its tag is the least
//
// Who does not come when it was told loses the place, not the tag. A request is worth the time in
// which the slowest of its buckets restores what it takes, so that cheap and dear ones compare.
#pragma once

#include "protocols/quota.hpp"

#include <string_view>

namespace tenon::actors::line {

using asker = protocols::quota::asker;
using share = protocols::quota::share;
using askers = std::vector<asker>;

inline constexpr std::size_t longest = 256;
inline constexpr std::uint32_t heaviest = 64;

/// What those who go first will take from a bucket.
struct ahead {
  std::uint32_t interactive = 0;
  std::uint32_t others = 0;
};
ahead ahead_of(const askers&, std::string_view name, std::string_view bucket, moment now);

/// How many have to be free for one more request.
std::uint32_t needed(std::uint32_t units, const ahead&, bool interactive, std::uint32_t kept);

/// Whether it got so much more than somebody who waits for the bucket that it lets that one go
/// first, even where there is enough for both: else whoever comes first would empty it.
bool yields(const askers&, std::string_view name, std::string_view bucket, std::uint64_t charge,
            std::uint32_t weight, moment now);

/// Whether anybody else takes by turns.
bool has_others(const askers&, std::string_view name);
/// Whether there is such a place until then, at least.
bool has_place(const askers&, std::string_view name, const std::vector<share>&, moment until);
/// A place in the line; nobody is turned away for another, a line that is full takes no more.
void queue(askers&, const asker& wanted);
/// It gives back what it got: as if it had never been served.
void unserve(askers&, std::string_view name, std::uint32_t weight, std::uint64_t charge);
/// It got something worth `charge`.
void serve(askers&, std::string_view name, bool interactive, std::uint32_t weight,
           std::uint64_t charge, const std::vector<share>&, moment now);

bool holds(const askers&);

} // namespace tenon::actors::line
