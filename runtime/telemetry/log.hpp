// The structured log: an event name and fields, one JSON line each on standard error. Names are
// stable and greppable. Normal operation logs nothing above debug; an error-level event is
// something a person must look at.
#pragma once

#include "protocols/value.hpp"

#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace tenon::runtime::log {

enum class level : std::uint8_t { debug, info, warn, error, off };

using fields = std::initializer_list<std::pair<std::string_view, value>>;

void debug(std::string_view event, fields = {});
void info(std::string_view event, fields = {});
void warn(std::string_view event, fields = {});
void error(std::string_view event, fields = {});

/// Events below are dropped. Default: info.
void set_level(level);

/// Whether an event of that level would be written: for those whose fields cost something to make.
bool writes(level);

/// Where finished lines go (without the newline); null brings standard error back. For tests, which
/// fail on error events that they did not expect.
void set_sink(std::function<void(level, std::string_view event, std::string_view line)>);

} // namespace tenon::runtime::log
