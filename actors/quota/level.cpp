#include "actors/quota/level.hpp"

#include <algorithm>

namespace tenon::actors {

using protocols::quota;
using level = quota::level;
using kind = quota::kind;

namespace {

constexpr span longest_period = std::chrono::days{31};
constexpr std::size_t longest_name = 128;

constexpr std::uint32_t most(kind k) {
  switch (k) {
  case kind::sliding:
    return 10'000;
  case kind::concurrency:
    return 1'000;
  default:
    // amount · period stays below 2^62, so that token arithmetic cannot overflow.
    return 1'000'000'000;
  }
}

std::int64_t ms(moment t) {
  return t.time_since_epoch().count();
}

// Token. What was taken is a debt, counted in parts of a millisecond, `amount` to each: one take
// owes `period` of them, time pays `amount` per millisecond, and the debt may reach period ·
// amount.

std::int64_t debt(const level& l, moment now) {
  const auto ahead = (l.paid_at - now).count();
  return ahead < 0 ? 0 : ahead * l.bucket.amount + l.paid_rest;
}

span wait_for_token(const level& l, moment now) {
  const auto period = l.bucket.period;
  if (l.paid_at - now > period) // only after the clock stepped back
    return l.paid_at - now - period + span{1};
  const std::int64_t amount = l.bucket.amount;
  const auto over = debt(l, now) + period.count() - period.count() * amount;
  return over <= 0 ? span{} : span{(over + amount - 1) / amount};
}

void take_token(level& l, moment at) {
  const auto owed = debt(l, at) + l.bucket.period.count();
  l.paid_at = at + span{owed / l.bucket.amount};
  l.paid_rest = static_cast<std::uint32_t>(owed % l.bucket.amount);
}

// Fixed.

moment window_of(const level& l, moment now) {
  const auto period = l.bucket.period.count();
  const auto into = ((ms(now) % period) + period) % period;
  return std::max(l.window_at, now - span{into});
}

span wait_for_window(const level& l, moment now) {
  const auto window = window_of(l, now);
  const bool full = window == l.window_at && l.taken >= l.bucket.amount;
  return full ? window + l.bucket.period - now : span{};
}

void take_in_window(level& l, moment at) {
  const auto window = window_of(l, at);
  l.taken = window == l.window_at ? l.taken + 1 : 1;
  l.window_at = window;
}

// Sliding: the moment of the take `amount` takes ago must be a whole period away.

span wait_for_oldest(const level& l, moment now) {
  const auto& granted = l.granted_at_ms;
  if (granted.size() < l.bucket.amount)
    return span{};
  const moment oldest{span{granted[granted.size() - l.bucket.amount]}};
  return std::max(oldest + l.bucket.period - now, span{});
}

void take_sliding(level& l, moment at) {
  auto& granted = l.granted_at_ms;
  if (granted.size() == l.bucket.amount)
    granted.erase(granted.begin());
  granted.push_back(granted.empty() ? ms(at) : std::max(ms(at), granted.back()));
}

// Concurrency.

span wait_for_place(const level& l, moment now) {
  // Nobody knows when a place is given back; a second is as good a guess as any.
  span soonest{1000};
  std::size_t held = 0;
  for (const auto& p : l.places)
    if (p.until_at > now) {
      ++held;
      soonest = std::min(soonest, p.until_at - now);
    }
  return held < l.bucket.amount ? span{} : soonest;
}

void take_place(level& l, std::uint64_t grant, moment at, span lease) {
  std::erase_if(l.places, [&](const auto& p) { return p.until_at <= at; });
  l.places.push_back({.grant = grant, .until_at = at + lease});
}

span wait_by_own_count(const level& l, moment now) {
  switch (l.bucket.kind) {
  case kind::token:
    return wait_for_token(l, now);
  case kind::fixed:
    return wait_for_window(l, now);
  case kind::sliding:
    return wait_for_oldest(l, now);
  case kind::concurrency:
    return wait_for_place(l, now);
  }
  return span{};
}

} // namespace

result<void> check(const quota::bucket& b, std::string_view where) {
  const auto wrong = [&](std::string_view member, std::string remedy) {
    return failure{code::malformed, "the bucket cannot work with this " + std::string{member},
                   std::string{where} + '.' + std::string{member}, std::move(remedy)};
  };
  if (b.name.empty() || b.name.size() > longest_name)
    return wrong("name", "Use 1 to " + std::to_string(longest_name) + " bytes.");
  if (b.amount == 0 || b.amount > most(b.kind))
    return wrong("amount", "Use 1 to " + std::to_string(most(b.kind)) + '.');
  const bool timed = b.kind != kind::concurrency;
  if (timed && (b.period <= span{} || b.period > longest_period))
    return wrong("period", "Use more than 0s and at most " + to_text(longest_period) + '.');
  return {};
}

span wait_for(const level& l, moment now) {
  const auto own = wait_by_own_count(l, now);
  const bool used_up = l.remaining == 0 && l.reset_at > now;
  return used_up ? std::max(own, l.reset_at - now) : own;
}

void take(level& l, std::uint64_t grant, moment at, span lease) {
  switch (l.bucket.kind) {
  case kind::token:
    take_token(l, at);
    break;
  case kind::fixed:
    take_in_window(l, at);
    break;
  case kind::sliding:
    take_sliding(l, at);
    break;
  case kind::concurrency:
    take_place(l, grant, at, lease);
    break;
  }
  if (l.reset_at > at && l.remaining > 0)
    --l.remaining;
}

void reshape(level& l, const quota::bucket& b) {
  if (b.kind != l.bucket.kind) {
    // What one kind remembers says nothing to another; the platform's word still holds.
    l = {.remaining = l.remaining, .reset_at = l.reset_at};
  } else if (b.kind == kind::token) {
    // The parts change their size: a part begun is rounded up, never forgotten.
    if (l.paid_rest > 0)
      l.paid_at += span{1};
    l.paid_rest = 0;
  } else if (b.kind == kind::sliding && l.granted_at_ms.size() > b.amount) {
    const auto beyond = l.granted_at_ms.size() - b.amount;
    l.granted_at_ms.erase(l.granted_at_ms.begin(),
                          l.granted_at_ms.begin() + static_cast<std::ptrdiff_t>(beyond));
  }
  l.bucket = b;
}

bool is_ahead(const level& l, moment now) {
  switch (l.bucket.kind) {
  case kind::token:
    return l.paid_at - now > l.bucket.period;
  case kind::fixed:
    return l.window_at > now;
  case kind::sliding:
    return !l.granted_at_ms.empty() && l.granted_at_ms.back() > ms(now);
  case kind::concurrency:
    return false; // places are given back
  }
  return false;
}

void catch_up(level& l, moment now) {
  l.reset_at = {}; // a date by a clock that was wrong
  switch (l.bucket.kind) {
  case kind::token:
    l.paid_at = now + l.bucket.period;
    l.paid_rest = 0;
    break;
  case kind::fixed: {
    const auto period = l.bucket.period.count();
    l.window_at = now - span{((ms(now) % period) + period) % period};
    break;
  }
  case kind::sliding:
    for (auto& granted : l.granted_at_ms)
      granted = std::min(granted, ms(now));
    break;
  case kind::concurrency:
    break;
  }
}

bool at_rest(const level& l, moment now) {
  if (l.reset_at > now)
    return false;
  switch (l.bucket.kind) {
  case kind::token:
    return debt(l, now) == 0;
  case kind::fixed:
    return l.taken == 0 || window_of(l, now) != l.window_at;
  case kind::sliding:
    return l.granted_at_ms.empty() || moment{span{l.granted_at_ms.back()}} + l.bucket.period <= now;
  case kind::concurrency:
    return std::ranges::all_of(l.places, [&](const auto& p) { return p.until_at <= now; });
  }
  return true;
}

bool holds(const level& l) {
  return check(l.bucket, {}).has_value() && l.paid_rest < l.bucket.amount &&
         l.granted_at_ms.size() <= most(kind::sliding) && std::ranges::is_sorted(l.granted_at_ms) &&
         l.places.size() <= most(kind::concurrency);
}

} // namespace tenon::actors
