// The health of an integration: seven metrics, one score, and what to do. Pure.
//
//     mean  = the metrics that are known, by their weights
//     score = the mean, but at most 30 above the worse of reachability and credentials
//
// because nothing else helps where nobody gets in. What is unknown counts neither for nor against:
// the score says how many of the seven it is made of, and with none there is none.
#pragma once

#include "actors/integration/health/measures.hpp"
#include "protocols/value.hpp"

namespace tenon::actors::connectors::health {

using band = protocols::health::band;
using standings = std::vector<protocols::health::standing>;

/// good from 80, fair from 50, else poor.
band band_of(std::optional<int> score);

struct appraisal {
  struct entry {
    const measure* of;
    measured found;
  };
  std::vector<entry> metrics{};
  std::optional<int> score{};
  std::size_t known = 0;
  std::vector<health::advice> advice{}; // of the worst metric first
};

appraisal appraise(const observations&, moment now);

/// For the integration's memory; since when is not known yet.
standings standings_of(const appraisal&);
/// The same, with since when each has been in its band: as before, or now.
standings since(const standings& before, const standings& found, moment now);

object to_object(const appraisal&, const standings& with_since);

} // namespace tenon::actors::connectors::health
