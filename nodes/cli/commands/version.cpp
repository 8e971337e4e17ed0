// tenon version: what this program is.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/help.hpp"
#include "nodes/cli/shell.hpp"

namespace tenon::nodes::cli {

void declare_version(CLI::App& app, shell& s) {
  auto* command =
      app.add_subcommand("version", "Show this program's version")->group(program_group);
  s.does(command, [&s] {
    if (!s.printed_json(object{{"version", TENON_VERSION}}))
      s.screen.out << "tenon " TENON_VERSION "\n";
    return exit_code::done;
  });
}

} // namespace tenon::nodes::cli
