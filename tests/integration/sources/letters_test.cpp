// Letters of files that are read again: as a run over the mended file would have read them.
#include "tests/integration/sources/files_reading.hpp"

#include <random>

namespace tenon::actors {
namespace {

using letters_of_files = files_reading;

std::string random_field(std::mt19937& random) {
  constexpr std::array<const char*, 9> some{
      "7", "-12", "é", "x y", "\"a,b\"", "\"two\nlines\"", "\"say \"\"so\"\"\"", "", "007"};
  return some[random() % some.size()];
}

TEST_F(letters_of_files, are_what_a_run_reads_of_the_same_lines_when_the_options_are_mended) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  std::string text{"\xef\xbb\xbfid,n,\"v\"\r\n"};
  for (int id = 0; id < 400; ++id) {
    text += std::to_string(id);
    for (auto fields = random() % 3; fields > 0; --fields)
      text += ',' + random_field(random);
    text += random() % 2 == 0 ? "\n" : "\r\n";
  }
  write("a.csv", text);
  const auto before = open("{csv: {path: a.csv, key: id, types: {n: integer}}}").run();
  auto mended = open("{csv: {path: a.csv, key: id, ragged: fill, nulls: \"\"}}");
  std::map<std::string, std::string> expected;
  for (const auto& page : mended.run()) {
    EXPECT_TRUE(page.letters.empty());
    for (const auto& r : page.records)
      expected.emplace(r.key, r.content.text());
  }
  std::size_t letters = 0;
  for (const auto& page : before)
    for (const auto& letter : page.letters) {
      const auto again = mended.read_again(letter);
      ASSERT_TRUE(again) << letter.place << ": " << again.error().why;
      ASSERT_EQ(again->records.size(), 1u) << letter.place;
      EXPECT_TRUE(again->letters.empty());
      const auto& record = again->records.front();
      EXPECT_EQ(record.content.text(), expected.at(record.key)) << letter.place;
      ++letters;
    }
  EXPECT_GT(letters, 50u);
}

TEST_F(letters_of_files, that_are_long_in_all_end_their_page) {
  const std::string name(60'000, 'n');
  std::string text{"id," + name + '\n'};
  for (int id = 0; id < 300; ++id)
    text += std::to_string(id) + '\n';
  write("a.csv", text);
  const auto pages = open("{csv: {path: a.csv, key: id}}").run();
  EXPECT_GT(pages.size(), 2u);
  std::size_t letters = 0;
  for (const auto& page : pages)
    for (const auto& letter : page.letters) {
      EXPECT_FALSE(letter.again.empty());
      ++letters;
    }
  EXPECT_EQ(letters, 300u);
}

TEST_F(letters_of_files, whose_header_is_too_long_say_that_they_cannot_be_read_again) {
  write("a.csv", "id," + std::string(70'000, 'n') + "\n1\n");
  const auto letters = open("{csv: {path: a.csv, key: id}}").run().front().letters;
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_TRUE(letters[0].again.empty());
  EXPECT_EQ(letters[0].reason, "it has 1 field, not 2; what it takes to read it again has more "
                               "than 64 KiB, and is not kept");
}

TEST_F(letters_of_files, that_had_no_header_need_columns_to_be_read_again) {
  write("a.csv", "1\n2,b\n");
  const auto letters =
      open("{csv: {path: a.csv, key: id, columns: [id, v]}}").run().front().letters;
  ASSERT_EQ(letters.size(), 1u);
  const auto refused = open("{csv: {path: a.csv, key: id}}").read_again(letters[0]);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(says(refused.error(), "no header was kept with a.csv:1", "`columns`"));
  const auto done =
      open("{csv: {path: a.csv, key: id, columns: [id, v], append: true, ragged: fill}}")
          .read_again(letters[0]);
  ASSERT_TRUE(done) << done.error().why;
  EXPECT_EQ(lines({*done}), texts{R"(1 {"id":"1","v":null})"});
}

} // namespace
} // namespace tenon::actors
