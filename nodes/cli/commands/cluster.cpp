// tenon cluster init|token|status|drain|resume|leave|remove|move|rebalance|zone|factor: nodes that
// are one system, and what an operator has them do.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/cluster_text.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {
namespace {

constexpr const char* all = "/api/v1/cluster";

/// Asks, and shows the answer as a document or as this text.
exit_code ask(const shell& s, const std::string& below, const value& body,
              const std::function<void(const value&)>& show) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->post(all + below, body);
  if (!got)
    return s.report(got);
  if (!s.printed_json(got.body))
    show(got.body);
  return exit_code::done;
}

exit_code status(const shell& s) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto got = server->get(all);
  if (!got)
    return s.report(got);
  if (!s.printed_json(got.body))
    s.screen.out << cluster_text(got.body, s.screen.out_look);
  return exit_code::done;
}

void declare_init(const command_words& cluster, shell& s) {
  auto name = std::make_shared<std::string>();
  auto factor = std::make_shared<std::uint64_t>(3);
  auto command = cluster.command("init", "Make a cluster of this node, for others to join");
  command.option("name", *name, "Its name: 1 to 63 of a-z, 0-9 and -").required();
  command.option("--factor", *factor, "Replicas of each partition: 1, 3 or 5")
      .type_name("N")
      .shows_default();
  s.does(command, [&s, name, factor] {
    return ask(s, "/init", object{{"name", *name}, {"factor", *factor}}, [&](const value& made) {
      s.screen.out << "cluster " << inked(s.screen.out_look, ink::strong, text_at(made, "name"))
                   << " is made, and this is its node " << number_at(made, "node").value_or(0)
                   << "\nlet others in with: tenon cluster token\n";
    });
  });
}

void declare_token(const command_words& cluster, shell& s) {
  auto hours = std::make_shared<std::uint64_t>(1);
  auto command = cluster.command("token", "Make a token that lets one node in; it is shown once");
  command.option("--hours", *hours, "How long it waits for that, up to a week")
      .type_name("N")
      .between(1, 168)
      .shows_default();
  s.does(command, [&s, hours] {
    const auto lives = static_cast<std::int64_t>(*hours) * 3'600'000;
    return ask(s, "/tokens", object{{"lives_ms", lives}}, [&](const value& made) {
      // The token alone on standard output, so that it can go straight to where it is needed.
      s.screen.err << joining_text(made);
      s.screen.err.flush();
      s.screen.out << text_at(made, "token") << '\n';
    });
  });
}

/// The commands about one node, which differ in a word.
void declare_about_node(const command_words& cluster, shell& s, const char* verb,
                        const char* meaning, const char* done) {
  auto node = std::make_shared<std::string>();
  auto command = cluster.command(verb, meaning);
  command.option("node", *node, "Which one: its name or number").required();
  s.does(command, [&s, node, verb, done] {
    return ask(s, "/nodes/" + percent_encoded(*node) + '/' + verb, object{}, [&](const value&) {
      s.screen.out << "node " << inked(s.screen.out_look, ink::strong, printable(*node)) << ' '
                   << done << '\n';
    });
  });
}

void declare_remove(const command_words& cluster, shell& s) {
  auto node = std::make_shared<std::string>();
  auto dead = std::make_shared<bool>(false);
  auto command = cluster.command("remove", "Take away a node that is dead and will not come back");
  command.option("node", *node, "Which one: its name or number").required();
  command.flag("--dead", *dead, "Its disk is lost or will never be used again");
  s.does(command, [&s, node, dead] {
    if (!*dead)
      return s.report(failure{code::malformed, "what only that node holds would be lost", "--dead",
                              "Say --dead when it will never come back; else use `tenon cluster "
                              "leave`."});
    return ask(s, "/nodes/" + percent_encoded(*node) + "/remove", object{}, [&](const value&) {
      s.screen.out << "node " << printable(*node) << " is no member any more\n";
    });
  });
}

void declare_zone(const command_words& cluster, shell& s) {
  auto node = std::make_shared<std::string>();
  auto zone = std::make_shared<std::string>();
  auto command = cluster.command("zone", "Say what fails together with a node");
  command.option("node", *node, "Which one: its name or number").required();
  command.option("zone", *zone, "The label of a rack or a site; \"\" for one of its own")
      .required();
  s.does(command, [&s, node, zone] {
    return ask(s, "/nodes/" + percent_encoded(*node) + "/zone", object{{"zone", *zone}},
               [&](const value&) {
                 s.screen.out << "node " << printable(*node) << " is in zone "
                              << (zone->empty() ? "none but its own" : printable(*zone)) << '\n';
               });
  });
}

void declare_factor(const command_words& cluster, shell& s) {
  auto factor = std::make_shared<std::uint64_t>();
  auto command = cluster.command("factor", "Set how many replicas each partition has");
  command.option("factor", *factor, "1, 3 or 5").required();
  s.does(command, [&s, factor] {
    return ask(s, "/factor", object{{"factor", *factor}}, [&](const value&) {
      s.screen.out << "each partition is wanted on "
                   << as_count(static_cast<std::int64_t>(*factor), "node", "nodes")
                   << "\nplan where with: tenon cluster rebalance\n";
    });
  });
}

void declare_move(const command_words& cluster, shell& s) {
  auto partition = std::make_shared<std::uint64_t>();
  auto from = std::make_shared<std::string>();
  auto to = std::make_shared<std::string>();
  auto command = cluster.command("move", "Move one replica by hand");
  command.option("partition", *partition, "Its number").required();
  command.option("from", *from, "The node that has it").required();
  command.option("to", *to, "The node that should").required();
  s.does(command, [&s, partition, from, to] {
    return ask(s, "/move", object{{"partition", *partition}, {"from", *from}, {"to", *to}},
               [&](const value& plan) { s.screen.out << text_at(plan, "text"); });
  });
}

void declare_rebalance(const command_words& cluster, shell& s) {
  auto apply = std::make_shared<bool>(false);
  auto command =
      cluster.command("rebalance", "Show what would move where and why; with --apply, begin it");
  command.flag("--apply", *apply, "Begin it");
  s.does(command, [&s, apply] {
    return ask(s, "/rebalance", object{{"apply", *apply}}, [&](const value& plan) {
      s.screen.out << text_at(plan, "text");
      if (!*apply && !list_at(plan, "rows").empty())
        s.screen.err << "nothing has moved yet; begin it with --apply\n";
    });
  });
}

} // namespace

void declare_cluster(const command_words& app, shell& s) {
  auto cluster =
      app.command("cluster", "Make nodes one system, see it, and change it").group(machine_group);
  cluster.needs_command(0, 1);
  declare_init(cluster, s);
  declare_token(cluster, s);
  s.does(cluster.command("status", "Show its members, who leads what, and what is amiss"),
         [&s] { return status(s); });
  declare_about_node(cluster, s, "drain", "Have a node lead nothing, before an upgrade",
                     "hands its leadership over; it ends that when it starts again");
  declare_about_node(cluster, s, "resume", "Take back a drain or a leave that is not finished",
                     "stays and leads again");
  declare_about_node(cluster, s, "leave", "Have a node give everything away and depart",
                     "leaves; it may be stopped when status says so");
  declare_remove(cluster, s);
  declare_move(cluster, s);
  declare_rebalance(cluster, s);
  declare_zone(cluster, s);
  declare_factor(cluster, s);
  s.does(cluster, [&s] { return status(s); });
}

} // namespace tenon::nodes::cli
