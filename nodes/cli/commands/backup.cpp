// tenon backup: copies a data directory, also while its node runs.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/help.hpp"
#include "nodes/cli/shell.hpp"

namespace tenon::nodes::cli {

void declare_backup(CLI::App& app, shell& s) {
  auto o = std::make_shared<backup_options>();
  auto* command =
      app.add_subcommand("backup", "Copy a data directory, consistently")->group(machine_group);
  command->add_option("to", o->to, "A folder that does not exist yet")->required();
  command->add_option("--data", o->data, "The data directory")
      ->type_name("DIR")
      ->capture_default_str();
  s.does(command, [&s, o] {
    o->json = s.given.json;
    return static_cast<exit_code>(s.local.backup(*o));
  });
}

} // namespace tenon::nodes::cli
