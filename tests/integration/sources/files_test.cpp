// Files whatever their format: which are read, in which order, what is remembered of them.
#include "tests/integration/sources/files_reading.hpp"

#include <fcntl.h>
#include <map>
#include <sys/stat.h>

namespace tenon::actors {
namespace {

using files = files_reading;

texts keys(const std::vector<source_page>& pages) {
  texts all;
  for (const auto& p : pages)
    for (const auto& r : p.records)
      all.push_back(r.key);
  return all;
}

std::string line(int id) {
  return "{\"id\":" + std::to_string(id) + "}\n";
}

/// Bytes that this process has asked the system to read.
std::uint64_t bytes_read() {
  std::ifstream io{"/proc/self/io"};
  std::string name;
  std::uint64_t bytes = 0;
  io >> name >> bytes; // rchar, the first
  return bytes;
}

TEST_F(files, of_a_directory_are_read_by_name_but_for_hidden_ones) {
  std::filesystem::create_directories(directory / "d/below");
  write("d/b.jsonl", line(2));
  write("d/a.jsonl", line(1));
  write("d/.hidden.jsonl", line(9));
  write("d/below/c.jsonl", line(3));
  EXPECT_EQ(keys(open("{jsonl: {path: d, key: id}}").run()), (texts{"1", "2"}));
  EXPECT_EQ(keys(open("{jsonl: {path: d/, key: id}}").run()), (texts{"1", "2"}));
}

TEST_F(files, are_found_by_a_pattern) {
  std::filesystem::create_directories(directory / "d/x/.hidden");
  std::filesystem::create_directories(directory / "d/y");
  int id = 0;
  for (const auto* name : {"d/a1.jsonl", "d/a2.jsonl", "d/a10.jsonl", "d/x/a1.jsonl",
                           "d/x/.hidden/a1.jsonl", "d/y/b.jsonl", "d/[z].jsonl", "d/a1.txt"})
    write(name, line(++id));
  const std::map<std::string, texts> expected{
      {"d/a?.jsonl", {"1", "2"}},
      {"d/a*.jsonl", {"1", "3", "2"}},
      {"d/*/a1.jsonl", {"4"}},
      {"d/**/*.jsonl", {"7", "1", "3", "2", "4", "6"}},
      {"**/a1.jsonl", {"1", "4"}},
      {"d/**/**/b.jsonl", {"6"}},
      {"d/**", {"7", "1", "8", "3", "2", "4", "6"}},
      {"d/a[0-9].jsonl", {"1", "2"}},
      {"d/[z].jsonl", {"7"}}, // there is one of that very name
      {"d/nothing*.jsonl", {}},
  };
  for (const auto& [pattern, ids] : expected)
    EXPECT_EQ(keys(open("{jsonl: {path: '" + pattern + "', key: id}}").run()), ids) << pattern;
  EXPECT_EQ(
      keys(open("{jsonl: {path: '" + (directory / "d/a?.jsonl").string() + "', key: id}}").run()),
      (texts{"1", "2"}));
}

TEST_F(files, are_read_in_the_order_of_their_times_when_that_is_asked_for) {
  for (const auto& [name, hour] : {std::pair{"a.jsonl", 3}, {"b.jsonl", 1}, {"c.jsonl", 2}}) {
    write(name, line(hour));
    const timespec times[2]{{hour * 3600, 0}, {hour * 3600, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (directory / name).c_str(), times, 0), 0);
  }
  for (const auto* size : {"1", "5"}) {
    const auto options = std::string{", key: id, page_size: "} + size;
    EXPECT_EQ(keys(open("{jsonl: {path: '*.jsonl'" + options + ", order: modified}}").run()),
              (texts{"1", "2", "3"}));
    EXPECT_EQ(keys(open("{jsonl: {path: '*.jsonl'" + options + "}}").run()),
              (texts{"3", "1", "2"}));
  }
}

TEST_F(files, are_not_read_again_before_they_change) {
  write("a.jsonl", line(1));
  write("b.jsonl", line(2));
  const std::string from{"{jsonl: {path: '*.jsonl', key: id}}"};
  const auto first = open(from).run();
  EXPECT_EQ(keys(first), (texts{"1", "2"}));
  EXPECT_TRUE(first.back().complete);
  const auto again = open(from).run({.cursor = first.back().cursor});
  EXPECT_EQ(keys(again), texts{});
  EXPECT_FALSE(again.back().complete);
  EXPECT_EQ(again.back().cursor, first.back().cursor);

  write("b.jsonl", line(2) + line(3));
  write("c.jsonl", line(4));
  const auto changed = open(from).run({.cursor = again.back().cursor});
  EXPECT_EQ(keys(changed), (texts{"2", "3", "4"}));
  EXPECT_FALSE(changed.back().complete);

  std::filesystem::remove(directory / "a.jsonl");
  const auto fewer = open(from).run({.cursor = changed.back().cursor});
  EXPECT_EQ(fewer.back().cursor.find("a.jsonl"), std::string::npos);

  const auto full = open(from).run({.cursor = fewer.back().cursor, .full = true});
  EXPECT_EQ(keys(full), (texts{"2", "3", "4"}));
  EXPECT_TRUE(full.back().complete);
  EXPECT_EQ(keys(open("{jsonl: {path: '*.jsonl', key: [id]}}").run({.cursor = fewer.back().cursor}))
                .size(),
            3u)
      << "with other options they are other records";
}

TEST_F(files, changed_within_the_same_second_and_of_the_same_size_are_told_by_their_first_bytes) {
  write("a.jsonl", line(1));
  const auto before = std::filesystem::last_write_time(directory / "a.jsonl");
  const auto first = open("{jsonl: {path: a.jsonl, key: id}}").run();
  write("a.jsonl", line(2));
  std::filesystem::last_write_time(directory / "a.jsonl", before);
  const auto next = open("{jsonl: {path: a.jsonl, key: id}}").run({.cursor = first.back().cursor});
  EXPECT_EQ(keys(next), texts{"2"});
  EXPECT_TRUE(next.back().complete); // the only file there is was read from its beginning
}

TEST_F(files, that_grow_are_read_on_where_they_ended) {
  for (const auto& [kind, head] :
       {std::pair<std::string, std::string>{"jsonl", ""}, {"csv", "id,v\n"}}) {
    const auto record = [&](int id) {
      return kind == "csv" ? std::to_string(id) + ",\"a\nb\"\n" : line(id);
    };
    const auto from = "{" + kind + ": {path: log, key: id, append: true}}";
    write("log", "");
    auto last = open(from).run().back();
    EXPECT_TRUE(last.records.empty() && !last.complete);
    const auto read_on = [&] {
      auto pages = open(from).run({.cursor = last.cursor});
      last = pages.back();
      return keys(pages);
    };
    add("log", head + record(1) + record(2));
    EXPECT_EQ(read_on(), (texts{"1", "2"})) << kind;
    EXPECT_EQ(read_on(), texts{});
    const auto half = record(3);
    add("log", half.substr(0, half.size() - 3)); // a writer is not through with it
    EXPECT_EQ(read_on(), texts{});
    add("log", half.substr(half.size() - 3) + record(4));
    EXPECT_EQ(read_on(), (texts{"3", "4"})) << kind;
    EXPECT_FALSE(last.complete);
    write("log", head + record(7)); // another one has taken its place
    EXPECT_EQ(read_on(), texts{"7"}) << kind;
    EXPECT_TRUE(last.complete);
    write("log", "#" + head + record(8) + record(9) + record(10) + record(11));
    if (kind == "jsonl") { // longer than before, but with another beginning
      EXPECT_EQ(read_on(), (texts{"9", "10", "11"}));
    }
  }
}

TEST_F(files, that_grow_say_in_which_line_of_the_whole_a_letter_is) {
  write("log", line(1) + "bad\n" + line(2));
  const auto from = "{jsonl: {path: log, key: id, append: true}}";
  const auto first = open(from).run();
  add("log", line(3) + "worse\n");
  const auto next = open(from).run({.cursor = first.back().cursor});
  ASSERT_EQ(next.back().letters.size(), 1u);
  EXPECT_EQ(next.back().letters[0].place, "log:5");
}

TEST_F(files, are_unpacked_while_they_are_read) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += line(i);
  write("plain", text);
  const auto half = text.find('\n', text.size() / 2) + 1;
  write("gzip", gzipped(text));
  write("members", gzipped(text.substr(0, half)) + gzipped(text.substr(half)));
  write("padded", gzipped(text) + std::string(1000, '\0'));
  write("zstd", zstd_packed(text));
  write("frames",
        zstd_packed(text.substr(0, half)) + zstd_packed("") + zstd_packed(text.substr(half)));
  using namespace std::string_literals;
  write("skippable", "\x50\x2a\x4d\x18\x04\0\0\0abcd"s + zstd_packed(text));
  const auto expected = all("{jsonl: {path: plain, key: id}}");
  ASSERT_EQ(expected.size(), 20'000u);
  for (const auto* name : {"gzip", "members", "padded", "zstd", "frames", "skippable"})
    EXPECT_TRUE(all("{jsonl: {path: "s + name + ", key: id, page_size: 3000}}") == expected)
        << name;
}

TEST_F(files, that_are_packed_are_unpacked_once_for_all_their_pages) {
  std::string text;
  for (int i = 0; i < 200'000; ++i)
    text += "{\"id\":" + std::to_string(i * 7919 % 1'000'003) + "}\n";
  const auto packed = gzipped(text);
  write("a.gz", packed);
  auto reading = open("{jsonl: {path: a.gz, key: id, page_size: 2000}}");
  const auto before = bytes_read();
  const auto pages = reading.run({.sync = sync});
  EXPECT_EQ(pages.size(), 101u);
  EXPECT_LT(bytes_read() - before, 2 * packed.size());
}

TEST_F(files, of_many_fill_one_page_together) {
  std::filesystem::create_directory(directory / "d");
  for (int i = 100; i < 150; ++i)
    write("d/" + std::to_string(i), line(i) + line(i + 1000));
  EXPECT_EQ(open("{jsonl: {path: d, key: id}}").run().size(), 1u);
  const auto pages = open("{jsonl: {path: d, key: id, page_size: 30}}").run({.sync = sync});
  EXPECT_EQ(keys(pages).size(), 100u);
  EXPECT_EQ(pages.size(), 4u);
  EXPECT_TRUE(pages.front().complete && pages.back().complete);
}

} // namespace
} // namespace tenon::actors
