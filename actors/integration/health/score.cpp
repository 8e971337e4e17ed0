#include "actors/integration/health/score.hpp"

#include <algorithm>
#include <cmath>

namespace tenon::actors::connectors::health {
namespace {

using protocols::health;

constexpr int good_from = 80, fair_from = 50;
constexpr int above_the_way_in = 30;

bool is_way_in(const measure& m) {
  return m.metric == health::metric::reachability || m.metric == health::metric::credentials;
}

void score(appraisal& a) {
  int weights = 0, weighed = 0, ceiling = 100;
  for (const auto& [of, found] : a.metrics) {
    if (!found.score)
      continue;
    ++a.known;
    weights += of->weight;
    weighed += of->weight * *found.score;
    if (is_way_in(*of))
      ceiling = std::min(ceiling, *found.score + above_the_way_in);
  }
  if (weights > 0)
    a.score = std::min(ceiling, (weighed + weights / 2) / weights);
}

} // namespace

health::band band_of(std::optional<int> score) {
  if (!score)
    return health::band::unknown;
  return *score >= good_from   ? health::band::good
         : *score >= fair_from ? health::band::fair
                               : health::band::poor;
}

appraisal appraise(const observations& o, moment now) {
  appraisal a;
  for (const auto& m : measures)
    a.metrics.push_back({&m, m.of(o, now)});
  score(a);
  auto worst_first = a.metrics;
  std::ranges::stable_sort(worst_first, {},
                           [](const auto& e) { return e.found.score.value_or(100); });
  for (const auto& [of, found] : worst_first)
    for (const auto& c : found.complaints)
      a.advice.push_back(advise(of->metric, c));
  return a;
}

standings standings_of(const appraisal& a) {
  standings all;
  for (const auto& [of, found] : a.metrics)
    all.push_back({.metric = of->metric,
                   .band = band_of(found.score),
                   .score = static_cast<std::uint8_t>(found.score.value_or(0))});
  return all;
}

standings since(const standings& before, const standings& found, moment now) {
  standings all;
  for (const auto& m : measures) {
    const auto it = std::ranges::find(found, m.metric, &health::standing::metric);
    if (it == found.end())
      continue;
    auto one = *it;
    const auto known = std::ranges::find(before, m.metric, &health::standing::metric);
    const bool same = known != before.end() && known->band == one.band;
    one.since_at = same ? known->since_at : now;
    one.score = std::min<std::uint8_t>(one.score, 100);
    all.push_back(one);
  }
  return all;
}

object to_object(const appraisal& a, const standings& with_since) {
  list metrics;
  for (const auto& [of, found] : a.metrics) {
    const auto it = std::ranges::find(with_since, of->metric, &health::standing::metric);
    metrics.push_back(object{{"metric", name_of(of->metric)},
                             {"state", name_of(band_of(found.score))},
                             {"score", found.score ? value{*found.score} : value{}},
                             {"value", found.value ? value{*found.value} : value{}},
                             {"unit", std::string{of->unit}},
                             {"since", it == with_since.end() ? value{} : value{it->since_at}},
                             {"from", found.from},
                             {"weight", of->weight}});
  }
  list told;
  for (const auto& one : a.advice)
    told.push_back(
        object{{"about", name_of(one.about)}, {"what", one.what}, {"remedy", one.remedy}});
  return object{{"score", a.score ? value{*a.score} : value{}},
                {"state", name_of(band_of(a.score))},
                {"known", a.known},
                {"of", measures.size()},
                {"metrics", std::move(metrics)},
                {"advice", std::move(told)}};
}

} // namespace tenon::actors::connectors::health
