// What a sync may change about how it is read, and how far; `tuning` of its spec.
//
//   tuning: off
//   tuning: {page_size: {least: 10, most: 500}}
//   tuning: {page_size: off, interval: {schedule: nightly, least: 5m, most: 1d}}
//
// Left out, the size of pages is tuned between one record and what the source allows; the distance
// of a schedule's rings is tuned only where it is named.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/moment.hpp"

#include <cstdint>
#include <string>

namespace tenon::actors::tuning {

struct bounds {
  bool page_size = true;
  std::uint32_t least_size = 1;
  std::uint32_t most_size = 100'000; // and no more than the source allows
  std::string schedule{};            // empty: its distance is left alone
  span least_interval{};
  span most_interval{};

  bool off() const { return !page_size && schedule.empty(); }
  bool operator==(const bounds&) const = default;
};

/// `text` is the JSON of the spec's member; "" when it is left out.
result<bounds> read_bounds(const std::string& text);

} // namespace tenon::actors::tuning
