#include "tests/unit/tidy/writing.hpp"

#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

namespace tenon::tests::tidy {
namespace {

using paths = std::map<std::string_view, std::string_view>; // with the reason

bool is_cpp_or_script(std::string_view path) {
  return is_cpp(path) || path == "dev" || ends_in(path, {".capnp", ".cmake", ".sh", "Lists.txt"});
}

// A line here is a debt with a reason; one that is paid must leave, so that it is not borrowed
// anew.
const paths wordy_files{
    {"tests/unit/tidy/writing.hpp", "lists the banned words"},
    {"tests/simulation/faults/disk_faults.cpp", "plays a disk that is slow"},
};

TEST(writing, files_are_short) {
  expect_everywhere(is_short, is_cpp_or_script);
}

TEST(writing, lines_are_narrow) {
  expect_everywhere(is_narrow, is_cpp_or_script);
}

TEST(writing, leaves_no_blanks_behind) {
  expect_everywhere(is_clean, is_written);
}

TEST(writing, says_no_banned_word) {
  expect_everywhere(says_no_banned_word, [](auto path) { return !wordy_files.contains(path); });
}

TEST(writing, headers_begin_as_headers) {
  expect_everywhere(begins_as_a_header, [](auto path) { return path.ends_with(".hpp"); });
}

TEST(writing, sources_include_their_own_header_first) {
  const auto exists = [](const std::string& path) { return std::filesystem::exists(path); };
  expect_everywhere([&](const auto& file) { return includes_its_own_header_first(file, exists); },
                    [](auto path) { return path.ends_with(".cpp"); });
}

TEST(writing, exceptions_are_still_needed) {
  for (const auto& [path, reason] : wordy_files)
    EXPECT_NE(says_no_banned_word(read_source(path)), complaints{}) << path << " is in order now";
}

// What a run leaves behind where it was started would land with the next commit.
TEST(writing, the_top_holds_the_folders_and_nothing_that_a_run_leaves_behind) {
  std::set<std::string> expected{"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md",
                                 "dev"};
  expected.insert(folders().begin(), folders().end());
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator{"."})
    found.insert(entry.path().filename().string());
  std::erase_if(found, [](const std::string& name) {
    return name.starts_with('.') || name == "out" || name == "compile_commands.json"; // ignored
  });
  EXPECT_EQ(found, expected);
}

// The formatter's word is final, so nobody discusses it.
TEST(writing, is_as_the_formatter_leaves_it) {
  std::string command = "clang-format --dry-run --ferror-limit=3";
  for (const auto& file : repository())
    if (is_cpp(file.path))
      command += ' ' + file.path;
  const std::unique_ptr<FILE, int (*)(FILE*)> asked{popen((command + " 2>&1").c_str(), "r"),
                                                    pclose};
  ASSERT_TRUE(asked);
  std::string said;
  std::array<char, 4096> part{};
  while (said.size() < 4000 && std::fgets(part.data(), part.size(), asked.get()))
    said += part.data();
  EXPECT_EQ(said, "") << "`./dev format` mends it; clang-format 14 must be installed";
}

source_file lines_of(std::size_t count) {
  return {"a.cpp", std::vector<std::string>(count, "x")};
}

TEST(writing, four_hundred_lines_are_the_most) {
  EXPECT_EQ(is_short(lines_of(400)), complaints{});
  EXPECT_EQ(is_short(lines_of(401)), (complaints{{0, "401 lines: there are two ideas in it"}}));
}

TEST(writing, a_hundred_columns_are_the_most_whatever_their_bytes) {
  std::string dashes;
  for (int i = 0; i < 100; ++i)
    dashes += "–";
  EXPECT_EQ(is_narrow(file_of("a.cpp", std::string(100, 'x') + '\n' + dashes)), complaints{});
  EXPECT_EQ(is_narrow(file_of("a.cpp", "x\n" + dashes + '.')), (complaints{{2, "101 columns"}}));
  EXPECT_EQ(is_narrow(file_of("a.capnp", dashes + '.')), complaints{});
  EXPECT_EQ(is_narrow(file_of("a.capnp", std::string(121, 'x'))), (complaints{{1, "121 columns"}}));
}

TEST(writing, blanks_tabs_and_returns_are_found) {
  EXPECT_EQ(is_clean(file_of("a.cpp", "int a;\n\nint b;\n")), complaints{});
  EXPECT_EQ(is_clean(file_of("a.cpp", "int a; \nint\tb;\nint c;\r\n")),
            (complaints{{1, "ends in blanks"}, {2, "has a tab"}, {3, "ends in blanks"}}));
  EXPECT_EQ(is_clean(file_of("a.cpp", "int a;\n\n")),
            (complaints{{0, "begins or ends with an empty line"}}));
}

TEST(writing, banned_words_are_found_whole) {
  for (const auto& [word, why] : banned_words) {
    const std::string w{word};
    EXPECT_EQ(says_no_banned_word(file_of("a.cpp", "x\n  " + w + ";\n")),
              (complaints{{2, w + ": " + std::string{why}}}));
    EXPECT_EQ(says_no_banned_word(file_of("a.cpp", "a" + w + "\n")), complaints{});
    EXPECT_EQ(says_no_banned_word(file_of("a.cpp", w + "s\n")).empty(), is_word(word.back()));
  }
}

TEST(writing, a_header_without_paragraph_or_pragma_is_found) {
  EXPECT_EQ(begins_as_a_header(file_of("a.hpp", "// What.\n#pragma once\n")), complaints{});
  EXPECT_EQ(begins_as_a_header(file_of("a.hpp", "// What.\n// Why.\n\n#pragma once\n")),
            complaints{});
  EXPECT_EQ(begins_as_a_header(file_of("a.hpp", "#pragma once\n")),
            (complaints{{1, "does not say in a first paragraph what it is"}}));
  EXPECT_EQ(begins_as_a_header(file_of("a.hpp", "// What.\n#include <map>\n#pragma once\n")),
            (complaints{{2, "has no #pragma once after its first paragraph"}}));
}

TEST(writing, a_header_that_comes_late_is_found) {
  const auto all = [](const std::string&) { return true; };
  const auto none = [](const std::string&) { return false; };
  const auto late = file_of("runtime/a.cpp", "#include <map>\n#include \"runtime/a.hpp\"\n");
  EXPECT_EQ(includes_its_own_header_first(late, all),
            (complaints{{1, "\"runtime/a.hpp\" comes first"}}));
  EXPECT_EQ(includes_its_own_header_first(late, none), complaints{});
  EXPECT_EQ(includes_its_own_header_first(
                file_of("runtime/a.cpp", "// What.\n#include \"runtime/a.hpp\"\n"), all),
            complaints{});
  EXPECT_EQ(includes_its_own_header_first(file_of("runtime/a.cpp", "int a;\n"), all),
            (complaints{{0, "does not include runtime/a.hpp"}}));
}

} // namespace
} // namespace tenon::tests::tidy
