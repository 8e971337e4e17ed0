// Tables and trees as text: columns aligned, nothing drawn but what helps the eye. Where they do
// not fit the terminal's width, the widest texts are cut.
#pragma once

#include "nodes/cli/look.hpp"

#include <string>
#include <vector>

namespace tenon::nodes::cli {

struct column {
  std::string title;
  bool right = false; // numbers
};

struct cell {
  std::string text; // made printable by the table
  cli::ink ink = cli::ink::plain;
};

using row = std::vector<cell>;

/// One line per row under a line of titles; each ends with a newline. Missing cells are empty.
std::string render_table(const std::vector<column>&, const std::vector<row>&, const look&);

/// A line of a tree: the first cell is drawn behind the branches, the others stand in columns.
struct branch {
  row cells;
  std::vector<branch> children;
};

std::string render_tree(const std::vector<column>&, const std::vector<branch>& roots, const look&);

/// `name  value` per row, names dim and aligned, each line indented by `indent`.
std::string render_pairs(const std::vector<std::pair<std::string, cell>>&, const look&,
                         std::size_t indent = 0);

} // namespace tenon::nodes::cli
