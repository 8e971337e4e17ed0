// tenon twin: the platform's side of a connector, on this machine.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {

void declare_twin(const command_words& app, shell& s) {
  auto o = std::make_shared<twin_options>();
  auto command = app.command("twin", "Play a platform, for trying a connector without it")
                     .group(machine_group);
  command.option("connector", o->connector, "One that is shipped, or a manifest's file")
      .type_name("CONNECTOR")
      .required();
  command.option("--http", o->http, "Where it listens; port 0 takes a free one")
      .type_name("ADDRESS:PORT")
      .shows_default();
  command.option("--records", o->records, "In each stream, instead of what `tests` says")
      .type_name("N")
      .between(1, 1'000'000);
  command.option("--token-life", o->token_seconds, "Of the tokens that it gives")
      .type_name("SECONDS")
      .between(1, 86'400);
  command.option("--auth", o->auth, "How it wants to be proved to, where the connector has several")
      .type_name("NAME");
  command.flag("--no-limits", o->no_limits, "Never refuse a request for its rate");
  s.does(command, [&s, o] { return static_cast<exit_code>(s.local.twin(*o)); });
}

} // namespace tenon::nodes::cli
