// Where the program speaks: results on standard output, progress and errors on standard error.
// Tests give it two string streams.
#pragma once

#include "nodes/cli/look.hpp"

#include <istream>
#include <ostream>

namespace tenon::nodes::cli {

struct terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  look out_look; // of `out`
  look err_look; // of `err`

  /// Text that a server wrote, whole lines: on a terminal made printable line by line, elsewhere as
  /// it is, because programs read it there.
  void print_foreign(std::string_view lines);
};

/// The process's own. Colours only on a terminal, and not when `colour` is false, NO_COLOR is set
/// or TERM is dumb; ASCII where the locale is not UTF-8.
terminal own_terminal(bool colour);

} // namespace tenon::nodes::cli
