// tenon keys [list|create|revoke ID]: who may ask this tenant's API.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/listing.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {
namespace {

struct wish {
  std::string role = "viewer";
  std::string title;
  std::string expires;
};

exit_code show(const shell& s) {
  return show_list(s, {"keys"}, "this tenant has no keys of its own");
}

exit_code create(const shell& s, const wish& w) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  object asked{{"role", w.role}};
  if (!w.title.empty())
    asked["title"] = w.title;
  if (!w.expires.empty())
    asked["expires_at"] = w.expires;
  const auto answered = server->post(server->path({"keys"}), asked);
  if (!answered)
    return s.report(answered);
  if (s.printed_json(answered.body))
    return exit_code::done;
  // The key alone on standard output, so that it can go straight to where it is kept.
  const auto* key = answered.body.find("key");
  s.screen.out << (key && key->is<std::string>() ? *key->as<std::string>() : "") << '\n';
  s.screen.err << "shown this once; the server keeps only its hash\n";
  return exit_code::done;
}

exit_code revoke(const shell& s, const std::string& id) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto answered = server->remove(server->path({"keys", id}));
  if (!answered)
    return s.report(answered);
  if (!s.printed_json(answered.body))
    s.screen.out << "key " << inked(s.screen.out_look, ink::strong, id) << " revoked\n";
  return exit_code::done;
}

} // namespace

void declare_keys(const command_words& app, shell& s) {
  auto w = std::make_shared<wish>();
  auto id = std::make_shared<std::string>();
  auto keys = app.command("keys", "Make, list and revoke API keys").group(machine_group);
  keys.needs_command(0, 1);
  s.does(keys.command("list", "Show them"), [&s] { return show(s); });
  auto creating = keys.command("create", "Make one; it is shown once");
  creating.option("--role", w->role, "What it may do")
      .one_of({"viewer", "operator", "developer", "admin", "auditor", "owner"})
      .shows_default();
  creating.option("--title", w->title, "What it is for").type_name("TEXT");
  creating.option("--expires", w->expires, "When it ends, as in 2027-01-31").type_name("DATE");
  s.does(creating, [&s, w] { return create(s, *w); });
  auto revoking = keys.command("revoke", "End one at once");
  revoking.option("id", *id, "Which one").required();
  s.does(revoking, [&s, id] { return revoke(s, *id); });
  s.does(keys, [&s] { return show(s); });
}

} // namespace tenon::nodes::cli
