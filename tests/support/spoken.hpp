// The program `tenon` as a function for tests: arguments in; exit code and both streams out.
// Nothing of the process's own terminal or environment counts.
#pragma once

#include "nodes/cli/run.hpp"

#include <cstdlib>
#include <sstream>

namespace tenon::tests {

struct spoken {
  nodes::cli::exit_code code{};
  std::string out;
  std::string err;
};

struct speaking {
  std::string input{};             // standard input
  std::size_t width = 0;           // of a terminal; 0: a pipe
  std::filesystem::path pointer{}; // of a node; none when empty
  nodes::cli::local_commands local{};
};

inline spoken say(const std::vector<std::string>& arguments, const speaking& how = {}) {
  for (const char* name : {"TENON_SERVER", "TENON_KEY", "TENON_TENANT"})
    ::unsetenv(name);
  std::istringstream in{how.input};
  std::ostringstream out;
  std::ostringstream err;
  const nodes::cli::look l{.unicode = true, .width = how.width};
  nodes::cli::terminal screen{in, out, err, l, l};
  const auto code = nodes::cli::run(arguments, how.local, screen, how.pointer);
  return {code, out.str(), err.str()};
}

} // namespace tenon::tests
