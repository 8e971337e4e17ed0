#include "nodes/cli/catalog.hpp"
#include "nodes/cli/completion.hpp"
#include "tests/support/spoken.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace tenon::nodes::cli;
using tenon::tests::say;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The names as they are typed: dead_letters is dead-letters.
std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const auto& each : catalog()) {
    names.emplace_back(each.file);
    std::ranges::replace(names.back(), '_', '-');
  }
  return names;
}

TEST(cli_run, explains_itself_with_every_command_and_every_exit_code) {
  const auto s = say({"--help"});
  EXPECT_EQ(s.code, exit_code::done);
  for (const auto& name : command_names())
    EXPECT_TRUE(contains(s.out, "\n  " + name + ' ')) << name;
  for (const auto* code : {"0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "130 "})
    EXPECT_TRUE(contains(s.out, std::string{"\n  "} + code)) << code;
  for (const auto* group : {"Resources:", "Running things:", "This machine:", "This program:"})
    EXPECT_TRUE(contains(s.out, group));
}

TEST(cli_run, explains_every_command) {
  for (const auto& name : command_names()) {
    const auto s = say({name, "--help"});
    EXPECT_EQ(s.code, exit_code::done) << name;
    EXPECT_TRUE(contains(s.out, "Usage: tenon " + name)) << s.out;
    EXPECT_EQ(s.err, "");
  }
  EXPECT_TRUE(contains(say({"sync", "run", "-h"}).out, "Usage: tenon sync run name [options]"));
}

TEST(cli_run, answers_wrong_usage_with_2_and_says_where_to_look) {
  const auto nothing = say({});
  EXPECT_EQ(nothing.code, exit_code::wrong_usage);
  EXPECT_TRUE(contains(nothing.err, "Usage: tenon COMMAND"));
  const auto unknown = say({"aply"});
  EXPECT_EQ(unknown.code, exit_code::wrong_usage);
  EXPECT_EQ(unknown.err, "error: there is no command `tenon aply`\n"
                         "  do    did you mean `tenon apply`?\n");
  EXPECT_EQ(say({"sync"}).err, "error: `tenon sync` needs a command\n"
                               "  do    see `tenon sync --help`\n");
  EXPECT_EQ(say({"sync", "rum", "x"}).err, "error: there is no command `tenon sync rum`\n"
                                           "  do    did you mean `tenon sync run`?\n");
  const auto kind = say({"get", "gizmos"});
  EXPECT_EQ(kind.code, exit_code::wrong_usage);
  EXPECT_TRUE(contains(kind.err, "gizmos is none of connectors, integrations"));
  EXPECT_EQ(say({"apply"}).code, exit_code::wrong_usage);
  EXPECT_EQ(say({"get", "syncs", "--colour"}).code, exit_code::wrong_usage);
}

TEST(cli_run, gives_local_commands_their_options_and_takes_their_exit_code) {
  tenon::tests::speaking how;
  node_options node;
  check_options check;
  backup_options backup;
  restore_options restore;
  how.local = {.node = [&](const auto& o) { return node = o, 0; },
               .check = [&](const auto& o) { return check = o, 1; },
               .backup = [&](const auto& o) { return backup = o, 0; },
               .restore = [&](const auto& o) { return restore = o, 4; }};
  EXPECT_EQ(say({"node", "--data", "d", "--http", "0.0.0.0:0", "--threads", "2", "--log-level",
                 "debug", "--allow-network", "10.0.0.0/8", "--allow-network", "127.0.0.0/8"},
                how)
                .code,
            exit_code::done);
  EXPECT_EQ(node.data, "d");
  EXPECT_EQ(node.http, "0.0.0.0:0");
  EXPECT_EQ(node.threads, 2u);
  EXPECT_EQ(node.log_level, "debug");
  EXPECT_EQ(node.allow_networks, (std::vector<std::string>{"10.0.0.0/8", "127.0.0.0/8"}));
  EXPECT_EQ(say({"check", "--data", "d", "--json"}, how).code, exit_code::failed);
  EXPECT_TRUE(check.json);
  EXPECT_EQ(say({"backup", "copy", "--data", "d"}, how).code, exit_code::done);
  EXPECT_EQ(backup.to, "copy");
  EXPECT_EQ(say({"restore", "copy", "--data", "e"}, how).code, exit_code::refused);
  EXPECT_EQ(restore.from, "copy");
  EXPECT_EQ(restore.data, "e");
  EXPECT_EQ(say({"node", "--tls-key", "k"}, how).code, exit_code::wrong_usage);
  EXPECT_EQ(say({"node", "--log-level", "loud"}, how).code, exit_code::wrong_usage);
}

TEST(cli_run, tells_its_version) {
  EXPECT_TRUE(say({"version"}).out.starts_with("tenon "));
  EXPECT_TRUE(say({"version", "--json"}).out.starts_with(R"({"version":")"));
}

TEST(cli_run, writes_errors_as_problem_documents_when_asked_for_json) {
  const auto s = say({"--json", "get", "gizmos"});
  EXPECT_EQ(s.out, "");
  EXPECT_TRUE(s.err.starts_with(R"({"type":"urn:tenon:problem:malformed","detail":")")) << s.err;
}

TEST(cli_completion, knows_every_command_in_every_shell) {
  for (const auto* shell_name : {"bash", "zsh", "fish"}) {
    const auto s = say({"completion", shell_name});
    EXPECT_EQ(s.code, exit_code::done);
    for (const auto& name : command_names())
      EXPECT_TRUE(contains(s.out, name)) << shell_name << ' ' << name;
    for (const auto* inner : {"sync run", "sync pause", "sync status", "dead-letters replay",
                              "watch", "dry-run", "connectors", "ndjson"})
      EXPECT_TRUE(contains(s.out, inner)) << shell_name << ' ' << inner;
  }
  EXPECT_EQ(say({"completion", "tcsh"}).code, exit_code::wrong_usage);
}

} // namespace
