// tenon check: looks for damage in a data directory.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {

void declare_check(const command_words& app, shell& s) {
  auto o = std::make_shared<check_options>();
  auto command = app.command("check", "Look for damage in a data directory").group(machine_group);
  command.option("--data", o->data, "The data directory").type_name("DIR").shows_default();
  s.does(command, [&s, o] {
    o->json = s.given.json;
    return static_cast<exit_code>(s.local.check(*o));
  });
}

} // namespace tenon::nodes::cli
