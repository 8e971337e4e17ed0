// The completion scripts in the shells they are for, where those are installed.
#include "tests/support/spoken.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace {

using tenon::tests::say;

std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe{::popen(command.c_str(), "r"),
                                                             ::pclose};
  std::string text;
  for (int c = 0; (c = std::fgetc(pipe.get())) != EOF;)
    text += static_cast<char>(c);
  return text;
}

// What bash would offer after `words`, the last of which is being typed.
std::string offered(const std::string& words) {
  auto pattern = (std::filesystem::temp_directory_path() / "tenon-bash-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  std::ofstream{folder / "script"} << say({"completion", "bash"}).out << "COMP_WORDS=(tenon "
                                   << words << ")\n"
                                   << "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                                   << "_tenon\n"
                                   << "echo \"${COMPREPLY[*]}\"\n";
  auto text = output_of("bash " + (folder / "script").string() + " 2>&1");
  std::filesystem::remove_all(folder);
  return text;
}

TEST(cli_completion, offers_in_bash_what_may_follow) {
  EXPECT_EQ(offered("a"), "actors apply\n");
  EXPECT_EQ(offered("sync re"), "resume rewind\n");
  EXPECT_EQ(offered("get co"), "connectors collections\n");
  EXPECT_EQ(offered("sync run customers --w"), "--watch\n");
  EXPECT_EQ(offered("--tenant acme sync run x --fu"), "--full\n");
  EXPECT_EQ(offered("completion z"), "zsh\n");
}

TEST(cli_completion, is_no_wrong_syntax_in_any_shell) {
  for (const auto* shell_name : {"bash", "zsh", "fish"}) {
    if (output_of(std::string{"command -v "} + shell_name).empty())
      continue;
    auto pattern = (std::filesystem::temp_directory_path() / "tenon-shell-XXXXXX").string();
    const std::filesystem::path folder = ::mkdtemp(pattern.data());
    std::ofstream{folder / "script"} << say({"completion", shell_name}).out;
    EXPECT_EQ(output_of(std::string{shell_name} + " -n " + (folder / "script").string() + " 2>&1"),
              "");
    std::filesystem::remove_all(folder);
  }
}

} // namespace
