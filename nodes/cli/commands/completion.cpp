// tenon completion bash|zsh|fish: prints the script that completes this program's command line.
#include "nodes/cli/completion.hpp"

#include "nodes/cli/catalog.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {

void declare_completion(const command_words& app, shell& s) {
  auto wanted = std::make_shared<std::string>();
  auto command = app.command("completion", "Print completion for a shell").group(program_group);
  command.option("shell", *wanted, "Which shell").required().one_of({"bash", "zsh", "fish"});
  s.does(command, [app, &s, wanted] {
    s.screen.out << completion_script(app.app(), *wanted);
    return exit_code::done;
  });
}

} // namespace tenon::nodes::cli
