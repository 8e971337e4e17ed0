// How `--help` looks: commands in groups, the most used first, options in one column.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace tenon::nodes::cli {

/// What an argument for a kind accepts: either of its names; the plural ones are shown.
CLI::Validator kind_argument();

class help_formatter final : public CLI::Formatter {
public:
  help_formatter();
  std::string make_subcommands(const CLI::App*, CLI::AppFormatMode) const override;
  std::string make_usage(const CLI::App*, std::string name) const override;
  std::string make_option_opts(const CLI::Option*) const override;
};

} // namespace tenon::nodes::cli
