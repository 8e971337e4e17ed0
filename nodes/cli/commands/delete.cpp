// tenon delete KINDS NAME: removes a resource.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/kinds.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {
namespace {

struct options {
  std::string kind;
  std::string name;
};

exit_code remove(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto& kind = *find_kind(o.kind);
  const auto answered = server->remove(server->path({kind.many, o.name}));
  if (!answered)
    return s.report(answered);
  const object removed{{"kind", kind.one}, {"name", o.name}, {"outcome", "removed"}};
  if (!s.printed_json(removed))
    s.screen.out << "removed " << kind.one << ' ' << inked(s.screen.out_look, ink::strong, o.name)
                 << '\n';
  return exit_code::done;
}

} // namespace

void declare_delete(const command_words& app, shell& s) {
  auto o = std::make_shared<options>();
  auto command = app.command("delete", "Remove a resource").group(resources_group);
  command.option("kind", o->kind, "Of which kind").required().kind_of_resource();
  command.option("name", o->name, "Which one").required();
  s.does(command, [&s, o] { return remove(s, *o); });
}

} // namespace tenon::nodes::cli
