#include "runtime/telemetry/metrics.hpp"

#include <prometheus/text_serializer.h>

namespace tenon::runtime {

counter& meters::count(const std::string& name, const std::string& help, const labels& l) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(l);
}

gauge& meters::level(const std::string& name, const std::string& help, const labels& l) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(l);
}

histogram& meters::spread(const std::string& name, const std::string& help,
                          const std::vector<double>& bounds, const labels& l) {
  return prometheus::BuildHistogram()
      .Name(name)
      .Help(help)
      .Register(*registry_)
      .Add(l, prometheus::Histogram::BucketBoundaries(bounds.begin(), bounds.end()));
}

const std::vector<double>& meters::latency_bounds() {
  static const std::vector<double> bounds{
      0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
      0.025,   0.05,     0.1,     0.25,   0.5,     1,      2.5,   5,      10};
  return bounds;
}

std::string meters::exposition() const {
  return prometheus::TextSerializer{}.Serialize(registry_->Collect());
}

} // namespace tenon::runtime
