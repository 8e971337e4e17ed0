// The machine's time zones by their IANA names. A zone is a constant of the machine, like the
// length of a month: its file is read when it is first named and kept as long as the process lives,
// so that deciding with it is deciding with the same value every time. New rules need a restart.
#pragma once

#include "actors/schedule/zone.hpp"

#include <string>

namespace tenon::actors {

/// `malformed` for a name that the machine's database does not have. "UTC" needs no database.
result<const zone*> zone_named(const std::string& name);

} // namespace tenon::actors
