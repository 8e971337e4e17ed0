// The repository as text, for rules about how it is written. A rule is a function from one file to
// what is wrong with it, so that it can be tried on a text of a few lines as well.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::tests::tidy {

struct source_file {
  std::string path; // from the repository's root
  std::vector<std::string> lines;
};

struct complaint {
  std::size_t line = 0; // from 1; 0: the whole file
  std::string what;

  bool operator==(const complaint&) const = default;
};

using complaints = std::vector<complaint>;
using rule = std::function<complaints(const source_file&)>;

inline const std::vector<std::string_view>& folders() {
  static const std::vector<std::string_view> all{"protocols", "runtime", "cluster", "actors",
                                                 "nodes",     "config",  "tests"};
  return all;
}

inline source_file file_of(std::string path, const std::string& text) {
  source_file f{std::move(path), {}};
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    f.lines.push_back(line);
  return f;
}

inline source_file read_source(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return file_of(path.generic_string(), text.str());
}

inline bool ends_in(std::string_view path, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](auto ending) { return path.ends_with(ending); });
}

inline bool is_cpp(std::string_view path) {
  return ends_in(path, {".hpp", ".cpp", ".h", ".c"});
}

/// Everything that people write here: not data, not what is built or fetched.
inline bool is_written(std::string_view path) {
  return is_cpp(path) || path == "dev" ||
         ends_in(path, {".capnp", ".cmake", ".txt", ".md", ".sh", ".yaml", ".mjs"});
}

/// The written files, in the order of their names.
inline const std::vector<source_file>& repository() {
  namespace fs = std::filesystem;
  static const auto all = [] {
    std::vector<fs::path> paths;
    const auto take = [&](const fs::path& path) {
      if (fs::is_regular_file(path) && is_written(path.generic_string()))
        paths.push_back(path);
    };
    for (const auto* path : {"CMakeLists.txt", "README.md", "dev"})
      take(path);
    for (const auto folder : folders())
      for (auto at = fs::recursive_directory_iterator{folder}; at != end(at); ++at) {
        const auto name = at->path().filename();
        if (name == "node_modules" || name == "corpus" || name == "recordings")
          at.disable_recursion_pending();
        take(at->path());
      }
    std::ranges::sort(paths);
    std::vector<source_file> files;
    for (const auto& path : paths)
      files.push_back(read_source(path));
    return files;
  }();
  return all;
}

/// Every file that `about` picks follows the rule; and there are such files.
inline void expect_everywhere(const rule& follows,
                              const std::function<bool(std::string_view)>& about) {
  std::size_t looked_at = 0;
  for (const auto& file : repository())
    if (about(file.path)) {
      ++looked_at;
      for (const auto& [line, what] : follows(file))
        ADD_FAILURE_AT(file.path.c_str(), static_cast<int>(line)) << what;
    }
  EXPECT_GT(looked_at, 0u) << "run from the repository's root";
}

} // namespace tenon::tests::tidy
