// tenon get KINDS [NAME]: resources as a table, or one of them whole. The table has a column for
// every plain member of the kind's status, so a new member shows up by itself.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/item_table.hpp"
#include "nodes/cli/kinds.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"
#include "protocols/json.hpp"

namespace tenon::nodes::cli {
namespace {

struct options {
  std::string kind;
  std::string name;
  std::string output = "table";
};

// A resource as a line: its name, its version, its status' members.
value summary_of(const value& resource) {
  object line{{"name", text_at(resource, "name")}};
  if (const auto* version = resource.find("version"))
    line.append("version", *version);
  if (const auto* status = resource.find("status"); status != nullptr)
    if (const auto* members = status->as<object>())
      for (const auto& [key, member] : *members)
        line.append(key, member);
  return line;
}

void print_whole(const shell& s, const value& resource) {
  const auto& l = s.screen.out_look;
  s.screen.out << inked(l, ink::dim, printable(text_at(resource, "kind"))) << ' '
               << inked(l, ink::strong, printable(text_at(resource, "name")));
  if (const auto version = number_at(resource, "version"))
    s.screen.out << inked(l, ink::dim, "  version " + with_thousands(*version));
  s.screen.out << '\n';
  object parts;
  for (const auto* name : {"status", "spec"})
    if (const auto* part = resource.find(name); part != nullptr && !part->is_null())
      parts.append(name, *part);
  if (!parts.empty())
    s.screen.print_foreign(write_yaml(std::move(parts)));
}

exit_code get_one(const shell& s, const api& server, const std::string& kind, const options& o) {
  const auto got = server.get(server.path({kind, o.name}));
  if (!got)
    return s.report(got);
  if (s.given.json)
    s.printed_json(got.body);
  else if (o.output == "json")
    s.screen.print_foreign(write_json_pretty(got.body) + '\n');
  else if (o.output == "yaml")
    s.screen.print_foreign(write_yaml(got.body));
  else
    print_whole(s, got.body);
  return exit_code::done;
}

exit_code get_all(const shell& s, const api& server, const std::string& kind, const options& o) {
  list items;
  const auto got = server.each(server.path({kind}) + "?limit=500", [&](const value& item) {
    items.push_back(item);
    return true;
  });
  if (!got)
    return s.report(got);
  if (o.output == "yaml") { // documents, as `apply` reads them
    for (const auto& item : items)
      s.screen.print_foreign("---\n" + write_yaml(item));
    return exit_code::done;
  }
  if (s.given.json || o.output == "json") {
    const value all = object{{"items", std::move(items)}};
    if (!s.printed_json(all))
      s.screen.print_foreign(write_json_pretty(all) + '\n');
    return exit_code::done;
  }
  if (items.empty()) {
    s.screen.err << "no " << kind << " yet\n";
    return exit_code::done;
  }
  std::vector<value> lines;
  for (const auto& item : items)
    lines.push_back(summary_of(item));
  s.screen.out << item_table(lines, s.screen.out_look);
  return exit_code::done;
}

exit_code get(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const std::string kind{find_kind(o.kind)->many};
  return o.name.empty() ? get_all(s, *server, kind, o) : get_one(s, *server, kind, o);
}

} // namespace

void declare_get(const command_words& app, shell& s) {
  auto o = std::make_shared<options>();
  auto command = app.command("get", "Show resources, or one of them").group(resources_group);
  command.option("kind", o->kind, "Which kind").required().kind_of_resource();
  command.option("name", o->name, "Which one; all when left out");
  command.option("-o,--output", o->output, "How to show it")
      .one_of({"table", "json", "yaml"})
      .shows_default();
  s.does(command, [&s, o] { return get(s, *o); });
}

} // namespace tenon::nodes::cli
