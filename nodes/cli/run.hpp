// The program `tenon`: reads the command line, runs one command, says how it went. Main is nothing
// but this with the table of local commands.
#pragma once

#include "nodes/cli/exit_code.hpp"
#include "nodes/cli/local_commands.hpp"
#include "nodes/cli/terminal.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tenon::nodes::cli {

int run(int argc, char** argv, const local_commands&);

/// The same with everything it touches given: the arguments without the program's name, the
/// terminal, and where a node leaves its pointer.
exit_code run(const std::vector<std::string>& arguments, const local_commands&, terminal&,
              const std::filesystem::path& pointer);

} // namespace tenon::nodes::cli
