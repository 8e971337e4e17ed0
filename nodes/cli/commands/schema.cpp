// tenon schema COLLECTION [--changes | --accept FIELD… | --accept-all]: what the records of a
// collection have in them, what has changed about that, and what a person accepts of it.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/listing.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {
namespace {

struct wanted {
  std::string collection;
  bool changes = false;
  std::vector<std::string> accepted;
  bool all = false;
};

/// One field in a line, with what waits of it.
value in_columns(const value& field) {
  object line{{"field", text_at(field, "name")},
              {"type", text_at(field, "type")},
              {"since", text_at(field, "since")},
              {"sync", text_at(field, "sync")},
              {"run", number_at(field, "run").value_or(0)},
              {"changed", text_at(field, "changed_at")}};
  const auto* waits = field.find("waits");
  if (waits == nullptr) {
    line.append("waits", "");
  } else {
    const auto records = number_at(*waits, "records").value_or(0);
    line.append("waits", text_at(*waits, "type") + " in " + as_count(records, "record", "records") +
                             " up to run " + std::to_string(number_at(*waits, "run").value_or(0)));
  }
  return line;
}

exit_code show(const shell& s, const wanted& w) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->get(server->path({"records", w.collection, "schema"}));
  if (!got)
    return s.report(got);
  if (s.printed_json(got.body))
    return exit_code::done;
  if (w.changes)
    return show_items(s, list_at(got.body, "changes"), "nothing has changed");
  list lines;
  for (const auto& field : list_at(got.body, "fields"))
    lines.push_back(in_columns(field));
  return show_items(s, std::move(lines), "no fields yet");
}

exit_code accept(const shell& s, const wanted& w) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  object decided;
  if (w.all) {
    decided["all"] = true;
  } else {
    list names;
    for (const auto& name : w.accepted)
      names.emplace_back(name);
    decided["fields"] = std::move(names);
  }
  const auto answered =
      server->post(server->path({"records", w.collection, "schema", "accept"}), decided);
  if (!answered)
    return s.report(answered);
  if (s.printed_json(answered.body))
    return exit_code::done;
  for (const auto& one : list_at(answered.body, "items"))
    s.screen.out << "the field "
                 << inked(s.screen.out_look, ink::strong, printable(text_at(one, "field")))
                 << " is " << printable(text_at(one, "to")) << " from now on\n";
  s.screen.err << "run the sync again; letters it has made are replayed with tenon letters "
               << w.collection << " --replay all\n";
  return exit_code::done;
}

} // namespace

void declare_schema(const command_words& app, shell& s) {
  auto w = std::make_shared<wanted>();
  auto schema =
      app.command("schema", "What records have in them, and what has changed").group(running_group);
  schema.option("collection", w->collection, "Whose").required();
  auto changes = schema.flag("--changes", w->changes, "How it has changed, the oldest first");
  auto accepted = schema.option("--accept", w->accepted, "Let in what was refused of this field")
                      .type_name("FIELD")
                      .excludes(changes);
  schema.flag("--accept-all", w->all, "Let in all that was refused")
      .excludes(accepted)
      .excludes(changes);
  s.does(schema, [&s, w] { return w->all || !w->accepted.empty() ? accept(s, *w) : show(s, *w); });
}

} // namespace tenon::nodes::cli
