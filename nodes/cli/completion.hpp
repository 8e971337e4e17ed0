// Completion for shells, generated from the tree of commands itself, so it cannot lag behind.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace tenon::nodes::cli {

/// The script for "bash", "zsh" or "fish".
std::string completion_script(const CLI::App& root, std::string_view shell_name);

} // namespace tenon::nodes::cli
