// Points and lengths of time as every layer says them: wall-clock milliseconds since the Unix
// epoch. Nothing here reads a clock; that is the port in runtime/clock.hpp.
#pragma once

#include <chrono>

namespace tenon {

using span = std::chrono::milliseconds;
using moment = std::chrono::sys_time<span>;

} // namespace tenon
