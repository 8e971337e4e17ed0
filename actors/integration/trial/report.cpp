#include "actors/integration/trial/report.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors::connectors::trial {
namespace {

constexpr std::array<std::string_view, 4> names{"passed", "warned", "failed", "skipped"};

} // namespace

std::string_view name_of(verdict v) {
  return names[static_cast<std::size_t>(v)];
}

check failing(std::string_view part, std::string name, const failure& f, std::optional<span> took) {
  return {.part = part,
          .name = std::move(name),
          .verdict = verdict::failed,
          .detail = f.where.empty() ? f.why : f.why + " (" + f.where + ')',
          .remedy = f.remedy,
          .took = took};
}

bool has_failed(const report& all) {
  return std::ranges::find(all, verdict::failed, &check::verdict) != all.end();
}

object to_object(const report& all) {
  object shown{{"outcome", has_failed(all) ? "failed" : "passed"}};
  for (std::size_t i = 0; i < names.size(); ++i)
    shown[names[i]] =
        std::uint64_t(std::ranges::count(all, static_cast<verdict>(i), &check::verdict));
  list checks;
  for (const auto& c : all)
    checks.push_back(object{{"part", std::string{c.part}},
                            {"check", c.name},
                            {"outcome", std::string{name_of(c.verdict)}},
                            {"detail", c.detail},
                            {"remedy", c.remedy},
                            {"took_ms", c.took ? value{c.took->count()} : value{}}});
  shown["checks"] = std::move(checks);
  return shown;
}

} // namespace tenon::actors::connectors::trial
