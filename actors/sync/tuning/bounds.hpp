// What a sync may change about how it reads or writes, and how far; `tuning` of its spec.
//
//   tuning: off
//   tuning: {page_size: {least: 10, most: 500}}
//   tuning: {batch_size: {least: 10}, concurrency: off}
//   tuning: {page_size: off, interval: {schedule: nightly, least: 5m, most: 1d}}
//
// Left out, the size of pages that are read, and of batches that are written, is tuned between one
// record and what the source or the destination allows, and so are the calls that are under way at
// once; the distance of a schedule's rings is tuned only where it is named.
#pragma once

#include "actors/sync/tuning/settings.hpp"
#include "protocols/failure.hpp"
#include "protocols/moment.hpp"

#include <cstdint>
#include <string>

namespace tenon::actors::tuning {

struct range {
  bool on = true;
  std::uint32_t least = 1;
  std::uint32_t most = 100'000; // and no more than the source or the destination allows
  bool operator==(const range&) const = default;
};

struct bounds {
  range page_size{};
  range batch_size{};
  range concurrency{};
  std::string schedule{}; // empty: its distance is left alone
  span least_interval{};
  span most_interval{};

  const range& of(knob k) const {
    return k == knob::batch_size ? batch_size : k == knob::concurrency ? concurrency : page_size;
  }
  bool off() const {
    return !page_size.on && !batch_size.on && !concurrency.on && schedule.empty();
  }
  bool operator==(const bounds&) const = default;
};

/// `text` is the JSON of the spec's member; "" when it is left out.
result<bounds> read_bounds(const std::string& text);

} // namespace tenon::actors::tuning
