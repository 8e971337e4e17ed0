#include "nodes/cli/completion.hpp"

#include <CLI/CLI.hpp>

#include <vector>

namespace tenon::nodes::cli {
namespace {

struct word {
  std::string text;
  std::string meaning;
  bool takes_value = false;
};

// One place in the tree of commands: "sync run", and what may follow there.
struct place {
  std::string path; // "" for the root
  std::vector<word> commands;
  std::vector<word> options;
  std::vector<word> choices; // of its first argument
};

// "TEXT:{table,json,yaml}" → table, json, yaml
std::vector<word> choices_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}', open);
  std::vector<word> words;
  if (open == std::string::npos || close == std::string::npos)
    return words;
  for (const auto& each : CLI::detail::split(type.substr(open + 1, close - open - 1), ','))
    words.push_back({each, {}});
  return words;
}

void collect(const CLI::App& app, const std::string& path, const std::vector<word>& inherited,
             std::vector<place>& places) {
  place here{.path = path, .options = inherited};
  for (const auto* option : app.get_options()) {
    const bool takes_value = option->get_type_size() != 0;
    for (const auto& name : option->get_lnames())
      here.options.push_back({"--" + name, option->get_description(), takes_value});
    for (const auto& name : option->get_snames())
      here.options.push_back({"-" + name, option->get_description(), takes_value});
    if (option->get_positional() && here.choices.empty())
      here.choices = choices_of(*option);
  }
  const auto commands =
      app.get_subcommands([](const CLI::App* c) { return !c->get_name().empty(); });
  for (const auto* each : commands)
    here.commands.push_back({each->get_name(), each->get_description()});
  places.push_back(here);
  std::vector<word> passed_on; // what a command takes from above, but for its own --help
  for (const auto& option : here.options)
    if (option.text != "--help" && option.text != "-h")
      passed_on.push_back(option);
  for (const auto* each : commands)
    collect(*each, path.empty() ? each->get_name() : path + ' ' + each->get_name(), passed_on,
            places);
}

std::string joined(const std::vector<word>& words) {
  std::string out;
  for (const auto& each : words)
    out += (out.empty() ? "" : " ") + each.text;
  return out;
}

// In single quotes for any of the three shells; a quote in it becomes a typographic one.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string{"’"} : std::string{c};
  return out + '\'';
}

// Both bash and zsh first walk the words typed so far down the tree; `place` is where they got.
std::string walk(const std::vector<place>& places, std::string_view words, std::string_view last) {
  std::string commands;
  for (const auto& each : places)
    if (!each.path.empty())
      commands += (commands.empty() ? "" : "|") + in_quotes(each.path);
  return "  local place='' word next\n"
         "  for word in \"${" +
         std::string{words} + "[@]:1:" + std::string{last} +
         "}\"; do\n"
         "    next=\"${place:+$place }$word\"\n"
         "    case \"$next\" in\n"
         "      " +
         commands +
         ") place=\"$next\" ;;\n"
         "    esac\n"
         "  done\n";
}

std::string for_bash(const std::vector<place>& places) {
  std::string out = "# bash completion for tenon: source it, or save it as\n"
                    "# ~/.local/share/bash-completion/completions/tenon\n"
                    "_tenon() {\n"
                    "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" words=''\n" +
                    walk(places, "COMP_WORDS", "COMP_CWORD-1") + "  case \"$place\" in\n";
  for (const auto& each : places) {
    out += "    " + in_quotes(each.path) +
           ") words=" + in_quotes(joined(each.commands.empty() ? each.choices : each.commands));
    out += "; [[ $cur == -* ]] && words=" + in_quotes(joined(each.options)) + " ;;\n";
  }
  return out + "  esac\n"
               "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
               "}\n"
               "complete -o default -F _tenon tenon\n";
}

std::string described(const std::vector<word>& words) {
  std::string out;
  for (const auto& each : words) {
    std::string escaped;
    for (const char c : each.text)
      escaped += c == ':' ? std::string{"\\:"} : std::string{c};
    out += ' ' + in_quotes(each.meaning.empty() ? escaped : escaped + ':' + each.meaning);
  }
  return out;
}

std::string for_zsh(const std::vector<place>& places) {
  std::string out = "#compdef tenon\n"
                    "# zsh completion for tenon: save it as _tenon in a folder of $fpath\n"
                    "_tenon() {\n"
                    "  local -a follow options\n" +
                    walk(places, "words", "CURRENT-2") + "  case \"$place\" in\n";
  for (const auto& each : places)
    out += "    " + in_quotes(each.path) + ")\n      follow=(" +
           described(each.commands.empty() ? each.choices : each.commands) + ")\n      options=(" +
           described(each.options) + ") ;;\n";
  return out + "  esac\n"
               "  if [[ $words[CURRENT] == -* ]]; then\n"
               "    _describe -o option options\n"
               "  elif (( $#follow )); then\n"
               "    _describe command follow\n"
               "  else\n"
               "    _files\n"
               "  fi\n"
               "}\n"
               "compdef _tenon tenon\n";
}

std::string for_fish(const std::vector<place>& places) {
  std::string out = "# fish completion for tenon: save it as\n"
                    "# ~/.config/fish/completions/tenon.fish\n"
                    "function __tenon_at\n"
                    "  set -l place\n"
                    "  for word in (commandline -opc)[2..-1]\n"
                    "    set -l next (string trim \"$place $word\")\n"
                    "    contains -- \"$next\"";
  for (const auto& each : places)
    if (!each.path.empty())
      out += ' ' + in_quotes(each.path);
  out += "; and set place \"$next\"\n"
         "  end\n"
         "  test \"$place\" = \"$argv[1]\"\n"
         "end\n";
  for (const auto& each : places) {
    const auto line = [&](const std::string& rest, const word& w) {
      out += "complete -c tenon -n " + in_quotes("__tenon_at \"" + each.path + '"') + rest;
      out += (w.meaning.empty() ? "" : " -d " + in_quotes(w.meaning)) + '\n';
    };
    for (const auto& w : each.commands.empty() ? each.choices : each.commands)
      line(" -f -a " + in_quotes(w.text), w);
    for (const auto& w : each.options)
      line(w.text.starts_with("--") ? " -l " + w.text.substr(2) + (w.takes_value ? " -r" : "")
                                    : " -s " + w.text.substr(1) + (w.takes_value ? " -r" : ""),
           w);
  }
  return out;
}

} // namespace

std::string completion_script(const CLI::App& root, std::string_view shell_name) {
  std::vector<place> places;
  collect(root, {}, {}, places);
  return shell_name == "zsh"    ? for_zsh(places)
         : shell_name == "fish" ? for_fish(places)
                                : for_bash(places);
}

} // namespace tenon::nodes::cli
