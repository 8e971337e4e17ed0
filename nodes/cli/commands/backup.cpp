// tenon backup: copies a data directory, also while its node runs.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {

void declare_backup(const command_words& app, shell& s) {
  auto o = std::make_shared<backup_options>();
  auto command = app.command("backup", "Copy a data directory, consistently").group(machine_group);
  command.option("to", o->to, "A folder that does not exist yet").required();
  command.option("--data", o->data, "The data directory").type_name("DIR").shows_default();
  s.does(command, [&s, o] {
    o->json = s.given.json;
    return static_cast<exit_code>(s.local.backup(*o));
  });
}

} // namespace tenon::nodes::cli
