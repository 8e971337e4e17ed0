// What the cluster agrees on as a whole: factor, zones, feature level.
#include "cluster/membership/deciding.hpp"

#include <algorithm>

namespace tenon::cluster::membership {

answer on(const state& s, const words::set_factor& c, const sight&, moment) {
  if (c.factor != 1 && c.factor != 3 && c.factor != 5)
    return refuse(code::malformed, "a factor of " + std::to_string(c.factor) + " cannot be",
                  "factor", "Use 1, 3 or 5.");
  // More than there are workers is allowed: partitions are under-replicated until more join.
  return c.factor == s.factor ? as_it_is() : happened(words::factor_set{c.factor});
}

answer on(const state& s, const words::set_zone& c, const sight&, moment) {
  const auto found = member(s, c.node);
  if (!found)
    return found.error();
  if (c.zone.size() > 63)
    return refuse(code::malformed, "the zone's label is too long", "zone",
                  "Use at most 63 characters.");
  return (*found)->zone == c.zone ? as_it_is(c.node)
                                  : happened(words::zone_set{c.node, c.zone}, c.node);
}

answer on(const state& s, const words::raise& c, const sight&, moment) {
  if (c.level == s.feature_level)
    return as_it_is();
  if (c.level < s.feature_level)
    return refuse(code::conflict,
                  "the cluster works at feature level " + std::to_string(s.feature_level) +
                      ", and it is never lowered",
                  "level", "What was written at this level cannot be read below it.");
  for (const auto& n : s.nodes)
    if (is_member(n) && (n.speaks_to < c.level || n.speaks_from > c.level))
      return refuse(code::conflict,
                    called(n) + " of version " + n.version + " does not speak feature level " +
                        std::to_string(c.level),
                    "level", "Update it first, or remove it if it is gone.");
  return happened(words::raised{c.level});
}

} // namespace tenon::cluster::membership
