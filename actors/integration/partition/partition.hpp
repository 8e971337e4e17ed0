// How a stream is read in parts: once for each account, each post, each week. A partition is pure:
// it says which parts there are, or which other stream's records are the parts. What a request asks
// of a part is written with the name `partition`.
//
//   partition: {list: "{{conn.accounts}}"}                      each text between commas
//   partition: {parent: {stream: posts, key: id}}               each record of another stream
//   partition: {windows: {step: 7d, start: 2024-01-01}}         partition.from, partition.to
//   partition: {parent: …, group: {size: 50}}                   lists of so many parts at a time
#pragma once

#include "actors/integration/form/pattern.hpp"
#include "actors/integration/page/path.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

/// Parts have to stay in the sync's position until they are read.
inline constexpr std::size_t max_parts = 10'000;

/// Some of the parts, and the partition's own words for where the others come from.
struct parts {
  list ready;
  std::optional<object> more;
};

class partition {
public:
  virtual ~partition() = default;

  /// At the start of a run.
  virtual result<parts> first(const scope&, moment now) const = 0;
  /// After `more`; for kinds that compute their parts.
  virtual result<parts> next(const object& more, const scope&, moment now) const;

  /// The stream whose records are the parts; "" for kinds that compute them.
  virtual std::string_view parent() const { return {}; }
  /// What a record of that stream is as a part; nothing when it lacks what makes one.
  virtual std::optional<value> part_of(const json_text&, std::string_view record) const;
};

struct partition_kind {
  std::string_view name;
  std::shared_ptr<const partition> (*compile)(const value& settings, const std::string& where,
                                              problems&);
};

const std::vector<partition_kind>& all_partitions();

// The kinds, each in its file.
extern const partition_kind list_partition;
extern const partition_kind parent_partition;
extern const partition_kind windows_partition;

/// The same parts, in lists of `size`.
list grouped(list parts, std::size_t size);

} // namespace tenon::actors::connectors
