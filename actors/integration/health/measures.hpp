// The seven metrics of an integration's health, each a pure function of what is known. A score is
// 100 where nothing could be better and 0 where it could not be worse, in a straight line between
// two values that each metric states; nothing is known: no score.
#pragma once

#include "actors/integration/health/advice.hpp"
#include "actors/integration/health/observations.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors::health {

struct measured {
  std::optional<double> value{}; // in the metric's unit
  std::optional<int> score{};
  std::string from{}; // what it was derived from, for people
  std::vector<complaint> complaints{};
};

struct measure {
  protocols::health::metric metric;
  std::string_view unit;
  int weight; // all together: 100
  measured (*of)(const observations&, moment now);
};

/// In the order in which they are shown.
extern const std::array<measure, 7> measures;

} // namespace tenon::actors::connectors::health
