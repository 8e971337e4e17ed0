// How the program ends. Scripts branch on these numbers, so they are part of its contract and stand
// in `tenon --help`.
#pragma once

#include "protocols/failure.hpp"

#include <string_view>

namespace tenon::nodes::cli {

enum class exit_code : int {
  done = 0,
  failed = 1,          // the thing asked for was done and failed: a run ended in failure
  wrong_usage = 2,     // the command line or a file given to it is wrong
  unreachable = 3,     // no server answers
  refused = 4,         // the server answered with a problem
  unauthenticated = 5, // the server does not know the key, or a key file is not safe to use
  interrupted = 130,   // by Ctrl-C, as shells expect it; what was started goes on
};

inline constexpr std::string_view exit_codes_explained =
    "Exit codes:\n"
    "  0    done\n"
    "  1    the thing asked for failed (a run ended in failure)\n"
    "  2    wrong usage, or a file that cannot be read as meant\n"
    "  3    no server answers\n"
    "  4    the server refused; the problem says why and what to do\n"
    "  5    the key is missing, wrong or not safely kept\n"
    "  130  interrupted by Ctrl-C; a run that was started goes on\n";

/// What a server's refusal ends the program with.
constexpr exit_code exit_code_of(code refusal) {
  return refusal == code::unauthenticated ? exit_code::unauthenticated : exit_code::refused;
}

} // namespace tenon::nodes::cli
