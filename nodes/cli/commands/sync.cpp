// tenon sync run|pause|resume|step|cancel|rewind|status|runs|stats|places|tuning NAME: the verbs of
// a sync.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/item_table.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/sync_account.hpp"
#include "nodes/cli/sync_tuning.hpp"
#include "nodes/cli/table.hpp"
#include "nodes/cli/watch.hpp"
#include "nodes/cli/words.hpp"
#include "protocols/json.hpp"
#include "protocols/moment.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace tenon::nodes::cli {
namespace {

struct options {
  std::string name;
  bool full = false;
  bool watch = false;
  std::int64_t run = 0;
  std::string cursor;
  std::optional<std::size_t> page;
  bool days = false;
};

struct verb {
  const char* name;
  const char* meaning;
  const char* past; // what to say when it is done
};
constexpr std::array<verb, 4> verbs{
    {{"pause", "Hold it after the page in flight; what was read is kept", "paused"},
     {"resume", "Go on where it was paused", "resumed"},
     {"step", "Read one page, of a new run if none is paused, and pause again", "makes a step"},
     {"cancel", "End the run that is going; what was stored stays", "cancelled"}}};
constexpr verb rewind_verb{
    "rewind", "Forget how far it got: the next run reads everything, or goes on where you say",
    "rewound"};

exit_code start(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto started =
      server->post(server->path({"syncs", o.name, "runs"}), object{{"full", o.full}});
  if (!started)
    return s.report(started);
  const auto run = number_at(started.body, "run").value_or(0);
  if (o.watch)
    return watch_run(s, *server, o.name, run);
  if (!s.printed_json(started.body))
    s.screen.out << "run " << run << " of " << inked(s.screen.out_look, ink::strong, o.name)
                 << " started; `tenon sync status " << o.name << "` shows how it goes\n";
  return exit_code::done;
}

exit_code act(const shell& s, const options& o, const verb& v, const object& asked = {}) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto answered = server->post(server->path({"syncs", o.name, v.name}), asked);
  if (!answered)
    return s.report(answered);
  if (!s.printed_json(answered.body.is_null() ? object{{"name", o.name}, {"outcome", v.past}}
                                              : answered.body))
    s.screen.out << inked(s.screen.out_look, ink::strong, o.name) << ' ' << v.past << '\n';
  return exit_code::done;
}

exit_code rewind(const shell& s, const options& o) {
  object asked;
  if (!o.cursor.empty())
    asked["cursor"] = o.cursor;
  if (o.page)
    asked["page"] = std::uint64_t{*o.page};
  return act(s, o, rewind_verb, asked);
}

// A number with what it counts, as people read it.
std::string readable(const std::string& name, const value& member) {
  if (const auto* whole = member.as<std::int64_t>())
    return name == "busy" ? to_text(span{*whole}) : with_thousands(*whole);
  if (const auto* real = member.as<double>(); real != nullptr && std::abs(*real) >= 10)
    return with_thousands(std::llround(*real));
  if (const auto* real = member.as<double>())
    return write_json(std::round(*real * 100) / 100);
  return in_short(member);
}

// Members in their order, numbers as people read them; inner maps follow, indented.
void print_members(const shell& s, const object& members, std::size_t indent) {
  std::vector<std::pair<std::string, cell>> pairs;
  for (const auto& [key, member] : members) {
    if (member.is<object>() || member.is_null())
      continue;
    pairs.push_back(
        {key, {readable(key, member), key == "state" ? ink_of(in_short(member)) : ink::plain}});
  }
  s.screen.out << render_pairs(pairs, s.screen.out_look, indent);
  for (const auto& [key, member] : members)
    if (const auto* inner = member.as<object>(); inner != nullptr && !inner->empty()) {
      s.screen.out << std::string(indent, ' ') << inked(s.screen.out_look, ink::dim, printable(key))
                   << '\n';
      print_members(s, *inner, indent + 2);
    }
}

exit_code status(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got =
      server->get(o.run == 0 ? server->path({"syncs", o.name})
                             : server->path({"syncs", o.name, "runs", std::to_string(o.run)}));
  if (!got)
    return s.report(got);
  const auto* of_sync = got.body.find("status");
  const value& shown = o.run == 0 && of_sync != nullptr ? *of_sync : got.body;
  if (s.printed_json(shown))
    return exit_code::done;
  s.screen.out << inked(s.screen.out_look, ink::strong, o.name) << '\n';
  if (const auto* members = shown.as<object>())
    print_members(s, *members, 2);
  return exit_code::done;
}

exit_code stats(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->get(server->path({"syncs", o.name, "statistics"}));
  if (!got)
    return s.report(got);
  if (!s.printed_json(got.body))
    s.screen.out << account_text(o.name, got.body, o.days, s.screen.out_look);
  return exit_code::done;
}

exit_code tuning(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->get(server->path({"syncs", o.name, "tuning"}));
  if (!got)
    return s.report(got);
  if (!s.printed_json(got.body))
    s.screen.out << tuning_text(o.name, got.body, s.screen.out_look);
  return exit_code::done;
}

exit_code places(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->get(server->path({"syncs", o.name, "runs", "latest", "places"}));
  if (!got)
    return s.report(got);
  if (!s.printed_json(got.body))
    s.screen.out << item_table(list_at(got.body, "items"), s.screen.out_look);
  return exit_code::done;
}

/// A run as a line; why it failed, or else why it began anew, as a text.
value line_of(const value& run) {
  object line;
  for (const auto* name :
       {"run", "state", "by", "read", "stored", "dead_lettered", "pages", "started_at", "ended_at"})
    if (const auto* member = run.find(name))
      line.append(name, *member);
  const auto* failure = run.find("failure");
  const auto why = failure ? text_at(*failure, "detail") : "";
  line.append("why", why.empty() ? text_at(run, "restarted_for") : why);
  return line;
}

exit_code runs(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->get(server->path({"syncs", o.name, "runs"}));
  if (!got)
    return s.report(got);
  if (s.printed_json(got.body))
    return exit_code::done;
  std::vector<value> lines;
  for (const auto& run : list_at(got.body, "items"))
    lines.push_back(line_of(run));
  if (lines.empty())
    s.screen.err << o.name << " has not run yet\n";
  else
    s.screen.out << item_table(lines, s.screen.out_look);
  return exit_code::done;
}

} // namespace

void declare_sync(const command_words& app, shell& s) {
  auto o = std::make_shared<options>();
  auto sync = app.command("sync", "Run, watch and steer syncs").group(running_group);
  sync.needs_command(1, 1);
  const auto declare = [&](const char* name, const char* meaning) {
    auto command = sync.command(name, meaning);
    command.option("name", o->name, "Which sync").required();
    return command;
  };
  auto run = declare("run", "Start a run now");
  run.flag("--watch", o->watch, "Show its progress until it ends; Ctrl-C leaves it going");
  run.flag("--full", o->full, "Read everything, not only what changed");
  s.does(run, [&s, o] { return start(s, *o); });
  auto shown = declare("status", "Show how it is, and its last run");
  shown.option("--run", o->run, "Show this run instead").type_name("NUMBER").positive();
  s.does(shown, [&s, o] { return status(s, *o); });
  s.does(declare("runs", "List its runs that are remembered"), [&s, o] { return runs(s, *o); });
  for (const auto& each : verbs)
    s.does(declare(each.name, each.meaning), [&s, o, &each] { return act(s, *o, each); });
  auto account = declare("stats", "Show how it went: success, speed, lag, by the hour or the day");
  account.flag("--days", o->days, "The last 30 days instead of the last 48 hours");
  s.does(account, [&s, o] { return stats(s, *o); });
  s.does(declare("places", "List where its newest run stood, for `rewind --page`"),
         [&s, o] { return places(s, *o); });
  s.does(declare("tuning", "Show what was changed about how it is read, why, and the gain"),
         [&s, o] { return tuning(s, *o); });
  auto rewound = declare(rewind_verb.name, rewind_verb.meaning);
  const auto to_page =
      rewound.option("--page", o->page, "Go on there; `tenon sync places` lists them");
  to_page.type_name("NUMBER").between(0, std::numeric_limits<std::int64_t>::max());
  rewound.option("--cursor", o->cursor, "Go on at this cursor, as `tenon sync status` shows it")
      .type_name("JSON")
      .excludes(to_page);
  s.does(rewound, [&s, o] { return rewind(s, *o); });
}

} // namespace tenon::nodes::cli
