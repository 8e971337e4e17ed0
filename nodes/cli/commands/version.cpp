// tenon version: what this program is.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {

void declare_version(const command_words& app, shell& s) {
  auto command = app.command("version", "Show this program's version").group(program_group);
  s.does(command, [&s] {
    if (!s.printed_json(object{{"version", TENON_VERSION}}))
      s.screen.out << "tenon " TENON_VERSION "\n";
    return exit_code::done;
  });
}

} // namespace tenon::nodes::cli
