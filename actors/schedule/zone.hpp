// A time zone: how far its clocks are from UTC, and when that changes. Read from a TZif file
// (RFC 8536), as bytes; the rule at its end is followed up to the year 2200.
#pragma once

#include "protocols/failure.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace tenon::actors {

class zone {
public:
  using seconds = std::chrono::seconds;
  using instant = std::chrono::sys_seconds;

  /// UTC.
  zone() = default;

  /// `malformed` for anything that is not a TZif file of version 2 or later, within its bounds.
  static result<zone> parse(std::string_view bytes);

  /// A stretch of time in which the offset stays the same.
  struct stretch {
    instant begin; // instant::min() for the first
    instant end;   // instant::max() for the last
    seconds offset;
    seconds before; // the offset of the stretch before; its own for the first
  };
  stretch at(instant) const;

private:
  struct change {
    instant when;
    seconds offset; // from then on
  };
  struct layout;

  void append(instant when, seconds offset);
  bool follow(std::string_view rule);

  seconds first_{0};
  std::vector<change> changes_; // ascending, each to another offset
};

} // namespace tenon::actors
