// What every command is given: the options that all share, the terminal, the way to the server, and
// how a failure is shown. A command is one file in commands/ with one function,
// `void declare_<file>(const command_words&, shell&)`; the build lists them (catalog.hpp).
#pragma once

#include "nodes/cli/api.hpp"
#include "nodes/cli/local_commands.hpp"
#include "nodes/cli/terminal.hpp"

#include <functional>

namespace tenon::nodes::cli {

class command_words;

struct globals {
  std::string server;
  std::string key;
  std::string tenant = "default";
  bool json = false;
  bool no_color = false;
};

class shell {
public:
  shell(terminal& screen, const local_commands& local, std::filesystem::path pointer)
      : screen{screen}, local{local}, pointer_{std::move(pointer)} {}

  globals given;
  terminal& screen;
  const local_commands& local;

  /// The action runs when the command line names `command` and no inner command with an action of
  /// its own, after all of it was read.
  void does(const command_words&, std::function<exit_code()> action);
  /// Runs the action that was chosen.
  exit_code run() const { return chosen_(); }

  /// The server; warns when the key would travel in the clear.
  result<api> connect() const;

  /// Shows what went wrong on standard error and says how to end.
  exit_code report(const answer&) const;
  exit_code report(const failure&) const; // of this side: a file, an option, no server
  void show(const failure&) const;

  /// With --json the document on standard output; whether that was so.
  bool printed_json(const value&) const;

private:
  std::filesystem::path pointer_;
  std::function<exit_code()> chosen_;
};

} // namespace tenon::nodes::cli
