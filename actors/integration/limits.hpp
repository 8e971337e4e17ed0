// How much a connector may ask of its API: the buckets that every request takes from, and where the
// answers say how full they still are. Counting is the quota's business.
#pragma once

#include "actors/integration/form/pattern.hpp"
#include "actors/integration/web/clock.hpp"
#include "actors/integration/web/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::actors::connectors {

enum class bucket_kind : std::uint8_t { token, fixed, sliding, concurrency };
std::string_view name_of(bucket_kind);

struct bucket {
  std::optional<program> key; // whose bucket it is: connections that agree on it share it
  bucket_kind kind = bucket_kind::token;
  std::int64_t count = 0;
  span window{};    // zero for concurrency
  std::string path; // a pattern; empty takes every request
};

struct observer {
  std::string limit; // the headers' names; empty: not told
  std::string remaining;
  std::string reset;
  clock reset_as = clock::delta_s;
};

struct observation {
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  std::optional<moment> reset_at;

  bool operator==(const observation&) const = default;
};

std::vector<bucket> compile_buckets(const value* buckets, const std::string& where, problems&);
observer compile_observer(const value* observe, const std::string& where, problems&);

observation observe(const observer&, const headers&, moment now);

} // namespace tenon::actors::connectors
