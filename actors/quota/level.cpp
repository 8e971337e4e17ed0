#include "actors/quota/level.hpp"

#include "actors/quota/kinds/kind.hpp"
#include "actors/schedule/zones.hpp"

#include <algorithm>

namespace tenon::actors {

using protocols::quota;
using bucket = quota::bucket;
using level = quota::level;
using kind = quota::kind;

namespace {

constexpr span longest_period = std::chrono::days{31};
constexpr std::size_t longest_name = 128;
constexpr std::uint32_t most_kept = 90;
constexpr std::uint32_t day_ms = 86'400'000;
constexpr std::size_t most_slots = 256;
constexpr std::size_t most_remembered = 10'000;
constexpr std::size_t most_places = 1'000;

std::uint32_t part(std::uint32_t amount, std::uint32_t per_mille) {
  const auto scaled = std::uint64_t{amount} * std::min(per_mille, 1000u) / 1000;
  return std::max(static_cast<std::uint32_t>(scaled), 1u);
}

bool has_period(const bucket& b) {
  return buckets::of(b.kind).timed && !(b.kind == kind::daily && !b.zone.empty());
}

} // namespace

result<void> check(const bucket& b, std::string_view where) {
  const auto wrong = [&](std::string_view member, std::string remedy) {
    return failure{code::malformed, "the bucket cannot work with this " + std::string{member},
                   std::string{where} + '.' + std::string{member}, std::move(remedy)};
  };
  const auto most = buckets::of(b.kind).most;
  if (b.name.empty() || b.name.size() > longest_name)
    return wrong("name", "Use 1 to " + std::to_string(longest_name) + " bytes.");
  if (b.amount == 0 || b.amount > most)
    return wrong("amount", "Use 1 to " + std::to_string(most) + '.');
  if (has_period(b) && (b.period <= span{} || b.period > longest_period))
    return wrong("period", "Use more than 0s and at most " + to_text(longest_period) + '.');
  if (b.kind == kind::cost && (b.restored == 0 || b.restored > b.amount))
    return wrong("restored", "Use 1 to " + std::to_string(b.amount) + '.');
  if (b.kind == kind::daily && !b.zone.empty())
    if (const auto named = zone_named(b.zone); !named)
      return wrong("zone", named.error().remedy);
  if (b.starts >= span{day_ms})
    return wrong("starts", "Use a time of the day.");
  if (b.kept_percent > most_kept)
    return wrong("kept_percent", "Use 0 to " + std::to_string(most_kept) + '.');
  return {};
}

span longest_wait(const bucket& b) {
  return buckets::of(b.kind).longest_wait(b);
}

bucket effective(bucket b, const level* known, std::uint32_t per_mille) {
  const auto declared = b.amount;
  if (known != nullptr && known->bucket.kind == b.kind && b.kind != kind::concurrency) {
    if (known->told_limit > 0)
      b.amount = std::min(known->told_limit, buckets::of(b.kind).most);
    if (known->told_window > span{} && b.zone.empty())
      b.period = std::min(known->told_window, longest_period);
    if (known->told_restored > 0 && b.kind == kind::cost)
      b.restored = known->told_restored;
    else if (b.kind == kind::cost) // a larger bucket is filled faster, as long as nobody denies it
      b.restored = static_cast<std::uint32_t>(
          std::max<std::uint64_t>(std::uint64_t{b.restored} * b.amount / declared, 1));
  }
  if (b.kind == kind::cost) {
    b.restored = part(b.restored, per_mille);
    b.restored = std::min(b.restored, b.amount);
  } else if (b.kind != kind::concurrency && b.kind != kind::daily) {
    b.amount = part(b.amount, per_mille);
  }
  return b;
}

std::uint32_t kept(const bucket& b) {
  return static_cast<std::uint32_t>(std::uint64_t{b.amount} * b.kept_percent / 100);
}

span wait_for(const level& l, moment now, std::uint32_t units, std::uint32_t mine) {
  const auto own = buckets::of(l.bucket.kind).wait(l, now, std::min(units, l.bucket.amount));
  const bool used_up = l.remaining < mine && l.reset_at > now;
  const auto told = std::max(used_up ? l.reset_at : now, l.blocked_until_at);
  return std::max(own, told - now);
}

void take(level& l, quota::place p) {
  const auto units = p.units;
  p.units = std::min(units, l.bucket.amount);
  buckets::of(l.bucket.kind).take(l, p);
  if (l.reset_at > p.since_at)
    l.remaining -= std::min(l.remaining, units);
}

void end(level& l, std::uint64_t grant, moment at) {
  const auto& kind = buckets::of(l.bucket.kind);
  for (const auto& p : l.places)
    if (p.grant == grant && kind.over != nullptr)
      kind.over(l, at, p.units);
  std::erase_if(l.places, [&](const auto& p) { return p.grant == grant; });
}

void refresh(level& l, moment now, moment life) {
  const auto& kind = buckets::of(l.bucket.kind);
  if (kind.refresh != nullptr)
    kind.refresh(l, now, life);
}

void withdraw(level& l, std::uint64_t grant, moment taken_at, moment at, std::uint32_t units) {
  if (std::erase_if(l.places, [&](const auto& p) { return p.grant == grant; }) == 0)
    buckets::of(l.bucket.kind).give_back(l, taken_at, at, units);
  // A word that came since has never counted it.
  if (l.reset_at > at && l.told_at < taken_at)
    l.remaining += std::min(units, ~l.remaining);
}

void settle(level& l, std::uint32_t taken, std::uint32_t price, moment taken_at, moment at) {
  const auto& kind = buckets::of(l.bucket.kind);
  if (price < taken)
    kind.give_back(l, taken_at, at, taken - price);
  else if (price > taken && kind.timed)
    kind.take(l, {.since_at = at, .units = std::min(price - taken, l.bucket.amount)});
  // What the next is taken for: up at once, down slowly.
  l.expected = price >= l.expected ? price : l.expected - (l.expected - price + 3) / 4;
}

std::uint32_t left(const level& l, moment now) {
  return buckets::of(l.bucket.kind).left(l, now);
}

void lower(level& l, std::uint32_t remaining, moment at) {
  const auto& kind = buckets::of(l.bucket.kind);
  const auto own = kind.left(l, at);
  if (!kind.timed || own <= remaining)
    return;
  if (kind.used_elsewhere != nullptr)
    kind.used_elsewhere(l, at, own - remaining);
  else
    kind.take(l, {.since_at = at, .units = own - remaining});
}

void reshape(level& l, const bucket& b, moment at) {
  if (b.kind != l.bucket.kind) // what one kind remembers says nothing to another
    l = {.remaining = l.remaining, .reset_at = l.reset_at, .blocked_until_at = l.blocked_until_at};
  else
    buckets::of(b.kind).reshape(l, b, at);
  l.bucket = b;
}

bool is_ahead(const level& l, moment now) {
  return buckets::of(l.bucket.kind).is_ahead(l, now);
}

void catch_up(level& l, moment now) {
  l.reset_at = {}; // dates by a clock that was wrong
  l.blocked_until_at = {};
  buckets::of(l.bucket.kind).catch_up(l, now);
}

bool at_rest(const level& l, moment now) {
  return l.reset_at <= now && l.blocked_until_at <= now && buckets::of(l.bucket.kind).rests(l, now);
}

std::uint64_t worth(const bucket& b, std::uint32_t units) {
  constexpr std::uint64_t a_place = 1'000;
  if (!buckets::of(b.kind).timed)
    return a_place;
  const auto period = has_period(b) ? b.period.count() : span::rep{day_ms};
  const auto comes_back = b.kind == kind::cost ? b.restored : b.amount;
  const auto each = static_cast<double>(period) * 1000 / comes_back;
  return static_cast<std::uint64_t>(each * units) + 1;
}

bool holds(const level& l) {
  const auto parts = l.bucket.kind == kind::cost ? l.bucket.restored : l.bucket.amount;
  return check(l.bucket, {}).has_value() && l.paid_rest < parts &&
         l.granted_at_ms.size() <= most_remembered && std::ranges::is_sorted(l.granted_at_ms) &&
         l.places.size() <= (l.bucket.kind == kind::sliding ? most_remembered : most_places) &&
         l.slots.size() <= most_slots;
}

} // namespace tenon::actors
