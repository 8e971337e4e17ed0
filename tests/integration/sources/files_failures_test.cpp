// What the outside world does to files, and what is said about it.
#include "tests/integration/sources/files_reading.hpp"

#include <fcntl.h>
#include <functional>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::actors {
namespace {

using files_failures = files_reading;
using namespace std::string_literals;

std::string lines_of(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i)
    text += "{\"id\":" + std::to_string(i) + "}\n";
  return text;
}

/// Of a run that must come to one.
source_trouble trouble_of_a_run(source_reading& reading) {
  page_request wanted{.sync = {"acme", "sync", "failing"}};
  for (;;) {
    const auto answer = reading.ask(wanted);
    if (const auto* t = std::get_if<source_trouble>(&answer))
      return *t;
    const auto& page = std::get<source_page>(answer);
    if (page.last)
      throw std::runtime_error{"the run succeeded"};
    wanted.position = page.position;
    wanted.cursor = page.cursor;
  }
}

TEST_F(files_failures, refuses_options_with_their_place_and_what_to_write) {
  struct wrong {
    std::string from, place, why, remedy;
  };
  for (const auto& w : std::vector<wrong>{
           {"{csv: {key: id}}", "csv.path", "`path` is missing", "customers.csv"},
           {"{csv: {path: a.csv}}", "csv.key", "`key` is missing", "key: id"},
           {"{csv: {path: '', key: id}}", "csv.path", "cannot be a path", "*.csv"},
           {"{csv: {path: 5, key: id}}", "csv.path", "a text is expected", "quotes"},
           {"{csv: {path: a, key: ''}}", "csv.key", "1 to 16", ""},
           {"{csv: {path: a, key: [a, a]}}", "csv.key", "a is there twice", ""},
           {"{csv: {path: a, key: id, page_size: 0}}", "csv.page_size", "from 1 to 20000", ""},
           {"{csv: {path: a, key: id, delimiter: ab}}", "csv.delimiter", "one ASCII", ""},
           {"{csv: {path: a, key: id, delimiter: é}}", "csv.delimiter", "one ASCII", ""},
           {"{csv: {path: a, key: id, delimiter: '\"'}}", "csv.delimiter", "also something", ""},
           {"{csv: {path: a, key: id, header: false}}", "csv.columns", "need names", "columns: ["},
           {"{csv: {path: a, key: id, columns: [a, a]}}", "csv.columns", "twice", ""},
           {"{csv: {path: a, key: id, types: date}}", "csv.types", "no type", "integer"},
           {"{csv: {path: a, key: id, types: {a: date}}}", "csv.types", "no type", "infer"},
           {"{csv: {path: a, key: id, ragged: drop}}", "csv.ragged", "", "fill"},
           {"{csv: {path: a, key: id, delimeter: tab}}", "csv.delimeter", "", "delimiter"},
           {"{csv: {path: a, key: id, order: size}}", "csv.order", "", "modified"},
           {"{json: {path: a, key: id, append: true}}", "json.append", "", ""},
           {"{json: {path: a, key: a..b}}", "json.key", "empty step", ""},
           {"{json: {path: a, key: id, records: 'a.*'}}", "json.records", "star", ""},
           {"{xml: {path: a, key: id}}", "xml.records", "missing", "/catalog/product"},
           {"{xml: {path: a, key: id, records: item}}", "xml.records", "no path", "/catalog/item"},
           {"{xml: {path: a, key: id, records: /a//b}}", "xml.records", "no path", "/catalog/item"},
       }) {
    const auto checked = check(w.from);
    ASSERT_FALSE(checked) << w.from;
    EXPECT_EQ(checked.error().where, "spec.from." + w.place);
    EXPECT_EQ(checked.error().code, code::malformed);
    EXPECT_TRUE(says(checked.error(), w.why)) << w.from;
    EXPECT_NE((checked.error().why + checked.error().remedy).find(w.remedy), std::string::npos)
        << w.from << ": " << checked.error().why << " | " << checked.error().remedy;
  }
}

TEST_F(files_failures, reads_only_below_the_directories_that_the_operator_allows) {
  tests::temporary_directory elsewhere;
  std::ofstream{elsewhere / "a.jsonl"} << "{\"id\":1}\n";
  std::filesystem::create_directory(directory / "d");
  for (const auto& path :
       {(elsewhere / "a.jsonl").string(), (elsewhere / "*.jsonl").string(),
        (elsewhere / "absent").string(), "../" + elsewhere.path().filename().string(),
        "../*/a.jsonl"s, "/etc"s, directory.path().string() + "-too/*"}) {
    const auto from = "{jsonl: {path: '" + path + "', key: id}}";
    const auto checked = check(from);
    ASSERT_FALSE(checked) << path;
    EXPECT_EQ(checked.error().code, code::forbidden);
    EXPECT_EQ(checked.error().where, "spec.from.jsonl.path");
    EXPECT_TRUE(says(checked.error(), "", "--allow-files DIR"));
  }
  std::filesystem::create_symlink(elsewhere / "a.jsonl", directory / "d/link.jsonl");
  std::filesystem::create_directory_symlink(elsewhere.path(), directory / "out");
  for (const auto* path : {"d", "d/*.jsonl", "**/*.jsonl", "*/a.jsonl", "d/link.jsonl", "out"}) {
    const auto w = read_from("{jsonl: {path: '"s + path + "', key: id}}");
    source_reading reading{*w.kind->open(sync, w.options)};
    const auto t = reading.trouble();
    EXPECT_EQ(t.why.code, code::forbidden) << path;
    EXPECT_TRUE(says(t.why, "not in a directory that this node may read"));
  }
  const auto none = tests::source_kind_of("csv", tests::offered());
  EXPECT_FALSE(none->check({{"path", "a.csv"}, {"key", "id"}}));
}

TEST_F(files_failures, follows_links_that_stay_within) {
  write("real.jsonl", lines_of(0, 1));
  std::filesystem::create_directory(directory / "d");
  std::filesystem::create_symlink("../real.jsonl", directory / "d/link.jsonl");
  std::filesystem::create_directory_symlink("d", directory / "e");
  for (const auto* path : {"d", "e", "e/*.jsonl", "d/link.jsonl"})
    EXPECT_EQ(all("{jsonl: {path: '"s + path + "', key: id}}").size(), 1u) << path;
}

TEST_F(files_failures, says_that_a_file_is_missing_or_no_file) {
  const auto missing = open("{csv: {path: a.csv, key: id}}").trouble();
  EXPECT_EQ(missing.why.code, code::not_found);
  EXPECT_EQ(missing.why.where, "spec.from.csv.path");
  EXPECT_TRUE(says(missing.why, "there is no file a.csv"));
  EXPECT_EQ(open("{csv: {path: 'none/*.csv', key: id}}").trouble().why.code, code::not_found);
  write("a.csv", "id\n1\n");
  EXPECT_TRUE(says(open("{csv: {path: 'a.csv/*', key: id}}").trouble().why, "is no directory"));
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(says(open("{csv: {path: pipe, key: id}}").trouble().why, "is no file"));
  std::filesystem::create_directory(directory / "empty");
  const auto none = open("{csv: {path: empty, key: id}}").page({});
  EXPECT_TRUE(none.last && !none.complete); // nothing shows that there is nothing
}

TEST_F(files_failures, says_that_the_user_may_not_read) {
  write("a.jsonl", lines_of(0, 1));
  std::filesystem::create_directory(directory / "d");
  const bool root = ::geteuid() == 0;
  std::filesystem::permissions(directory.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(directory / "a.jsonl", std::filesystem::perms{0});
  std::filesystem::permissions(directory / "d", std::filesystem::perms{0});
  ASSERT_EQ(root ? ::seteuid(65534) : 0, 0);
  const auto file = open("{jsonl: {path: a.jsonl, key: id}}").trouble();
  const auto folder = open("{jsonl: {path: d, key: id}}").trouble();
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  EXPECT_EQ(file.why.code, code::forbidden);
  EXPECT_TRUE(says(file.why, "a.jsonl may not be opened", "right to read"));
  EXPECT_EQ(folder.why.code, code::forbidden);
  EXPECT_TRUE(says(folder.why, "may not be listed", "right to read"));
}

TEST_F(files_failures, starts_over_when_a_file_changes_vanishes_or_shrinks_between_two_pages) {
  const auto from = "{jsonl: {path: '*.jsonl', key: id, page_size: 10}}"s;
  int number = 0;
  using change = std::function<void()>;
  for (const auto& [what, happens] : std::vector<std::pair<std::string, change>>{
           {"changed", [&] { add("a.jsonl", lines_of(100, 101)); }},
           {"changed", [&] { write("a.jsonl", lines_of(0, 5)); }},
           {"gone", [&] { std::filesystem::remove(directory / "a.jsonl"); }},
           {"changed",
            [&] {
              write("new", lines_of(200, 300));
              std::filesystem::rename(directory / "new", directory / "a.jsonl");
            }},
       }) {
    write("a.jsonl", lines_of(0, 100));
    auto reading = open(from);
    const identity each{"acme", "sync", std::to_string(++number)}; // for each it is the first time
    const auto first = reading.page({.sync = each});
    happens();
    // By the reader that was kept for it, and by one that knows nothing.
    for (const bool kept : {true, false}) {
      auto fresh = open(from);
      const auto t = (kept ? reading : fresh).trouble({.sync = each, .position = first.position});
      EXPECT_TRUE(t.start_over) << what;
      EXPECT_EQ(t.why.code, code::stale);
      EXPECT_TRUE(says(t.why, "a.jsonl"));
      EXPECT_TRUE(says(t.why, what));
    }
  }
  EXPECT_TRUE(open(from).trouble({.position = "rubbish"}).start_over);
  EXPECT_TRUE(open(from).trouble({.position = "{\"page\":3}"}).start_over);
}

TEST_F(files_failures, gives_up_on_a_file_that_never_rests) {
  write("a.jsonl", lines_of(0, 100));
  auto reading = open("{jsonl: {path: a.jsonl, key: id, page_size: 10}}");
  const auto change_and_ask = [&] {
    const auto first = reading.page({.sync = sync});
    add("a.jsonl", lines_of(100, 101));
    return reading.trouble({.sync = sync, .position = first.position});
  };
  for (int run = 0; run < 2; ++run) {
    for (int i = 0; i < 3; ++i)
      EXPECT_TRUE(change_and_ask().start_over);
    const auto t = change_and_ask();
    EXPECT_FALSE(t.start_over || t.transient);
    EXPECT_TRUE(says(t.why, "a.jsonl changed while it was read", "append: true"));
  }
  EXPECT_TRUE(change_and_ask().start_over);
  EXPECT_EQ(lines(reading.run({.sync = sync})).size(), 109u); // it rested, and all is forgotten
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(change_and_ask().start_over);
}

TEST_F(files_failures, goes_on_in_a_file_that_grows_between_two_pages_if_it_may) {
  write("a.jsonl", lines_of(0, 15));
  auto reading = open("{jsonl: {path: a.jsonl, key: id, page_size: 10, append: true}}");
  const auto first = reading.page({.sync = sync});
  add("a.jsonl", lines_of(15, 30));
  EXPECT_EQ(
      lines(reading.run({.sync = sync, .position = first.position, .cursor = first.cursor})).size(),
      20u);
  const auto again = reading.page({.sync = sync});
  write("a.jsonl", lines_of(500, 502));
  EXPECT_TRUE(reading.trouble({.sync = sync, .position = again.position}).start_over);
}

TEST_F(files_failures, starts_over_when_the_options_change_between_two_pages) {
  write("a.csv", "id,v\n1,a\n2,b\n");
  const auto first = open("{csv: {path: a.csv, key: id, page_size: 1}}").page({});
  EXPECT_TRUE(open("{csv: {path: a.csv, key: v, page_size: 1}}")
                  .trouble({.position = first.position})
                  .start_over);
  EXPECT_EQ(open("{csv: {path: a.csv, key: id, page_size: 2}}")
                .page({.position = first.position})
                .records.size(),
            1u);
}

TEST_F(files_failures, says_that_packed_bytes_are_cut_off_or_damaged) {
  std::mt19937 random{7};
  std::string text;
  for (int i = 0; i < 50'000; ++i)
    text += "{\"id\":" + std::to_string(random()) + "}\n";
  for (const auto& packed : {gzipped(text), zstd_packed(text)}) {
    for (const auto size : {std::size_t{5}, packed.size() / 2, packed.size() - 1}) {
      write("a.jsonl", packed.substr(0, size));
      auto reading = open("{jsonl: {path: a.jsonl, key: id, page_size: 20000}}");
      const auto t = trouble_of_a_run(reading);
      EXPECT_TRUE(says(t.why, "a.jsonl is cut off", "Copy it again"));
      EXPECT_EQ(t.why.where, "a.jsonl");
      EXPECT_FALSE(t.transient || t.start_over);
    }
    auto damaged = packed;
    for (std::size_t i = 0; i < 40; ++i)
      damaged[damaged.size() / 3 + i] ^= 0x5a;
    write("a.jsonl", damaged);
    auto reading = open("{jsonl: {path: a.jsonl, key: id, page_size: 20000}}");
    EXPECT_TRUE(says(trouble_of_a_run(reading).why, "a.jsonl is damaged"));
    write("a.jsonl", packed + "rubbish");
    EXPECT_TRUE(says(trouble_of_a_run(reading).why, "a.jsonl is damaged"));
  }
}

TEST_F(files_failures, names_the_packings_that_are_not_read) {
  for (const auto& [bytes, name] :
       std::vector<std::pair<std::string, std::string>>{{"PK\x03\x04rest", "a ZIP archive"},
                                                        {"BZh91AY&SYrest", "packed with bzip2"},
                                                        {"\xfd"
                                                         "7zXZ\0"s,
                                                         "packed with xz"}}) {
    write("a.csv", bytes);
    const auto t = open("{csv: {path: a.csv, key: id}}").trouble();
    EXPECT_TRUE(says(t.why, name, "gzip or zstd"));
    EXPECT_FALSE(t.transient);
  }
  write("a.csv", "BZh,id\n1,2\n");
  EXPECT_EQ(all("{csv: {path: a.csv, key: id}}").size(), 1u);
}

TEST_F(files_failures, refuses_to_read_on_in_what_is_packed) {
  write("a.jsonl.gz", gzipped(lines_of(0, 2)));
  const auto t = open("{jsonl: {path: a.jsonl.gz, key: id, append: true}}").trouble();
  EXPECT_EQ(t.why.where, "spec.from.jsonl.append");
}

TEST_F(files_failures, names_the_file_among_many_that_is_wrong_and_keeps_what_came_before) {
  write("a.csv", "id\n1\n2\n");
  write("b.csv", "id\n3\n\"4\n");
  auto reading = open("{csv: {path: '*.csv', key: id, page_size: 2}}");
  const auto first = reading.page({.sync = sync});
  EXPECT_EQ(first.records.size(), 2u);
  const auto t = reading.trouble({.sync = sync, .position = first.position});
  EXPECT_EQ(t.why.where, "b.csv:3");
  write("b.csv", "id\n3\n4\n"); // the run goes on where it failed
  EXPECT_EQ(lines(reading.run({.sync = sync, .position = first.position, .cursor = first.cursor})),
            (texts{R"(3 {"id":"3"})", R"(4 {"id":"4"})"}));
}

TEST_F(files_failures, refuses_a_cursor_that_is_none) {
  write("a.csv", "id\n1\n");
  for (const auto* cursor : {"rubbish", "{}", R"({"files":{"a.csv":[1]},"shape":"0"})"}) {
    auto reading = open("{csv: {path: a.csv, key: id}}");
    const auto answer = reading.ask({.cursor = cursor});
    if (const auto* t = std::get_if<source_trouble>(&answer)) {
      EXPECT_TRUE(says(t->why, "not one of files", "Rewind"));
    } else { // of other options: everything is read
      EXPECT_EQ(std::get<source_page>(answer).records.size(), 1u);
    }
  }
}

TEST_F(files_failures, bounds_how_many_files_there_may_be) {
  std::filesystem::create_directory(directory / "d");
  for (int i = 0; i <= 10'000; ++i)
    ::close(::creat((directory / ("d/" + std::to_string(i))).c_str(), 0600));
  const auto t = open("{jsonl: {path: d, key: id}}").trouble();
  EXPECT_EQ(t.why.code, code::too_large);
  EXPECT_EQ(t.why.where, "spec.from.jsonl.path");
  EXPECT_TRUE(says(t.why, "more than 10,000", "pattern"));
}

} // namespace
} // namespace tenon::actors
