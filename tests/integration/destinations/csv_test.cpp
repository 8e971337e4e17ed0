// Writing CSV files: whole ones with each change once, whatever crashed, and in every dialect what
// the source reads back.
#include "actors/sync/destinations/csv.hpp"
#include "tests/support/destination_writing.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/source_reading.hpp"
#include "tests/support/temporary_directory.hpp"

#include <random>

namespace tenon::actors {
namespace {

using tests::change;

class csv_destinations : public ::testing::Test {
protected:
  tests::destination_writing to(object more = {}) const {
    object options{{"path", "out"}};
    for (const auto& [name, v] : more)
      options[name] = v;
    EXPECT_TRUE(kind_->check(options)) << kind_->check(options).error().why;
    return {*kind_, options};
  }
  std::string text_of(const std::string& name) const {
    std::ifstream in{directory_ / ("out/" + name)};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::set<std::string> files() const {
    std::set<std::string> all;
    for (const auto& each : std::filesystem::directory_iterator{directory_ / "out"})
      all.insert(each.path().filename().string());
    return all;
  }

  tests::temporary_directory directory_;
  bool made_ = std::filesystem::create_directory(directory_ / "out");
  std::unique_ptr<destination_kind> kind_ =
      csv_destination({{directory_.path()}, tests::blocking_threads()});
};

TEST_F(csv_destinations, write_a_file_with_a_header_for_each_page) {
  auto writing = to({{"name", "people"}, {"deleted", "gone"}});
  const list nested{1, "a"};
  const auto done = writing.write({change("1", {{"id", 1}, {"name", "Ann, \"A\""}}),
                                   change("2", {{"id", 2}, {"tags", nested}, {"name", nullptr}}),
                                   change("3", {{"id", 3}, {"name", ""}}, true)});
  EXPECT_EQ(done.written, 3u);
  EXPECT_EQ(done.deleted, 1u);
  EXPECT_EQ(text_of("people-00000001.csv"), "id,name,tags,gone\r\n"
                                            "1,\"Ann, \"\"A\"\"\",,false\r\n"
                                            "2,,\"[1,\"\"a\"\"]\",false\r\n"
                                            "3,\"\",,true\r\n");
  EXPECT_EQ(writing.write({change("4", {{"id", 4}})}).written, 1u);
  EXPECT_EQ(text_of("people-00000002.csv"), "id,gone\r\n4,false\r\n");
  EXPECT_EQ(files(),
            (std::set<std::string>{".people.last", "people-00000001.csv", "people-00000002.csv"}));
}

TEST_F(csv_destinations, write_deletions_only_where_a_column_says_so) {
  const auto done = to().write({change("1", {{"id", 1}}, true), change("2", {{"id", 2}})});
  EXPECT_EQ(done.unchanged, 1u);
  EXPECT_EQ(done.written, 1u);
  EXPECT_EQ(text_of("any-00000001.csv"), "id\r\n2\r\n");
}

TEST_F(csv_destinations, put_a_page_that_comes_again_in_the_place_of_its_file) {
  auto writing = to();
  const auto row = [](int id, std::uint64_t version) {
    return change(std::to_string(id), {{"id", id}, {"v", std::to_string(version)}}, false, version);
  };
  writing.write({row(1, 1), row(2, 1)}, 1);
  writing.write({row(3, 1), row(4, 1)}, 1);
  // Nobody heard of the second; 5 is there now.
  writing.write({row(3, 1), row(4, 1), row(5, 1)}, 1);
  EXPECT_EQ(text_of("any-00000002.csv"), "id,v\r\n3,1\r\n4,1\r\n5,1\r\n");
  // Nor of that, when the node ended; 3 has changed since, and comes at the end by itself.
  writing.write({row(4, 1), row(5, 1)}, 2, false, true);
  EXPECT_EQ(text_of("any-00000002.csv"), "id,v\r\n4,1\r\n5,1\r\n");
  writing.write({row(3, 2)}, 2);
  EXPECT_EQ(text_of("any-00000003.csv"), "id,v\r\n3,2\r\n");
  // A run that writes everything again takes nothing away.
  writing.write({row(1, 1), row(3, 2)}, 3, true);
  writing.write({row(1, 1), row(3, 2)}, 3, true);
  EXPECT_EQ(text_of("any-00000003.csv"), "id,v\r\n3,2\r\n");
  EXPECT_EQ(text_of("any-00000004.csv"), "id,v\r\n1,1\r\n3,2\r\n");
  EXPECT_EQ(files().size(), 5u);
}

TEST_F(csv_destinations, take_nothing_from_the_files_of_a_sync_of_that_name_before) {
  auto writing = to({{"deleted", "gone"}});
  const auto row = [](int id, bool gone, std::uint64_t version) {
    return change(std::to_string(id), {{"id", id}}, gone, version);
  };
  writing.write({row(1, false, 1), row(2, false, 1)}, 6);
  writing.write({row(1, true, 2), row(3, false, 1)}, 7);
  // Made again, it lists what there is, and no longer what was deleted; once more after a crash.
  writing.write({row(2, false, 1), row(3, false, 1)}, 1);
  EXPECT_EQ(text_of("any-00000002.csv"), "id,gone\r\n1,true\r\n3,false\r\n");
  EXPECT_EQ(text_of("any-00000003.csv"), "id,gone\r\n2,false\r\n3,false\r\n");
  writing.write({row(2, false, 1), row(3, false, 1), row(4, false, 1)}, 1, false, true);
  EXPECT_EQ(text_of("any-00000003.csv"), "id,gone\r\n2,false\r\n3,false\r\n4,false\r\n");
  EXPECT_EQ(files().size(), 4u);
}

TEST_F(csv_destinations, go_on_after_any_crash_between_the_note_and_the_file) {
  auto writing = to();
  writing.write({change("1", {{"id", 1}})});
  std::filesystem::remove(directory_ / "out/any-00000001.csv"); // noted, and not there yet
  std::ofstream{directory_ / "out/.any-00000001.csv.new"} << "id\r\nha";
  writing.write({change("1", {{"id", 1}}), change("2", {{"id", 2}})});
  EXPECT_EQ(text_of("any-00000001.csv"), "id\r\n1\r\n2\r\n");
  std::filesystem::remove(directory_ / "out/.any.last"); // by somebody
  writing.write({change("3", {{"id", 3}})});
  EXPECT_EQ(text_of("any-00000002.csv"), "id\r\n3\r\n");
  EXPECT_EQ(files().size(), 3u);
}

TEST_F(csv_destinations, leave_the_files_of_another_sync_alone) {
  std::ofstream{directory_ / "out/.any.last"}
      << R"({"owner":"acme/sync/other","run":"1","number":"1","effects":[]})";
  const auto none = to().write({change("1", {{"id", 1}})});
  EXPECT_EQ(none.count, 0u);
  ASSERT_TRUE(none.trouble);
  EXPECT_EQ(none.trouble->why.where, "spec.to.csv.name");
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(csv_destinations, are_read_back_as_they_were_in_every_dialect) {
  const auto reader = tests::source_kind_of("csv", tests::offered({directory_.path()}));
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const std::vector<object> dialects{{},
                                     {{"delimiter", ";"}, {"quote", "'"}},
                                     {{"delimiter", "tab"}, {"nulls", "\\N"}},
                                     {{"delimiter", "|"}, {"escape", "\\"}, {"nulls", "NULL"}},
                                     {{"header", false}, {"nulls", "-"}}};
  const std::string letters{",;'\"\\\t|#\r\n N-x"};
  for (std::size_t d = 0; d < dialects.size(); ++d) {
    auto options = dialects[d];
    if (!options.find("nulls"))
      options["nulls"] = "";
    options["columns"] = list{"id", "t", "n", "b"};
    std::vector<outgoing_change> page;
    std::vector<std::string> expected;
    for (int i = 0; i < 200; ++i) {
      std::string text;
      for (auto n = random() % 6; n > 0; --n)
        text += letters[random() % letters.size()];
      if (random() % 5 == 0)
        text += "é😀";
      const object record{{"id", "k" + std::to_string(i)},
                          {"t", random() % 7 == 0 ? value{} : value{text}},
                          {"n", random() % 3 == 0 ? value{} : value{static_cast<int>(random())}},
                          {"b", random() % 2 == 0}};
      page.push_back(change("k" + std::to_string(i), record));
      expected.push_back("k" + std::to_string(i) + ' ' + write_json(record));
    }
    auto written = options;
    written["name"] = "d" + std::to_string(d);
    ASSERT_EQ(to(written).write(page).written, 200u);
    auto read = options;
    read["path"] = "out/d" + std::to_string(d) + "-00000001.csv";
    read["key"] = "id";
    if (!read.find("header")) // which columns take for themselves, when files are read
      read["header"] = true;
    read["types"] = object{{"n", "integer"}, {"b", "boolean"}};
    auto opened = reader->open({"acme", "sync", "any"}, read);
    ASSERT_TRUE(opened) << opened.error().where << opened.error().why;
    const auto found = tests::lines(tests::source_reading{*std::move(opened)}.run());
    ASSERT_EQ(found.size(), expected.size()) << write_json(options);
    for (std::size_t i = 0; i < found.size(); ++i)
      ASSERT_EQ(found[i], expected[i]) << write_json(options);
  }
}

TEST_F(csv_destinations, refuse_what_no_line_can_say) {
  auto plain = to({{"quote", "none"}});
  const auto done = plain.write(
      {change("1", {{"id", 1}, {"v", "a,b"}}), change("2", {{"id", 2}, {"v", "fine"}}),
       change("3", {{"id", 3}, {"v", ""}}), change("4", {{"id", 4}, {"v", "two\nlines"}})});
  EXPECT_EQ(done.written, 1u);
  EXPECT_EQ(done.letters.size(), 3u);
  EXPECT_EQ(text_of("any-00000001.csv"), "id,v\r\n2,fine\r\n");
}

TEST_F(csv_destinations, write_only_where_the_node_may) {
  const tests::temporary_directory elsewhere;
  std::filesystem::create_directory_symlink(elsewhere.path(), directory_ / "link");
  for (const auto& path : {elsewhere.path().string(), std::string{"link"}, std::string{".."}}) {
    const object options{{"path", path}};
    const auto checked = kind_->check(options);
    ASSERT_FALSE(checked) << path;
    EXPECT_EQ(checked.error().code, code::forbidden);
    const auto none = tests::destination_writing{*kind_, options}.write({change("1", {{"id", 1}})});
    EXPECT_EQ(none.count, 0u);
    EXPECT_TRUE(none.trouble);
  }
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere.path()));
}

} // namespace
} // namespace tenon::actors
