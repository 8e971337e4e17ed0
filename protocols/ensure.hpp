// The two ways a bug ends. `ensure` ends the actor it happened in, which restarts from its journal;
// `must` ends the process, and is for the journal, the store and consensus, where after a broken
// invariant nothing is left to trust. Both stay on in every build.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenon {

/// A broken invariant inside one actor. Only the cell catches it.
class broken : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

inline void ensure(bool condition, std::string_view why = "invariant",
                   std::source_location at = std::source_location::current()) {
  if (!condition)
    throw broken{std::string{at.file_name()} + ':' + std::to_string(at.line()) + ": " +
                 std::string{why}};
}

[[noreturn]] inline void give_up(std::string_view why,
                                 std::source_location at = std::source_location::current()) {
  std::fprintf(
      stderr,
      "{\"level\":\"fatal\",\"event\":\"node.gave_up\",\"why\":\"%.*s\",\"at\":\"%s:%u\"}\n",
      static_cast<int>(why.size()), why.data(), at.file_name(), at.line());
  std::fflush(stderr);
  std::_Exit(70); // EX_SOFTWARE: not a clean end and not a signal
}

inline void must(bool condition, std::string_view why,
                 std::source_location at = std::source_location::current()) {
  if (!condition)
    give_up(why, at);
}

} // namespace tenon
