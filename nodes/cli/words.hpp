// The words of the command line, as commands declare them: the part of CLI11 that they use, without
// its headers, which take longer to compile than all the rest of a command.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace tenon::nodes::cli {

/// The groups of commands, in the order of the help.
inline constexpr const char* resources_group = "Resources";
inline constexpr const char* running_group = "Running things";
inline constexpr const char* machine_group = "This machine";
inline constexpr const char* program_group = "This program";

/// An option or argument. Each word says more of it and returns it.
class option_words {
public:
  explicit option_words(CLI::Option* o) : option_{o} {}

  const option_words& required() const;
  const option_words& type_name(const std::string& in_capitals) const;
  const option_words& shows_default() const;
  const option_words& needs(const option_words& other) const;
  const option_words& excludes(const option_words& other) const;
  const option_words& one_of(std::vector<std::string> choices) const;
  const option_words& between(std::int64_t least, std::int64_t most) const;
  const option_words& positive() const;
  const option_words& kind_of_resource() const;

private:
  CLI::Option* option_;
};

/// A command, or the program itself. What an option is read into lives as long as the program.
class command_words {
public:
  explicit command_words(CLI::App* a) : app_{a} {}

  command_words command(const std::string& name, const std::string& meaning) const;
  const command_words& group(const std::string& title) const;
  const command_words& needs_command(int least, int most) const;
  /// What stands below its options in its help.
  const command_words& more(const std::string& text) const;

  option_words option(const std::string& names, std::string& into,
                      const std::string& meaning) const;
  option_words option(const std::string& names, std::vector<std::string>& into,
                      const std::string& meaning) const;
  option_words option(const std::string& names, unsigned& into, const std::string& meaning) const;
  option_words option(const std::string& names, std::int64_t& into,
                      const std::string& meaning) const;
  option_words option(const std::string& names, std::uint64_t& into,
                      const std::string& meaning) const;
  option_words option(const std::string& names, std::optional<std::size_t>& into,
                      const std::string& meaning) const;
  option_words flag(const std::string& names, bool& into, const std::string& meaning) const;

  /// When the line names it, after all of the line was read; inner commands come first.
  void runs(std::function<void()> action) const;

  CLI::App& app() const { return *app_; }

private:
  CLI::App* app_;
};

} // namespace tenon::nodes::cli
