// tenon twin: the platform's side of a connector, on this machine.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {

void declare_twin(const command_words& app, shell& s) {
  auto o = std::make_shared<twin_options>();
  auto command = app.command("twin", "Play a platform, for trying a connector without it")
                     .group(machine_group);
  command.more(R"(It stands for all hosts of the platform: what is https://HOST/PATH there, is
http://ADDRESS:PORT/HOST/PATH here. An integration is led to it by `through:`.

It can be looked at and changed:
  GET  /_twin/ledger            what was asked, given, refused and throttled
  GET  /_twin/written           what actions have written
  GET  /_twin/records/STREAM    what the platform has; POST: a record that it has from now on
  POST /_twin/wear-out          the tokens that were given are worn out
  POST /_twin/lose              {"answers": 2}: so many writes are done, and their answers lost
  GET  /_twin/subscribers       whom it was asked to send its events to; POST /_twin/forget: none
  POST /_twin/send/HOOK         it sends an event, signed, to {"to": "http://127.0.0.1:7070/…"} or
                                to its subscribers; /_twin/deliver/HOOK only shows it)");
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
