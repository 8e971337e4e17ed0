#include "nodes/cli/run.hpp"

#include "nodes/cli/access.hpp"
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/help.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"
#include "protocols/spelling.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

namespace tenon::nodes::cli {
namespace {

void declare_globals(CLI::App& app, globals& given) {
  app.add_option("--server", given.server, "The server's URL")
      ->envname("TENON_SERVER")
      ->type_name("URL")
      ->group("Options everywhere");
  app.add_option("--key", given.key, "The API key; in the environment nobody else sees it")
      ->envname("TENON_KEY")
      ->type_name("KEY")
      ->group("Options everywhere");
  app.add_option("--tenant", given.tenant, "Whose resources")
      ->envname("TENON_TENANT")
      ->type_name("TENANT")
      ->capture_default_str()
      ->group("Options everywhere");
  app.add_flag("--json", given.json, "Machine output: JSON on standard output, nothing else")
      ->group("Options everywhere");
  app.add_flag("--no-color", given.no_color, "No colours")->group("Options everywhere");
}

exit_code shown_help(const CLI::App& app, terminal& screen, exit_code code) {
  // The deepest command named so far is the one that help is wanted for.
  const auto* deepest = &app;
  while (!deepest->get_subcommands().empty())
    deepest = deepest->get_subcommands().front();
  (code == exit_code::done ? screen.out : screen.err) << deepest->help();
  return code;
}

// What is wrong with the words: CLI11 only says that a command is missing when one is misspelt.
failure usage(const CLI::App& app, const CLI::ParseError& e) {
  const auto* deepest = &app;
  std::string named = "tenon";
  while (!deepest->get_subcommands().empty()) {
    deepest = deepest->get_subcommands().front();
    named += ' ' + deepest->get_name();
  }
  failure f{.code = code::malformed, .why = e.what(), .remedy = "see `" + named + " --help`"};
  if (deepest->get_require_subcommand_min() == 0)
    return f;
  const auto left = app.remaining(true);
  const auto word = std::ranges::find_if(left, [](const auto& w) { return !w.starts_with('-'); });
  f.why = word == left.end() ? "`" + named + "` needs a command"
                             : "there is no command `" + named + ' ' + *word + '`';
  if (word == left.end())
    return f;
  const auto commands = deepest->get_subcommands([](const CLI::App*) { return true; });
  std::vector<std::string> names;
  for (const auto* each : commands)
    names.push_back(each->get_name());
  if (const auto meant = nearest(*word, std::vector<std::string_view>{names.begin(), names.end()}))
    f.remedy = "did you mean `" + named + ' ' + names[*meant] + "`?";
  return f;
}

} // namespace

exit_code run(const std::vector<std::string>& arguments, const local_commands& local,
              terminal& screen, const std::filesystem::path& pointer) {
  shell s{screen, local, pointer};
  CLI::App app{"Tenon: durable integrations on one binary.", "tenon"};
  app.formatter(std::make_shared<help_formatter>());
  app.set_help_flag("-h,--help", "Print this help")->group("Options everywhere");
  app.fallthrough();
  app.require_subcommand(1);
  declare_globals(app, s.given);
  for (const auto& each : catalog())
    each.declare(command_words{&app}, s);
  app.footer(std::string{exit_codes_explained}); // last, so that commands do not inherit it
  if (arguments.empty())
    return shown_help(app, screen, exit_code::wrong_usage);
  auto reversed = arguments;
  std::ranges::reverse(reversed); // as CLI11 wants them
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return shown_help(app, screen, exit_code::done);
  } catch (const CLI::ParseError& e) {
    return s.report(usage(app, e));
  }
  if (s.given.no_color)
    screen.out_look.colour = screen.err_look.colour = false;
  return s.run();
}

int run(int argc, char** argv, const local_commands& local) {
  std::signal(SIGPIPE, SIG_DFL); // `tenon records x | head` ends quietly
  auto screen = own_terminal(true);
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  return static_cast<int>(run(arguments, local, screen, pointer_file()));
}

} // namespace tenon::nodes::cli
