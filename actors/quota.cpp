#include "actors/quota.hpp"

#include "actors/quota/level.hpp"
#include "actors/quota/line.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>

namespace tenon::actors {

namespace {

using level = quota::level;
using bucket = quota::bucket;

constexpr std::size_t most_buckets = 16; // of one request
constexpr span longest_lease = std::chrono::days{1};
constexpr span furthest_reset = std::chrono::days{31};
constexpr std::size_t longest_asker = 256;
constexpr std::uint32_t all_of_it = 1000; // per mille
// Who does not come when it was told is waited for a little: messages take their time.
constexpr span patience{500};
// Nobody knows when a place is given back.
constexpr span look{50};
// Those who are before one are about to come.
constexpr span soon{10};
// Who waits longer than this for one bucket holds no place at those that it will have sooner:
// others would wait there for nothing.
constexpr span longest_place = std::chrono::minutes{1};
// A word about pressure that says nearly the same is not written down again.
constexpr span same_time = std::chrono::minutes{1};

result<void> check(const quota::take& t) {
  if (t.buckets.size() > most_buckets)
    return failure{code::too_large,
                   "one request takes from " + std::to_string(t.buckets.size()) + " buckets",
                   "buckets", "Use at most " + std::to_string(most_buckets) + '.'};
  if (t.lease <= span{} || t.lease > longest_lease)
    return failure{code::malformed, "a place cannot be leased for this long", "lease",
                   "Use more than 0s and at most " + to_text(longest_lease) + '.'};
  if (t.asker.size() > longest_asker || t.weight == 0 || t.weight > line::heaviest)
    return failure{code::malformed, "nobody can ask with this name and weight", "asker",
                   "Use at most " + std::to_string(longest_asker) + " bytes, and 1 to " +
                       std::to_string(line::heaviest) + '.'};
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

std::uint32_t pressure(const quota::state& s, moment now) {
  return s.pressed_until_at > now ? s.per_mille : all_of_it;
}

/// What a request takes of one bucket.
struct portion {
  bucket from;
  std::uint32_t units;
};

std::vector<portion> portions_of(const quota::state& s, const quota::take& t, moment now) {
  std::vector<portion> all;
  for (std::size_t i = 0; i < t.buckets.size(); ++i) {
    const auto it = find_level(s.levels, t.buckets[i].name);
    const auto* known = it == s.levels.end() ? nullptr : &*it;
    portion p{effective(t.buckets[i], known, pressure(s, now)), 1};
    if (i < t.prices.size()) {
      const bool learnt = known != nullptr && known->expected > 0;
      p.units = t.prices[i] > 0 ? t.prices[i] : learnt ? known->expected : p.from.estimate;
    }
    p.units = std::clamp(p.units, 1u, p.from.amount);
    all.push_back(std::move(p));
  }
  return all;
}

std::uint64_t charge_of(const std::vector<portion>& wanted) {
  std::uint64_t most = 0;
  for (const auto& p : wanted)
    most = std::max(most, worth(p.from, p.units));
  return most;
}

span wait_for_bucket(const quota::state& s, const quota::take& t, const portion& p,
                     std::uint64_t charge, moment now) {
  const auto it = find_level(s.levels, p.from.name);
  if (it == s.levels.end())
    return span{};
  auto level = *it;
  if (level.bucket != p.from)
    reshape(level, p.from, now);
  refresh(level, now, t.life_at);
  const auto reserve = kept(p.from);
  if (t.asker.empty()) {
    const auto all = line::needed(p.units, {}, t.interactive, reserve);
    return wait_for(level, now, all, p.units);
  }
  const auto first = line::ahead_of(s.line, t.asker, p.from.name, now);
  const auto all = line::needed(p.units, first, t.interactive, reserve);
  const auto before_me = t.interactive ? all : line::needed(p.units, first, false, 0);
  auto wait = wait_for(level, now, all, before_me);
  if (now < level.blocked_until_at)
    return wait;
  if (p.from.kind == quota::kind::concurrency) // what is given back must not stay empty
    return before_me > p.from.amount || wait > span{}
               ? std::min(std::max(wait, look), look * (1 + std::int64_t{first.others}))
               : span{};
  if (before_me > p.from.amount) // not all of those at once
    wait += std::max(soon, span{worth(p.from, before_me - p.from.amount) / 1000});
  const bool reserved = t.interactive && all <= reserve;
  if (wait == span{} && !reserved &&
      line::yields(s.line, t.asker, p.from.name, charge, t.weight, now))
    return soon;
  return wait;
}

/// Not yet. Where others wait as well, it gets a place in the line.
quota::decision<quota::take> put_off(const quota::state& s, const quota::take& t,
                                     const std::vector<portion>& wanted,
                                     const std::vector<span>& waits, moment now) {
  const auto slowest = std::ranges::max_element(waits) - waits.begin();
  const auto wait = waits[static_cast<std::size_t>(slowest)];
  const auto& name = wanted[static_cast<std::size_t>(slowest)].from.name;
  const auto known = find_level(s.levels, name);
  const bool told = known != s.levels.end() && known->blocked_until_at >= now + wait;
  failure why{code::overloaded, "the limit of " + name + " is used up", name,
              "Wait, or raise the limit if the platform allows more.", wait};
  if (told)
    why = {code::overloaded, "the platform asked to wait for the limit of " + name, name, {}, wait};
  if (t.asker.empty() || !line::has_others(s.line, t.asker))
    return quota::refuse(why);
  // Also where it was short before: otherwise others would take turns at being short.
  const auto me = std::ranges::find(s.line, t.asker, &quota::asker::name);
  const bool waited = me != s.line.end() && me->waits_until_at > now;
  std::vector<quota::share> shares;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& bucket = wanted[i].from.name;
    const bool before = waited && std::ranges::count(me->waits_for, bucket, &quota::share::bucket);
    const bool in_vain = wait > longest_place && waits[i] <= longest_place;
    if ((waits[i] > span{} || before) && !in_vain)
      shares.push_back({bucket, wanted[i].units});
  }
  if (line::has_place(s.line, t.asker, shares, now + wait))
    return quota::refuse(why);
  return quota::persist(
             quota::queued{t.asker, t.interactive, now, now + wait + patience, std::move(shares)})
      .reply(quota::granted{.wait = wait, .slowest = name});
}

bool has_room(const quota::state& s, const std::vector<bucket>& coming, moment now) {
  if (s.levels.size() + coming.size() <= quota::most_levels)
    return true;
  const auto stays = [&](const level& l) { return !at_rest(l, now); };
  const auto fresh = std::ranges::count_if(coming, [&](const bucket& b) {
    const auto it = find_level(s.levels, b.name);
    return it == s.levels.end() || !stays(*it);
  });
  return std::ranges::count_if(s.levels, stays) + fresh <=
         static_cast<std::ptrdiff_t>(quota::most_levels);
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
  const auto wanted = portions_of(s, t, now);
  const auto charge = charge_of(wanted);
  std::vector<span> waits;
  for (const auto& p : wanted)
    waits.push_back(wait_for_bucket(s, t, p, charge, now));
  if (std::ranges::any_of(waits, [](span w) { return w > span{}; }))
    return put_off(s, t, wanted, waits, now);
  taken e{.grant = s.grants + 1,
          .at = now,
          .lease = t.lease,
          .asker = t.asker,
          .weight = t.weight,
          .interactive = t.interactive,
          .charge = charge,
          .life_at = t.life_at,
          .patience = t.patience};
  for (const auto& p : wanted) {
    e.amounts.push_back(p.units);
    e.buckets.push_back(p.from);
  }
  if (!has_room(s, e.buckets, now))
    return refuse({code::overloaded,
                   "more than " + std::to_string(quota::most_levels) + " buckets are in use",
                   "buckets", "Use fewer different bucket keys for one integration.", span{1000}});
  granted told{.grant = e.grant, .at = now, .taken = e.amounts, .buckets = e.buckets};
  return persist(std::move(e)).reply(std::move(told));
}

quota::decision<quota::give_back> quota::on(const state& s, const give_back& g, moment now) {
  for (const auto& l : s.levels)
    for (const auto& p : l.places)
      if (p.grant == g.grant)
        return persist(returned{g.grant, now});
  return ignore(); // its lease was over, or it held no place
}

namespace {

/// Whether the word is news: an answer may have been overtaken, and our own takes are counted.
bool says_more(const level& l, const quota::observed& o, moment reset_at, moment now) {
  if (l.reset_at <= now)
    return true;
  return reset_at > l.reset_at || (reset_at == l.reset_at && o.remaining < l.remaining);
}

} // namespace

quota::decision<quota::observed> quota::on(const state& s, const observed& o, moment now) {
  const auto it = find_level(s.levels, o.bucket);
  if (it == s.levels.end())
    return ignore();
  auto p = ignore();
  const measured size{o.bucket, o.limit > 0 ? o.limit : it->told_limit,
                      o.window > span{} ? o.window : it->told_window,
                      o.restored > 0 ? o.restored : it->told_restored};
  if (size != measured{o.bucket, it->told_limit, it->told_window, it->told_restored})
    p = std::move(p).also(size);
  if (!o.knows_remaining)
    return p;
  if (o.reset_at == moment{}) {
    if (left(*it, now) > o.remaining)
      p = std::move(p).also(lowered{o.bucket, o.remaining, now});
    return p;
  }
  const auto reset_at = not_too_far(o.reset_at, now);
  if (reset_at > now && says_more(*it, o, reset_at, now))
    p = std::move(p).also(limited{o.bucket, o.remaining, reset_at, now});
  return p;
}

quota::decision<quota::throttled> quota::on(const state& s, const throttled& t, moment now) {
  const auto until = not_too_far(t.until_at, now);
  if (until <= now)
    return ignore();
  if (t.buckets.empty())
    return until > s.blocked_until_at ? persist(blocked{until}) : ignore();
  blocked e{.until_at = until};
  for (const auto& name : t.buckets)
    if (const auto it = find_level(s.levels, name);
        it != s.levels.end() && until > it->blocked_until_at)
      e.buckets.push_back(name);
  return e.buckets.empty() ? ignore() : persist(std::move(e));
}

quota::decision<quota::catch_up> quota::on(const state& s, const catch_up&, moment now) {
  return std::ranges::any_of(s.levels, [&](const level& l) { return is_ahead(l, now); })
             ? persist(caught_up{now})
             : ignore();
}

quota::decision<quota::settle> quota::on(const state& s, const settle& c, moment now) {
  const auto it = find_level(s.levels, c.bucket);
  if (it == s.levels.end() || (c.price == c.taken && c.price == it->expected))
    return ignore();
  return persist(settled{c.bucket, c.taken, c.price, c.taken_at, now});
}

quota::decision<quota::pressed> quota::on(const state& s, const pressed& p, moment now) {
  const auto until = not_too_far(p.until_at, now);
  const auto share = std::clamp(p.per_mille, 1u, all_of_it);
  const bool same = share == pressure(s, now);
  if (until <= now || (same && (share == all_of_it || until < s.pressed_until_at + same_time)))
    return ignore();
  return persist(slowed{share, until});
}

quota::decision<quota::read_standing> quota::on(const state& s, const read_standing&, moment now) {
  standing told{.blocked_until_at = s.blocked_until_at, .per_mille = pressure(s, now)};
  const auto least = std::ranges::min_element(s.levels, {}, &level::blocked_until_at);
  if (least != s.levels.end()) // who waits for each of them waits for all
    told.blocked_until_at = std::max(told.blocked_until_at, least->blocked_until_at);
  for (auto l : s.levels) {
    refresh(l, now, {});
    auto free = left(l, now);
    if (l.reset_at > now)
      free = std::min(free, l.remaining);
    if (l.blocked_until_at > now)
      free = 0;
    told.buckets.push_back({l.bucket, free, wait_for(l, now)});
  }
  return reply(std::move(told));
}

quota::decision<quota::step_back> quota::on(const state& s, const step_back& b, moment now) {
  const take as_asked{.buckets = b.buckets,
                      .prices = b.amounts,
                      .asker = b.asker,
                      .weight = b.weight,
                      .interactive = b.interactive};
  if (!check(as_asked))
    return ignore();
  const bool took = b.grant != 0 && b.grant <= s.grants && b.taken_at <= now;
  const bool far = b.until_at > now + longest_place; // others would wait for it in vain
  const bool stays =
      !b.asker.empty() && b.until_at > now && !far && line::has_others(s.line, b.asker);
  const auto wanted = portions_of(s, as_asked, now);
  stepped_back e{.grant = took ? b.grant : 0,
                 .taken_at = b.taken_at,
                 .asker = b.asker,
                 .weight = b.weight,
                 .interactive = b.interactive,
                 .charge = charge_of(wanted),
                 .at = now,
                 .since_at = std::min(b.since_at, now),
                 .until_at = stays ? b.until_at + patience : moment{}};
  for (const auto& p : wanted)
    e.shares.push_back({p.from.name, p.units});
  if (!took && (!stays || line::has_place(s.line, b.asker, e.shares, b.until_at)))
    return ignore();
  return persist(std::move(e));
}

quota::decision<quota::tidy> quota::on(const state& s, const tidy&, moment now) {
  const bool rests = s.blocked_until_at <= now && s.pressed_until_at <= now &&
                     std::ranges::all_of(s.levels, [&](const level& l) { return at_rest(l, now); });
  return persist(tidied{now, rests});
}

runtime::deadlines quota::due(const state& s) {
  if (s.tidy_at == moment{})
    return {};
  return {remind(s.tidy_at, tidy{})};
}

} // namespace tenon::actors
