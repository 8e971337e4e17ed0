// A debt that time pays off, for the kinds that refill evenly. Counted in parts of a millisecond,
// as many to each as units come back in a period: a unit owes `period` of them, so that whole
// numbers lose no fraction (ITU-T I.371, GCRA as virtual scheduling).
#pragma once

#include "actors/quota/kinds/kind.hpp"

namespace tenon::actors::buckets {

struct debt {
  std::int64_t most; // units that may be owed at once
  std::int64_t paid; // units that each period pays
  span period;

  std::int64_t parts(const level&, moment now) const;
  span wait(const level&, moment now, units) const;
  void take(level&, moment at, units) const;
  /// Had less been taken then, nothing might have been owed since: what was paid in the meantime
  /// may have been paid for nothing, and is not given back again.
  void give_back(level&, moment taken_at, moment at, units) const;
  units left(const level&, moment now) const;
  /// How long it takes to pay off the most.
  span whole() const;
  void owe(level&, std::int64_t parts, moment at) const;
};

} // namespace tenon::actors::buckets
