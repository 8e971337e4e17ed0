#include "nodes/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace tenon::nodes::cli {
namespace {

std::string_view environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

// The first of the three that is set decides, as in setlocale.
bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const auto text = environment(name); !text.empty())
      return text.find("UTF-8") != std::string_view::npos ||
             text.find("utf8") != std::string_view::npos;
  return false;
}

look look_of(int descriptor, bool colour) {
  look l{.unicode = speaks_utf8()};
  if (::isatty(descriptor) == 0)
    return l;
  winsize size{};
  const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  l.width = known ? size.ws_col : 80;
  l.colour = colour && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  return l;
}

} // namespace

void terminal::print_foreign(std::string_view lines) {
  if (out_look.width == 0) {
    out << lines;
    return;
  }
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    out << printable(line) << '\n';
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
}

terminal own_terminal(bool colour) {
  return {std::cin, std::cout, std::cerr, look_of(STDOUT_FILENO, colour),
          look_of(STDERR_FILENO, colour)};
}

} // namespace tenon::nodes::cli
