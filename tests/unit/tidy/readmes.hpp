// What a README must have to stay true: its headings, paths that exist, and a word on every part.
#pragma once

#include "tests/unit/tidy/repository.hpp"

#include <set>

namespace tenon::tests::tidy {

inline const std::vector<std::string> headings{"## What it is", "## What it may include",
                                               "## Where to look", "## Adding one more",
                                               "## Decisions"};

inline constexpr std::size_t most_lines_of_a_page = 80;

inline complaints has_the_headings(const source_file& file) {
  std::vector<std::string> found;
  for (const auto& line : file.lines)
    if (line.starts_with("## "))
      found.push_back(line);
  if (found == headings)
    return {};
  return {{0, "its headings are not the five of every folder, in their order"}};
}

inline complaints is_one_page(const source_file& file) {
  if (file.lines.size() <= most_lines_of_a_page)
    return {};
  return {{0, std::to_string(file.lines.size()) + " lines are more than a page"}};
}

/// `what/looks/like.this`, between backticks: a path unless it has blanks, a placeholder, or is
/// absolute (an address of the API) or built (out/).
inline bool names_a_path(std::string_view quoted) {
  if (quoted.empty() || quoted.front() == '/' || quoted.starts_with("out/"))
    return false;
  if (quoted.find_first_of(" <>{}()*=:;,$@\"'\\|") != std::string_view::npos)
    return false;
  return quoted.find('/') != std::string_view::npos ||
         ends_in(quoted, {".hpp", ".cpp", ".md", ".capnp", ".cmake", ".txt", ".yaml", ".sh"});
}

/// Paths begin at the repository's root or at the README's folder.
inline complaints names_what_exists(const source_file& file,
                                    const std::function<bool(std::string)>& exists) {
  const auto slash = file.path.rfind('/');
  const auto folder = slash == std::string::npos ? "" : file.path.substr(0, slash + 1);
  complaints wrong;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string_view line = file.lines[i];
    if (line.starts_with("    "))
      continue; // what a terminal shows
    for (auto open = line.find('`'); open != std::string_view::npos;) {
      const auto close = line.find('`', open + 1);
      if (close == std::string_view::npos)
        break;
      const std::string quoted{line.substr(open + 1, close - open - 1)};
      if (names_a_path(quoted) && !exists(quoted) && !exists(folder + quoted))
        wrong.push_back({i + 1, quoted + " does not exist"});
      open = line.find('`', close + 1);
    }
  }
  return wrong;
}

/// `name/` stands for a part, alone or at the start of a path.
inline complaints mentions(const source_file& file, const std::set<std::string>& parts) {
  complaints wrong;
  for (const auto& part : parts)
    if (std::ranges::none_of(file.lines, [&](const std::string& line) {
          return line.find('`' + part + '/') != std::string::npos;
        }))
      wrong.push_back({0, "says nothing about `" + part + "/`"});
  return wrong;
}

} // namespace tenon::tests::tidy
