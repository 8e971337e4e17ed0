// tenon restore: makes a data directory from a backup.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/help.hpp"
#include "nodes/cli/shell.hpp"

namespace tenon::nodes::cli {

void declare_restore(CLI::App& app, shell& s) {
  auto o = std::make_shared<restore_options>();
  auto* command =
      app.add_subcommand("restore", "Make a data directory from a backup")->group(machine_group);
  command->add_option("from", o->from, "The backup's folder")->required();
  command->add_option("--data", o->data, "The data directory, which must not exist yet")
      ->type_name("DIR")
      ->capture_default_str();
  s.does(command, [&s, o] {
    o->json = s.given.json;
    return static_cast<exit_code>(s.local.restore(*o));
  });
}

} // namespace tenon::nodes::cli
