#include "tests/unit/tidy/includes.hpp"

namespace tenon::tests::tidy {
namespace {

std::string said(std::string path, const std::string& text) {
  std::string all;
  for (const auto& [line, what] : follows_the_tables(file_of(std::move(path), text)))
    all += std::to_string(line) + ": " + what + '\n';
  return all;
}

TEST(includes, follow_the_tables_everywhere) {
  expect_everywhere(follows_the_tables, is_cpp);
}

TEST(includes, of_a_folder_above_are_found_with_their_line) {
  EXPECT_EQ(said("runtime/hosting/cell.cpp", "// One.\n#include \"runtime/cell.hpp\"\n"
                                             "#include \"actors/quota.hpp\"\n"),
            "3: runtime may not include actors\n");
  EXPECT_EQ(said("actors/sync.cpp", "  #  include \"cluster/link.hpp\"\n"),
            "1: actors may not include cluster\n");
  EXPECT_EQ(said("protocols/json.cpp", "#include \"config/yaml.hpp\""),
            "1: protocols may not include config\n");
  EXPECT_EQ(said("nodes/main.cpp", "#include \"actors/quota.hpp\"\n#include <vector>"), "");
}

TEST(includes, of_tests_are_nobody_elses) {
  EXPECT_EQ(said("nodes/main.cpp", "#include \"tests/support/given.hpp\""),
            "1: nodes may not include tests\n");
}

TEST(includes, begin_at_the_root) {
  EXPECT_EQ(said("actors/sync.cpp", "#include \"sync.hpp\""),
            "1: \"sync.hpp\" does not begin at the repository's root\n");
  EXPECT_EQ(said("actors/sync.cpp", "#include \"../runtime/actor.hpp\""),
            "1: \"../runtime/actor.hpp\" does not begin at the repository's root\n");
  EXPECT_EQ(said("elsewhere/a.cpp", "#include \"runtime/actor.hpp\""),
            "1: the folder has no row in the table of folders\n");
}

TEST(includes, of_a_closed_part_come_from_its_friends_alone) {
  const auto* store = "#include \"runtime/store/local_journal.hpp\"";
  EXPECT_EQ(said("actors/sync.cpp", store), "1: runtime/store/ is closed to actors\n");
  EXPECT_EQ(said("runtime/hosting/host.cpp", store), "1: runtime/store/ is closed to runtime\n");
  EXPECT_EQ(said("runtime/store/local_state.cpp", store), "");
  EXPECT_EQ(said("nodes/main.cpp", store), "");
}

TEST(includes, of_a_library_come_from_where_it_is_wrapped) {
  EXPECT_EQ(said("actors/sync.cpp", "#include <lmdb.h>"), "1: <lmdb.h> may not be seen here\n");
  EXPECT_EQ(said("runtime/hosting/cell.cpp", "#include <lmdb.h>"),
            "1: <lmdb.h> may not be seen here\n");
  EXPECT_EQ(said("runtime/store/environment.cpp", "#include <lmdb.h>"), "");
  EXPECT_EQ(said("nodes/edge/lane.cpp", "#include <boost/asio.hpp>"), "");
  EXPECT_EQ(said("actors/sync/sources/sqlite.cpp", "#include <sqlite3.h>"), "");
  EXPECT_EQ(said("tests/support/a.hpp", "#include <sqlite3.h>\n#include <gtest/gtest.h>"), "");
  EXPECT_EQ(said("nodes/main.cpp", "#include <gtest/gtest.h>"),
            "1: <gtest/gtest.h> may not be seen here\n");
}

TEST(includes, of_a_library_go_by_the_most_particular_row) {
  EXPECT_EQ(said("runtime/hosting/host.cpp", "#include <caf/actor_system.hpp>"), "");
  EXPECT_EQ(said("runtime/hosting/host.cpp", "#include <caf/io/middleman.hpp>"),
            "1: <caf/io/middleman.hpp> may not be seen here\n");
}

TEST(includes, of_an_unknown_library_ask_for_a_row) {
  EXPECT_EQ(said("runtime/hosting/host.cpp", "#include <fmt/core.h>"),
            "1: no row of the table of libraries says who may include <fmt/core.h>\n");
  EXPECT_EQ(
      said("runtime/hosting/host.cpp", "#include <sys/uio.h>\n#include <unistd.h>\n#include <map>"),
      "");
}

TEST(includes, that_are_only_written_about_do_not_count) {
  EXPECT_EQ(said("runtime/hosting/host.cpp",
                 "// #include <lmdb.h>\nauto s = \"#include <lmdb.h>\";\n"
                 "#included <lmdb.h>\n#include lmdb\n#include <lmdb.h"),
            "");
}

// What the build links is the same table: NEEDS, and what those need.
std::set<std::string_view> needed_by(std::string_view folder, const source_file& build) {
  std::set<std::string_view> all;
  const auto start = "tenon_folder(" + std::string{folder};
  for (const std::string_view line : build.lines) {
    if (!line.starts_with(start + ' ') && !line.starts_with(start + ')'))
      continue;
    bool needs = false;
    for (std::size_t at = start.size(); at < line.size();) {
      const auto end = std::min(line.find_first_of(" )", at), line.size());
      const auto word = line.substr(at, end - at);
      at = end + 1;
      if (word == "NEEDS" || word == "USES")
        needs = word == "NEEDS";
      else if (needs && may_include.contains(word)) {
        all.insert(word);
        all.merge(needed_by(word, build));
      }
    }
  }
  return all;
}

TEST(includes, and_what_is_linked_are_one_table) {
  const auto build = read_source("CMakeLists.txt");
  for (const auto& [folder, included] : may_include)
    if (folder != "tests") {
      EXPECT_EQ(needed_by(folder, build), included) << folder;
    }
}

TEST(includes, and_what_is_linked_differ_visibly) {
  const auto build = file_of("CMakeLists.txt", "tenon_folder(protocols)\n"
                                               "tenon_folder(runtime NEEDS protocols USES caf)\n"
                                               "tenon_folder(actors NEEDS runtime)\n");
  EXPECT_EQ(needed_by("actors", build), (std::set<std::string_view>{"protocols", "runtime"}));
  EXPECT_EQ(needed_by("protocols", build), std::set<std::string_view>{});
}

} // namespace
} // namespace tenon::tests::tidy
