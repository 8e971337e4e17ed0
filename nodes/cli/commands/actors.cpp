// tenon actors: the supervision tree of the server's node.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/table.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {
namespace {

constexpr std::size_t deepest = 64; // a tree that is deeper is not one of ours

branch branch_of(const value& actor, std::size_t depth) {
  const auto number = [&actor](std::string_view key) {
    const auto n = number_at(actor, key);
    return n ? with_thousands(*n) : std::string{};
  };
  const auto state = text_at(actor, "state");
  const auto left = number_at(actor, "restarts_left");
  branch b{{{text_at(actor, "name"), ink::strong},
            {state, ink_of(state)},
            {number("mailbox")},
            {number("restarts_left"), left && *left == 0 ? ink::bad : ink::plain}},
           {}};
  if (depth < deepest)
    for (const auto& child : list_at(actor, "children"))
      b.children.push_back(branch_of(child, depth + 1));
  return b;
}

exit_code show(const shell& s) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->get("/api/v1/actors");
  if (!got)
    return s.report(got);
  if (s.printed_json(got.body))
    return exit_code::done;
  s.screen.out << render_tree({{"ACTOR"}, {"STATE"}, {"MAILBOX", true}, {"RESTARTS LEFT", true}},
                              {branch_of(got.body, 0)}, s.screen.out_look);
  return exit_code::done;
}

} // namespace

void declare_actors(const command_words& app, shell& s) {
  auto command =
      app.command("actors", "Show the tree of actors and their supervision").group(running_group);
  s.does(command, [&s] { return show(s); });
}

} // namespace tenon::nodes::cli
