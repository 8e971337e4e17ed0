// Counts that Prometheus scrapes. Whoever counts declares its metrics as a struct of references,
// made once from a `meters`; there is no central list. Names carry base units (`_seconds`,
// `_bytes`) and counters end in `_total`. No identity ever becomes a label value.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tenon::runtime {

using counter = prometheus::Counter;
using gauge = prometheus::Gauge;
using histogram = prometheus::Histogram;
using labels = std::map<std::string, std::string>;

class meters {
public:
  meters() : registry_{std::make_shared<prometheus::Registry>()} {}

  /// Asking twice for the same name and labels gives the same meter.
  counter& count(const std::string& name, const std::string& help, const labels& = {});
  gauge& level(const std::string& name, const std::string& help, const labels& = {});
  histogram& spread(const std::string& name, const std::string& help,
                    const std::vector<double>& bounds, const labels& = {});

  /// 10 µs to 10 s, in seconds.
  static const std::vector<double>& latency_bounds();

  /// The text exposition format, version 0.0.4.
  std::string exposition() const;

private:
  std::shared_ptr<prometheus::Registry> registry_;
};

} // namespace tenon::runtime
