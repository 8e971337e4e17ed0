// tenon credential connect NAME: sends a person to a provider and waits until they have been there.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/interrupt.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {
namespace {

using namespace std::chrono_literals;

constexpr span look = 250ms;
constexpr span patience = 10min; // what the way there and back may take

struct options {
  std::string name;
  std::string integration;
  bool wait = true;
};

exit_code say(const shell& s, const options& o, const value& status) {
  if (s.printed_json(status))
    return exit_code::done;
  s.screen.out << inked(s.screen.out_look, ink::strong, o.name) << " is connected\n";
  return exit_code::done;
}

exit_code await(const shell& s, const options& o, const api& server, std::int64_t number) {
  const interrupt_watch interrupt;
  const auto end = std::chrono::steady_clock::now() + patience;
  const auto in_vain = [&](std::string why) {
    s.show({code::conflict,
            o.name + " is not connected: " + why,
            {},
            "Run this command again and follow the address."});
    return exit_code::failed;
  };
  for (;;) {
    const auto got = server.get(server.path({"credentials", o.name}));
    if (!got && got.code != exit_code::unreachable)
      return s.report(got);
    const auto* status = got ? got.body.find("status") : nullptr;
    const auto* connection = status ? status->find("connection") : nullptr;
    if (connection != nullptr) {
      if (number_at(*connection, "number").value_or(0) != number)
        return in_vain("another attempt was begun");
      const auto state = text_at(*connection, "state");
      if (state == "connected")
        return say(s, o, *status);
      if (state == "failed")
        return in_vain(text_at(*connection, "why"));
    }
    if (std::chrono::steady_clock::now() > end)
      return in_vain("nobody came back within ten minutes");
    if (interrupt.wait(look)) {
      s.screen.err << "the address stays good for ten minutes from when it was shown\n";
      return exit_code::interrupted;
    }
  }
}

exit_code connect(const shell& s, const options& o) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto begun = server->post(server->path({"credentials", o.name, "connect"}),
                                  object{{"integration", o.integration}});
  if (!begun)
    return s.report(begun);
  const auto url = text_at(begun.body, "url");
  if (!o.wait) {
    if (!s.printed_json(begun.body))
      s.screen.out << url << '\n';
    return exit_code::done;
  }
  s.screen.err << "Open this address in a browser and allow what it asks:\n" << std::flush;
  (s.given.json ? s.screen.err : s.screen.out) << url << '\n' << std::flush;
  return await(s, o, *server, number_at(begun.body, "number").value_or(0));
}

} // namespace

void declare_credential(const command_words& app, shell& s) {
  auto o = std::make_shared<options>();
  auto credential =
      app.command("credential", "Connect credentials to providers").group(running_group);
  credential.needs_command(1, 1);
  auto command =
      credential.command("connect", "Show where a person allows it, and wait until they have");
  command.option("name", o->name, "Which credential").required();
  command.option("--integration", o->integration, "The integration that it is for")
      .type_name("NAME")
      .required();
  command.flag("!--no-wait", o->wait, "Show the address and end");
  s.does(command, [&s, o] { return connect(s, *o); });
}

} // namespace tenon::nodes::cli
