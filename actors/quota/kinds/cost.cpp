// cost: points, of which there are at most `amount` and `restored` come back in each period. A
// request has a price that is known when it was answered: an estimate is taken for it, and the
// difference settled.
//
//     at most amount + L · restored / period in any stretch of length L
//     and, where estimates were too low, by what they were too low
//
// Shopify's calculated query costs: shopify.dev/docs/api/usage/limits.
#include "actors/quota/kinds/debt.hpp"

#include <algorithm>

namespace tenon::actors::buckets {
namespace {

debt rule(const bucket& b) {
  return {b.amount, b.restored, b.period};
}

span wait(const level& l, moment now, units n) {
  return rule(l.bucket).wait(l, now, n);
}

void take(level& l, const place& p) {
  rule(l.bucket).take(l, p.since_at, p.units);
}

void give_back(level& l, moment taken_at, moment at, units n) {
  rule(l.bucket).give_back(l, taken_at, at, n);
}

units left(const level& l, moment now) {
  return rule(l.bucket).left(l, now);
}

/// As many units are owed as before, a part begun rounded up.
void reshape(level& l, const bucket& next, moment at) {
  const auto before = rule(l.bucket);
  const auto after = rule(next);
  if (l.paid_at - at > 2 * before.whole())
    return; // the clock was set back: it stays ahead by as much
  const auto owed = (before.parts(l, at) + before.period.count() - 1) / before.period.count();
  after.owe(l, std::min(owed, 2 * after.most) * after.period.count(), at);
}

bool is_ahead(const level& l, moment now) {
  return l.paid_at - now > 2 * rule(l.bucket).whole();
}

void catch_up(level& l, moment now) {
  l.paid_at = now + rule(l.bucket).whole();
  l.paid_rest = 0;
}

bool rests(const level& l, moment now) {
  return rule(l.bucket).parts(l, now) == 0;
}

span longest_wait(const bucket& b) {
  return 2 * rule(b).whole();
}

} // namespace

const kind cost{100'000'000, true,     wait,     take,  give_back,   left,
                reshape,     is_ahead, catch_up, rests, longest_wait};

} // namespace tenon::actors::buckets
