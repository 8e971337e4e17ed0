#include "actors/quota/kinds/debt.hpp"

#include <algorithm>

namespace tenon::actors::buckets {

span debt::whole() const {
  return span{(most * period.count() + paid - 1) / paid};
}

std::int64_t debt::parts(const level& l, moment now) const {
  const auto ahead = (l.paid_at - now).count();
  return ahead < 0 ? 0 : ahead * paid + l.paid_rest;
}

span debt::wait(const level& l, moment now, units n) const {
  const auto ahead = l.paid_at - now;
  if (ahead > 2 * whole()) // only after the clock stepped back; and more would not fit into 64 bits
    return ahead - whole() + span{1};
  const auto over = parts(l, now) + n * period.count() - most * period.count();
  return over <= 0 ? span{} : span{(over + paid - 1) / paid};
}

void debt::owe(level& l, std::int64_t parts, moment at) const {
  l.paid_at = at + span{parts / paid};
  l.paid_rest = static_cast<std::uint32_t>(parts % paid);
}

void debt::take(level& l, moment at, units n) const {
  // A clock that stepped far back: what is owed grows from where it stands.
  const auto from = std::max(at, l.paid_at - 2 * whole());
  owe(l, parts(l, from) + n * period.count(), from);
}

void debt::give_back(level& l, moment taken_at, moment at, units n) const {
  if (l.paid_at - at > 2 * whole())
    return; // the clock was set back
  const auto since = std::clamp((at - taken_at).count(), std::int64_t{0}, whole().count());
  const auto refund = n * period.count() - since * paid;
  if (refund > 0)
    owe(l, std::max<std::int64_t>(parts(l, at) - refund, 0), at);
}

units debt::left(const level& l, moment now) const {
  if (l.paid_at - now > whole())
    return 0;
  const auto free = most * period.count() - parts(l, now);
  return static_cast<units>(std::max<std::int64_t>(free / period.count(), 0));
}

} // namespace tenon::actors::buckets
