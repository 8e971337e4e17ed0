#include "tests/unit/tidy/readmes.hpp"

namespace tenon::tests::tidy {
namespace {

namespace fs = std::filesystem;

bool of_a_folder(std::string_view path) {
  return std::ranges::any_of(folders(),
                             [&](auto each) { return path == std::string{each} + "/README.md"; });
}

bool any(std::string_view path) {
  return path == "README.md" || of_a_folder(path);
}

TEST(readmes, are_in_every_folder) {
  for (const auto folder : folders())
    EXPECT_TRUE(fs::exists(std::string{folder} + "/README.md")) << folder;
  EXPECT_TRUE(fs::exists("README.md"));
}

TEST(readmes, have_the_five_headings) {
  expect_everywhere(has_the_headings, of_a_folder);
}

TEST(readmes, are_one_page) {
  expect_everywhere(is_one_page, of_a_folder);
}

TEST(readmes, name_what_exists) {
  const auto exists = [](const std::string& path) { return fs::exists(path); };
  expect_everywhere([&](const auto& file) { return names_what_exists(file, exists); }, any);
}

TEST(readmes, mention_every_part_of_their_folder) {
  expect_everywhere(
      [](const source_file& file) {
        std::set<std::string> parts;
        for (const auto& entry : fs::directory_iterator{fs::path{file.path}.parent_path()})
          if (entry.is_directory())
            parts.insert(entry.path().filename().string());
        return mentions(file, parts);
      },
      of_a_folder);
}

// What is shown must be what is there, or it is copied and does not work.
TEST(readmes, show_the_sample_connector_whole) {
  const auto shown = read_source("README.md").lines;
  auto connector = read_source("config/samples/quickstart/chinook_api.yaml").lines;
  std::erase_if(connector, [](const auto& line) { return line.starts_with('#'); });
  EXPECT_FALSE(std::ranges::search(shown, connector).empty());
}

TEST(readmes, headings_out_of_order_are_found) {
  std::string text = "# actors\n";
  for (const auto& heading : headings)
    text += heading + "\nA sentence.\n";
  EXPECT_EQ(has_the_headings(file_of("actors/README.md", text)), complaints{});
  EXPECT_EQ(has_the_headings(file_of("actors/README.md", text + "## More\n")).size(), 1u);
  EXPECT_EQ(has_the_headings(file_of("actors/README.md", "## Decisions\n" + text)).size(), 1u);
  EXPECT_EQ(has_the_headings(file_of("actors/README.md", "# actors\n")).size(), 1u);
}

TEST(readmes, more_than_a_page_is_found) {
  EXPECT_EQ(is_one_page({"a/README.md", std::vector<std::string>(80, "x")}), complaints{});
  EXPECT_EQ(is_one_page({"a/README.md", std::vector<std::string>(81, "x")}).size(), 1u);
}

TEST(readmes, paths_that_are_gone_are_found) {
  const auto exists = [](const std::string& path) { return path == "actors/quota.hpp"; };
  const auto said = [&](const std::string& line) {
    return names_what_exists(file_of("actors/README.md", line), exists);
  };
  EXPECT_EQ(said("`actors/quota.hpp` and `quota.hpp`"), complaints{});
  EXPECT_EQ(said("`quota.hpp`\nsee `actors/breaker.hpp`"),
            (complaints{{2, "actors/breaker.hpp does not exist"}}));
  EXPECT_EQ(said("`breaker.hpp`"), (complaints{{1, "breaker.hpp does not exist"}}));
}

TEST(readmes, what_is_no_path_is_left_alone) {
  for (const auto* quoted : {"/api/v1", "./dev run", "<name>_test.cpp", "out/release", "sync",
                             "GET /readyz", "kind/{name}", "tenon apply -f a.yaml"})
    EXPECT_FALSE(names_a_path(quoted)) << quoted;
  for (const auto* quoted : {"sync/", "runtime/hosting/cell.hpp", "cell.hpp", "README.md"})
    EXPECT_TRUE(names_a_path(quoted)) << quoted;
}

TEST(readmes, parts_without_a_word_are_found) {
  const auto file = file_of("actors/README.md", "| a source | `sync/sources/` |\nquota/");
  EXPECT_EQ(mentions(file, {"sync"}), complaints{});
  EXPECT_EQ(mentions(file, {"sync", "quota"}), (complaints{{0, "says nothing about `quota/`"}}));
}

} // namespace
} // namespace tenon::tests::tidy
