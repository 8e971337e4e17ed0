// tenon dead-letters [list|replay ID|discard ID]: what could not be done, and what becomes of it.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/listing.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {
namespace {

exit_code show(const shell& s) {
  return show_list(s, {"dead-letters"}, "no dead letters");
}

exit_code act(const shell& s, const std::string& id, const char* verb, const char* past) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto answered = server->post(server->path({"dead-letters", id, verb}), object{});
  if (!answered)
    return s.report(answered);
  if (!s.printed_json(answered.body.is_null() ? object{{"id", id}, {"outcome", past}}
                                              : answered.body))
    s.screen.out << "dead letter " << inked(s.screen.out_look, ink::strong, id) << ' ' << past
                 << '\n';
  return exit_code::done;
}

} // namespace

void declare_dead_letters(const command_words& app, shell& s) {
  auto id = std::make_shared<std::string>();
  auto letters = app.command("dead-letters", "List, replay and discard what could not be done")
                     .group(running_group);
  letters.needs_command(0, 1);
  s.does(letters.command("list", "Show them"), [&s] { return show(s); });
  const auto declare = [&](const char* verb, const char* meaning, const char* past) {
    auto command = letters.command(verb, meaning);
    command.option("id", *id, "Which one").required();
    s.does(command, [&s, id, verb, past] { return act(s, *id, verb, past); });
  };
  declare("replay", "Try it again", "replayed");
  declare("discard", "Give it up for good", "discarded");
  s.does(letters, [&s] { return show(s); });
}

} // namespace tenon::nodes::cli
