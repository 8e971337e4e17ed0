// tenon integration health|test NAME: how an account at a platform is, and whether it works.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/integration_text.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

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
}

} // namespace tenon::nodes::cli
