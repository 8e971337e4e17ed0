#include "cluster/link/pacing.hpp"

#include <algorithm>
#include <cstdint>

namespace tenon::cluster::link {

span back_off(unsigned failures, span first, span most, double draw) {
  const auto doubled = first.count() << std::min(failures, 20u);
  const auto whole = static_cast<double>(std::min<span::rep>(doubled, most.count()));
  return span{static_cast<span::rep>(whole * (1 - std::clamp(draw, 0.0, 1.0) / 2))};
}

bool survives(const contender& fresh, const contender& standing) {
  if (fresh.epoch != standing.epoch)
    return fresh.epoch > standing.epoch;
  return fresh.dialled_by_lower && !standing.dialled_by_lower;
}

void patience::look(bool waiting, bool moved, instant now) {
  if (!waiting)
    since_.reset();
  else if (moved || !since_)
    since_ = now;
}

} // namespace tenon::cluster::link
