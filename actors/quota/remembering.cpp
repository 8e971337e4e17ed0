// What a quota makes of what has happened.
#include "actors/quota.hpp"
#include "actors/quota/level.hpp"
#include "actors/quota/line.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>

namespace tenon::actors {

namespace {

using level = quota::level;

// Longer than any period, and than any word of a platform holds.
constexpr span long_rest = std::chrono::days{32};
constexpr std::uint32_t all_of_it = 1000; // per mille

/// By the day, so that takes do not move a deadline all the time.
moment tidied_after(moment at) {
  return std::chrono::ceil<std::chrono::days>(at + long_rest);
}

/// Buckets at rest make room when there would be too many.
void make_room(std::vector<level>& levels, std::size_t coming, moment now) {
  if (levels.size() + coming > quota::most_levels)
    std::erase_if(levels, [&](const level& l) { return at_rest(l, now); });
}

} // namespace

void quota::apply(state& s, const caught_up& e) {
  for (auto& l : s.levels)
    if (is_ahead(l, e.at))
      actors::catch_up(l, e.at);
}

void quota::apply(state& s, const taken& e) {
  s.grants = e.grant;
  s.tidy_at = std::max(s.tidy_at, tidied_after(e.at));
  make_room(s.levels, e.buckets.size(), e.at);
  std::vector<line::share> shares;
  for (std::size_t i = 0; i < e.buckets.size(); ++i) {
    const auto& b = e.buckets[i];
    const auto units = i < e.amounts.size() ? e.amounts[i] : 1;
    auto it = find_level(s.levels, b.name);
    if (it == s.levels.end())
      it = s.levels.insert(it, level{.bucket = b});
    else if (it->bucket != b)
      reshape(*it, b, e.at);
    refresh(*it, e.at, e.life_at);
    actors::take(*it, {.grant = e.grant,
                       .until_at = e.at + e.lease,
                       .since_at = e.at,
                       .units = units,
                       .life_at = e.life_at,
                       .patience = e.patience});
    shares.push_back({b.name, units});
  }
  if (!e.asker.empty())
    line::serve(s.line, e.asker, e.interactive, e.weight, e.charge, shares, e.at);
}

void quota::apply(state& s, const queued& e) {
  line::queue(s.line, {.name = e.asker,
                       .interactive = e.interactive,
                       .waits_until_at = e.until_at,
                       .waits_since_at = e.at,
                       .waits_for = e.shares});
}

void quota::apply(state& s, const measured& e) {
  const auto it = find_level(s.levels, e.bucket);
  ensure(it != s.levels.end(), "a size is noted for a bucket that is there");
  it->told_limit = e.limit;
  it->told_window = e.window;
  it->told_restored = e.restored;
}

void quota::apply(state& s, const lowered& e) {
  const auto it = find_level(s.levels, e.bucket);
  ensure(it != s.levels.end(), "a bucket that is lowered is there");
  lower(*it, e.remaining, e.at);
}

void quota::apply(state& s, const settled& e) {
  const auto it = find_level(s.levels, e.bucket);
  ensure(it != s.levels.end(), "a price is settled with a bucket that is there");
  actors::settle(*it, e.taken, e.price, e.taken_at, e.at);
}

void quota::apply(state& s, const blocked& e) {
  for (const auto& name : e.buckets)
    if (const auto it = find_level(s.levels, name); it != s.levels.end())
      it->blocked_until_at = std::max(it->blocked_until_at, e.until_at);
  if (e.buckets.empty())
    s.blocked_until_at = e.until_at;
  s.tidy_at = std::max(s.tidy_at, tidied_after(e.until_at));
}

void quota::apply(state& s, const slowed& e) {
  s.tidy_at = std::max(s.tidy_at, tidied_after(e.until_at));
  s.per_mille = e.per_mille;
  s.pressed_until_at = e.until_at;
}

void quota::apply(state& s, const returned& e) {
  for (auto& l : s.levels)
    end(l, e.grant, e.at);
}

void quota::apply(state& s, const limited& e) {
  const auto it = find_level(s.levels, e.bucket);
  ensure(it != s.levels.end(), "a limit is noted for a bucket that is there");
  it->remaining = e.remaining;
  it->reset_at = e.reset_at;
  it->told_at = e.at;
}

void quota::apply(state& s, const stepped_back& e) {
  for (const auto& given : e.shares)
    if (const auto it = find_level(s.levels, given.bucket); it != s.levels.end() && e.grant != 0)
      withdraw(*it, e.grant, e.taken_at, e.at, given.amount);
  if (e.grant != 0)
    line::unserve(s.line, e.asker, e.weight, e.charge);
  if (e.until_at != moment{})
    line::queue(s.line, {.name = e.asker,
                         .interactive = e.interactive,
                         .waits_until_at = e.until_at,
                         .waits_since_at = e.since_at,
                         .waits_for = e.shares});
}

void quota::apply(state& s, const tidied& e) {
  if (e.empty)
    s = {.grants = s.grants};
  else
    s.tidy_at = tidied_after(e.at);
}

bool quota::holds(const state& s) {
  if (s.levels.size() > quota::most_levels || !line::holds(s.line) || s.per_mille > all_of_it)
    return false;
  for (auto it = s.levels.begin(); it != s.levels.end(); ++it)
    if (!actors::holds(*it) || find_level(s.levels, it->bucket.name) != it)
      return false;
  return true;
}

} // namespace tenon::actors
