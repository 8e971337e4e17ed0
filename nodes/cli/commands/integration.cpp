// tenon integration health|test NAME: how an account at a platform is, and whether it works;
// tenon integration call NAME ACTION: one thing done there, now.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/integration_text.hpp"
#include "nodes/cli/item_table.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"
#include "protocols/json.hpp"

#include <iterator>

namespace tenon::nodes::cli {
namespace {

moment now() {
  return std::chrono::time_point_cast<span>(std::chrono::system_clock::now());
}

exit_code health(const shell& s, const std::string& name) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->get(server->path({"integrations", name, "health"}));
  if (!got)
    return s.report(got);
  if (!s.printed_json(got.body))
    s.screen.out << health_text(got.body, now(), s.screen.out_look);
  return exit_code::done;
}

exit_code test(const shell& s, const std::string& name) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->post(server->path({"integrations", name, "test"}), object{});
  if (!got)
    return s.report(got);
  if (!s.printed_json(got.body))
    s.screen.out << trial_text(got.body, s.screen.out_look);
  return text_at(got.body, "outcome") == "passed" ? exit_code::done : exit_code::failed;
}

struct call_options {
  std::string name;
  std::string action;
  std::string record{"-"};
  std::string key;
};

/// One line for each record: what came of it, and why, or what the platform has said.
value line_of(const value& item) {
  object line{{"key", text_at(item, "key")}, {"outcome", text_at(item, "outcome")}};
  if (const auto* problem = item.find("problem"))
    line.append("why", text_at(*problem, "detail"));
  if (const auto* returned = item.find("returned"))
    if (const auto* members = returned->as<object>())
      for (const auto& [name, member] : *members)
        line.append(line.find(name) == nullptr ? name : "returned." + name,
                    member.is<object>() || member.is<list>() ? value{write_json(member)} : member);
  return line;
}

exit_code call(const shell& s, const call_options& o) {
  std::string text = o.record;
  if (text == "-")
    text = std::string{std::istreambuf_iterator<char>{s.screen.in}, {}};
  const auto record = read_json(text);
  if (!record)
    return s.report(failure{code::malformed, "the record is no JSON: " + record.error().why,
                            "--record", "Write --record '{\"id\": …}', or pipe it in."});
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  auto target = server->path({"integrations", o.name, "actions", o.action});
  if (!o.key.empty())
    target += "?key=" + percent_encoded(o.key);
  const auto got = server->post(target, *record);
  if (!got)
    return s.report(got);
  const auto items = list_at(got.body, "items");
  if (!s.printed_json(got.body)) {
    std::vector<value> lines;
    for (const auto& item : items)
      lines.push_back(line_of(item));
    s.screen.out << item_table(lines, s.screen.out_look);
  }
  const auto written = number_at(got.body, "written").value_or(0);
  return written == static_cast<std::int64_t>(items.size()) ? exit_code::done : exit_code::failed;
}

void declare_call(const command_words& integration, shell& s) {
  auto o = std::make_shared<call_options>();
  auto called = integration.command("call", "Do one thing there now, and see what comes of it");
  called.option("name", o->name, "Which integration").required();
  called.option("action", o->action, "Which action of its connector").required();
  called.option("--record", o->record, "The record, or a list of them; - reads it from stdin")
      .type_name("JSON")
      .shows_default();
  called.option("--key", o->key, "The member by which a record is known; `id` unless told");
  s.does(called, [&s, o] { return call(s, *o); });
}

} // namespace

void declare_integration(const command_words& app, shell& s) {
  auto name = std::make_shared<std::string>();
  auto integration =
      app.command("integration", "See how accounts at platforms are, and try them out")
          .group(running_group);
  integration.needs_command(1, 1);
  auto shown = integration.command("health", "Show its score, what it is made of, and what to do");
  shown.option("name", *name, "Which integration").required();
  s.does(shown, [&s, name] { return health(s, *name); });
  auto tried = integration.command(
      "test", "Try its address, TLS, credentials, streams, limits and safety; writes nothing");
  tried.option("name", *name, "Which integration").required();
  s.does(tried, [&s, name] { return test(s, *name); });
  declare_call(integration, s);
}

} // namespace tenon::nodes::cli
