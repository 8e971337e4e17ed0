// token: refills evenly, with bursts up to its size.
//
//     at most amount + L · amount / period in any stretch of length L
//
// The leaky bucket as a meter: Turner, "New Directions in Communications", 1986.
#include "actors/quota/kinds/debt.hpp"

namespace tenon::actors::buckets {
namespace {

debt rule(const bucket& b) {
  return {b.amount, b.amount, b.period};
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

void reshape(level& l, const bucket&, moment) {
  // The parts change their size: a part begun is rounded up, never forgotten.
  if (l.paid_rest > 0)
    l.paid_at += span{1};
  l.paid_rest = 0;
}

bool is_ahead(const level& l, moment now) {
  return l.paid_at - now > l.bucket.period;
}

void catch_up(level& l, moment now) {
  l.paid_at = now + l.bucket.period;
  l.paid_rest = 0;
}

bool rests(const level& l, moment now) {
  return rule(l.bucket).parts(l, now) == 0;
}

} // namespace

// amount · period stays below 2^62, so that the arithmetic cannot overflow.
const kind token{1'000'000'000, true,     wait,     take,  give_back, left,
                 reshape,       is_ahead, catch_up, rests, a_period};

} // namespace tenon::actors::buckets
