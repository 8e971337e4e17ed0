// What each kind of destination writes to when it is held to its promises, with what is there now:
// a fresh table in a real server or file, a fresh directory, a fresh platform. Each file of this
// folder is named after the kind, and the build lists them.
#pragma once

#include "actors/sync/destination.hpp"
#include "actors/sync/surroundings.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

namespace tenon::tests::conformance::subjects::destinations {

using contents = std::map<std::int64_t, std::string>; // "v|n" by id

/// With the columns id, v (text) and n (a whole number, or null).
struct place {
  actors::surroundings around;
  object options;
  std::function<contents()> now;
  std::function<void()> lose; // what is written to
};

using maker = place();

struct member {
  std::string_view name;
  maker* make;
};

std::span<const member> catalog();

/// What no table takes: n must not be 13.
constexpr auto some_columns = " (id int PRIMARY KEY, v text, n bigint CHECK (n <> 13))";

/// Of a place of its own.
std::string fresh_name();

/// From "1=v|n", each ended by a record separator.
contents contents_of(const std::string& lines);

} // namespace tenon::tests::conformance::subjects::destinations
