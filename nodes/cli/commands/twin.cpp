// tenon twin: the platform's side of a connector, on this machine.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/help.hpp"
#include "nodes/cli/shell.hpp"

namespace tenon::nodes::cli {

void declare_twin(CLI::App& app, shell& s) {
  auto o = std::make_shared<twin_options>();
  auto* command = app.add_subcommand("twin", "Play a platform, for trying a connector without it")
                      ->group(machine_group);
  command->add_option("connector", o->connector, "One that is shipped, or a manifest's file")
      ->type_name("CONNECTOR")
      ->required();
  command->add_option("--http", o->http, "Where it listens; port 0 takes a free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command->add_option("--records", o->records, "In each stream, instead of what `tests` says")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--token-life", o->token_seconds, "Of the tokens that it gives")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 86'400));
  command->add_flag("--no-limits", o->no_limits, "Never refuse a request for its rate");
  s.does(command, [&s, o] { return static_cast<exit_code>(s.local.twin(*o)); });
}

} // namespace tenon::nodes::cli
