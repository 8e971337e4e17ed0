// How text looks on a terminal: colours, widths and numbers as people read them. Everything here is
// pure; what the terminal at hand can do is a `look`.
#pragma once

#include "protocols/moment.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::nodes::cli {

struct look {
  bool colour = false;
  bool unicode = true;   // else ASCII alone
  std::size_t width = 0; // columns; 0: not a terminal, nothing is cut
};

enum class ink : std::uint8_t { plain, strong, dim, good, caution, bad, accent };

/// The text in that ink, or as it is where there are no colours.
std::string inked(const look&, ink, std::string_view text);

/// Columns the text takes: wide characters count two, combining ones none.
std::size_t columns_of(std::string_view text);

/// The text in at most `width` columns, its cut end marked.
std::string clipped(const look&, std::string_view text, std::size_t width);

/// The text as one line that cannot command a terminal: control characters (ESC, newline, …) and
/// bytes that are not UTF-8 become a replacement character. For everything that a server says.
std::string printable(std::string_view text);

std::string with_thousands(std::int64_t); // "12,400"
std::string as_bytes(std::int64_t);       // "980 B", "12.4 MB"
std::string as_duration(span);            // "0.4 s", "12 s", "1 min 05 s", "2 h 03 min"
std::string as_count(std::int64_t, std::string_view one, std::string_view many); // "1 page"

/// The ink of a state or outcome: running, failed, paused, created, …
ink ink_of(std::string_view state);

} // namespace tenon::nodes::cli
