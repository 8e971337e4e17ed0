#include "actors/quota.hpp"

#include "actors/quota/level.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>

namespace tenon::actors {

namespace {

using level = quota::level;
using bucket = quota::bucket;

constexpr std::size_t most_levels = 64;
constexpr std::size_t most_buckets = 16; // of one request
constexpr span longest_lease = std::chrono::days{1};
constexpr span furthest_reset = std::chrono::days{31};

template <class Levels> auto find(Levels& levels, std::string_view name) {
  return std::ranges::find_if(levels, [&](const level& l) { return l.bucket.name == name; });
}

result<void> check(const quota::take& t) {
  if (t.buckets.size() > most_buckets)
    return failure{code::too_large,
                   "one request takes from " + std::to_string(t.buckets.size()) + " buckets",
                   "buckets", "Use at most " + std::to_string(most_buckets) + '.'};
  if (t.lease <= span{} || t.lease > longest_lease)
    return failure{code::malformed, "a place cannot be leased for this long", "lease",
                   "Use more than 0s and at most " + to_text(longest_lease) + '.'};
  for (std::size_t i = 0; i < t.buckets.size(); ++i) {
    const auto where = "buckets[" + std::to_string(i) + ']';
    if (auto checked = actors::check(t.buckets[i], where); !checked)
      return checked;
    for (std::size_t j = 0; j < i; ++j)
      if (t.buckets[j].name == t.buckets[i].name)
        return failure{code::malformed, "the bucket is named twice", where + ".name",
                       "Name each bucket of a request once."};
  }
  return {};
}

span wait_for_bucket(const quota::state& s, const bucket& b, moment now) {
  const auto it = find(s.levels, b.name);
  if (it == s.levels.end())
    return span{};
  if (it->bucket == b)
    return wait_for(*it, now);
  auto reshaped = *it;
  reshape(reshaped, b);
  return wait_for(reshaped, now);
}

/// Buckets at rest make room when there would be too many.
void make_room(std::vector<level>& levels, std::size_t coming, moment now) {
  if (levels.size() + coming > most_levels)
    std::erase_if(levels, [&](const level& l) { return at_rest(l, now); });
}

bool has_room(const quota::state& s, const std::vector<bucket>& coming, moment now) {
  if (s.levels.size() + coming.size() <= most_levels)
    return true;
  const auto stays = [&](const level& l) { return !at_rest(l, now); };
  const auto fresh = std::ranges::count_if(coming, [&](const bucket& b) {
    const auto it = find(s.levels, b.name);
    return it == s.levels.end() || !stays(*it);
  });
  return std::ranges::count_if(s.levels, stays) + fresh <= static_cast<std::ptrdiff_t>(most_levels);
}

moment not_too_far(moment t, moment now) {
  return std::min(t, now + furthest_reset);
}

} // namespace

quota::decision<quota::take> quota::on(const state& s, const take& t, moment now) {
  if (auto checked = check(t); !checked)
    return refuse(std::move(checked).error());
  if (now < s.blocked_until_at)
    return refuse(code::overloaded, "the platform asked everyone to wait",
                  s.blocked_until_at - now);
  span longest{};
  const bucket* slowest = nullptr;
  for (const auto& b : t.buckets)
    if (const auto wait = wait_for_bucket(s, b, now); wait > longest) {
      longest = wait;
      slowest = &b;
    }
  if (slowest)
    return refuse({code::overloaded, "the limit of " + slowest->name + " is used up", slowest->name,
                   "Wait, or raise the limit if the platform allows more.", longest});
  if (!has_room(s, t.buckets, now))
    return refuse({code::overloaded,
                   "more than " + std::to_string(most_levels) + " buckets are in use", "buckets",
                   "Use fewer different bucket keys for one integration.", span{1000}});
  const auto grant = s.grants + 1;
  return persist(taken{grant, t.buckets, now, t.lease}).reply(granted{grant});
}

quota::decision<quota::give_back> quota::on(const state& s, const give_back& g, moment) {
  for (const auto& l : s.levels)
    for (const auto& p : l.places)
      if (p.grant == g.grant)
        return persist(returned{g.grant});
  return ignore(); // its lease was over, or it held no place
}

quota::decision<quota::observed> quota::on(const state& s, const observed& o, moment now) {
  const auto it = find(s.levels, o.bucket);
  if (it == s.levels.end() || o.reset_at <= now)
    return ignore();
  const auto reset_at = not_too_far(o.reset_at, now);
  if (it->reset_at > now) {
    if (reset_at < it->reset_at)
      return ignore(); // an answer that was overtaken
    if (reset_at == it->reset_at && o.remaining >= it->remaining)
      return ignore(); // nothing new: our own takes are counted already
  }
  return persist(limited{o.bucket, o.remaining, reset_at});
}

quota::decision<quota::throttled> quota::on(const state& s, const throttled& t, moment now) {
  const auto until = not_too_far(t.until_at, now);
  return until > now && until > s.blocked_until_at ? persist(blocked{until}) : ignore();
}

quota::decision<quota::catch_up> quota::on(const state& s, const catch_up&, moment now) {
  return std::ranges::any_of(s.levels, [&](const level& l) { return is_ahead(l, now); })
             ? persist(caught_up{now})
             : ignore();
}

void quota::apply(state& s, const caught_up& e) {
  for (auto& l : s.levels)
    if (is_ahead(l, e.at))
      actors::catch_up(l, e.at);
}

void quota::apply(state& s, const taken& e) {
  s.grants = e.grant;
  make_room(s.levels, e.buckets.size(), e.at);
  for (const auto& b : e.buckets) {
    auto it = find(s.levels, b.name);
    if (it == s.levels.end())
      it = s.levels.insert(it, level{.bucket = b});
    else if (it->bucket != b)
      reshape(*it, b);
    actors::take(*it, e.grant, e.at, e.lease);
  }
}

void quota::apply(state& s, const returned& e) {
  for (auto& l : s.levels)
    std::erase_if(l.places, [&](const place& p) { return p.grant == e.grant; });
}

void quota::apply(state& s, const limited& e) {
  const auto it = find(s.levels, e.bucket);
  ensure(it != s.levels.end(), "a limit is noted for a bucket that is there");
  it->remaining = e.remaining;
  it->reset_at = e.reset_at;
}

bool quota::holds(const state& s) {
  if (s.levels.size() > most_levels)
    return false;
  for (auto it = s.levels.begin(); it != s.levels.end(); ++it)
    if (!actors::holds(*it) || find(s.levels, it->bucket.name) != it)
      return false;
  return true;
}

} // namespace tenon::actors
