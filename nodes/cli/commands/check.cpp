// tenon check: looks for damage in a data directory.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/help.hpp"
#include "nodes/cli/shell.hpp"

namespace tenon::nodes::cli {

void declare_check(CLI::App& app, shell& s) {
  auto o = std::make_shared<check_options>();
  auto* command =
      app.add_subcommand("check", "Look for damage in a data directory")->group(machine_group);
  command->add_option("--data", o->data, "The data directory")
      ->type_name("DIR")
      ->capture_default_str();
  s.does(command, [&s, o] {
    o->json = s.given.json;
    return static_cast<exit_code>(s.local.check(*o));
  });
}

} // namespace tenon::nodes::cli
