#include "nodes/cli/help.hpp"

#include "nodes/cli/words.hpp"

#include "nodes/cli/kinds.hpp"

#include <algorithm>
#include <array>

namespace tenon::nodes::cli {

help_formatter::help_formatter() {
  column_width(30);
  label("Positionals", "Arguments");
}

CLI::Validator kind_argument() {
  std::string choices;
  std::string sentence;
  for (const auto& kind : kinds) {
    choices.append(choices.empty() ? "" : ",").append(kind.many);
    sentence.append(sentence.empty() ? "" : ", ").append(kind.many);
  }
  return {[sentence](const std::string& given) {
            return find_kind(given) != nullptr ? std::string{} : given + " is none of " + sentence;
          },
          '{' + choices + '}'};
}

std::string help_formatter::make_subcommands(const CLI::App* app, CLI::AppFormatMode) const {
  const auto all = app->get_subcommands([](const CLI::App* c) { return !c->get_name().empty(); });
  const auto listed = [&](std::string_view group, std::string_view title) {
    std::string out;
    for (const auto* each : all) {
      if (each->get_group() != group)
        continue;
      if (out.empty())
        out.append("\n").append(title).append(":\n");
      auto name = "  " + each->get_name();
      name.resize(std::max(name.size() + 2, get_column_width()), ' ');
      out += name + each->get_description() + '\n';
    }
    return out;
  };
  std::string out = listed("Subcommands", "Commands");
  for (const auto* group : {resources_group, running_group, machine_group, program_group})
    out += listed(group, group);
  return out;
}

std::string help_formatter::make_usage(const CLI::App* app, std::string) const {
  std::string path;
  for (const auto* each = app; each != nullptr; each = each->get_parent())
    path = each->get_name() + (path.empty() ? "" : " ") + path;
  std::string out = "Usage: " + path;
  for (const auto* option : app->get_options())
    if (option->get_positional()) {
      const auto name = option->get_name(true);
      out += option->get_required() ? ' ' + name : " [" + name + ']';
    }
  const auto commands =
      app->get_subcommands([](const CLI::App* c) { return !c->get_name().empty(); });
  return out + (commands.empty() ? "" : " COMMAND") + " [options]\n";
}

// ` URL (TENON_SERVER)` behind an option's name.
std::string help_formatter::make_option_opts(const CLI::Option* option) const {
  std::string out;
  if (option->get_type_size() != 0) {
    auto type = option->get_type_name();
    if (const auto choices = type.find('{'); choices != std::string::npos) {
      type = type.substr(choices + 1, type.find('}') - choices - 1);
      std::ranges::replace(type, ',', '|');
    }
    out += type == "TEXT" ? "" : ' ' + type;
    if (!option->get_default_str().empty())
      out += " = " + option->get_default_str();
  }
  if (!option->get_envname().empty())
    out += " (" + option->get_envname() + ')';
  return out;
}

} // namespace tenon::nodes::cli
