#include "actors/integration/partition/partition.hpp"

namespace tenon::actors::connectors {

const std::vector<partition_kind>& all_partitions() {
  static const std::vector<partition_kind> kinds{list_partition, parent_partition,
                                                 windows_partition};
  return kinds;
}

result<parts> partition::next(const object&, const scope&, moment) const {
  return parts{};
}

std::optional<value> partition::part_of(const json_text&, std::string_view) const {
  return std::nullopt;
}

list grouped(list all, std::size_t size) {
  list groups;
  for (auto& part : all) {
    if (groups.empty() || groups.back().as<list>()->size() == size)
      groups.emplace_back(list{});
    groups.back().as<list>()->push_back(std::move(part));
  }
  return groups;
}

} // namespace tenon::actors::connectors
