// Times as platforms write them: read, and written again in the same way.
#pragma once

#include "protocols/value.hpp"

#include <optional>

namespace tenon::actors::connectors {

/// Texts, numbers, {year, month, day} and /Date(…)/; nothing when it is no time.
std::optional<moment> time_said(const value&);
/// Another time, as the platform writes this one.
value time_like(const value& written, moment);
/// Whether it says no more than a day.
bool says_a_day(const value&);

} // namespace tenon::actors::connectors
