// tenon completion bash|zsh|fish: prints the script that completes this program's command line.
#include "nodes/cli/completion.hpp"

#include "nodes/cli/catalog.hpp"
#include "nodes/cli/help.hpp"
#include "nodes/cli/shell.hpp"

namespace tenon::nodes::cli {

void declare_completion(CLI::App& app, shell& s) {
  auto wanted = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("completion", "Print completion for a shell")->group(program_group);
  command->add_option("shell", *wanted, "Which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  s.does(command, [&app, &s, wanted] {
    s.screen.out << completion_script(app, *wanted);
    return exit_code::done;
  });
}

} // namespace tenon::nodes::cli
