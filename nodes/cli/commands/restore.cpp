// tenon restore: makes a data directory from a backup.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {

void declare_restore(const command_words& app, shell& s) {
  auto o = std::make_shared<restore_options>();
  auto command = app.command("restore", "Make a data directory from a backup").group(machine_group);
  command.option("from", o->from, "The backup's folder").required();
  command.option("--data", o->data, "The data directory, which must not exist yet")
      .type_name("DIR")
      .shows_default();
  s.does(command, [&s, o] {
    o->json = s.given.json;
    return static_cast<exit_code>(s.local.restore(*o));
  });
}

} // namespace tenon::nodes::cli
