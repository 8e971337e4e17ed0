// JSON Lines: every line for itself.
#include "tests/integration/sources/files_reading.hpp"

namespace tenon::actors {
namespace {

using jsonl = files_reading;

TEST_F(jsonl, keeps_every_line_byte_for_byte) {
  write("a.jsonl",
        "\xef\xbb\xbf{\"id\": 1, \"v\": [1.50, null]}\n  {\"id\":\"zwei\",\"v\":\"é\"} \r\n"
        "\n \t\n{\"id\":3,\"id\":4}");
  EXPECT_EQ(all("{jsonl: {path: a.jsonl, key: id}}"),
            (texts{R"(1 {"id": 1, "v": [1.50, null]})", R"(zwei {"id":"zwei","v":"é"})",
                   R"(3 {"id":3,"id":4})"}));
}

TEST_F(jsonl, makes_a_letter_of_a_bad_line_and_goes_on) {
  write("a.jsonl", "{\"id\":1}\n{\"id\":}\n[1]\n\n{\"v\":1}\n{\"id\":null}\n{\"id\":[1]}\n"
                   "{\"id\":\"\xff\"}\n{\"id\":2} x\n{\"id\":9}\n{\"id\":");
  const auto pages = open("{jsonl: {path: a.jsonl, key: id}}").run();
  EXPECT_EQ(lines(pages), (texts{
                              R"(1 {"id":1})",
                              R"(9 {"id":9})",
                              "! a.jsonl:2: this is not a JSON value (byte 6)",
                              "! a.jsonl:3: it is not a JSON object",
                              "! a.jsonl:5: field id of the key is missing",
                              "! a.jsonl:6: field id of the key is null",
                              "! a.jsonl:7: field id of the key is neither text nor a number",
                              "! a.jsonl:8: a byte is not UTF-8 (byte 7)",
                              "! a.jsonl:9: something follows the JSON value (byte 9)",
                              "! a.jsonl:11: the body ends in the middle of a value (byte 6)",
                          }));
  EXPECT_EQ(pages.front().letters.front().bytes.text(), "{\"id\":}");
  EXPECT_FALSE(pages.back().complete);
}

TEST_F(jsonl, finds_a_key_by_paths) {
  write("a.jsonl", "{\"a\":{\"b\":7},\"c.d\":\"x|y\"}\n");
  EXPECT_EQ(all("{jsonl: {path: a.jsonl, key: [a.b, 'c\\.d']}}"),
            (texts{R"(7|x\|y {"a":{"b":7},"c.d":"x|y"})"}));
}

TEST_F(jsonl, passes_a_line_too_long_to_be_held_and_goes_on) {
  for (const std::size_t size : {(4u << 20) + 1, 9u << 20}) {
    write("a.jsonl", "{\"id\":1}\n{\"id\":2,\"v\":\"" + std::string(size, 'x') +
                         "\"}\n{\"id\":3}\n" + std::string(size, 'y'));
    const auto pages = open("{jsonl: {path: a.jsonl, key: id}}").run();
    ASSERT_EQ(pages.front().letters.size(), 2u);
    EXPECT_EQ(pages.front().records.size(), 2u);
    EXPECT_EQ(pages.front().letters[0].place, "a.jsonl:2");
    EXPECT_EQ(pages.front().letters[1].place, "a.jsonl:4");
    EXPECT_EQ(pages.front().letters[0].bytes.size(), 64u << 10);
    EXPECT_EQ(pages.front().letters[0].reason,
              "the record has more than 4 MiB; here are its first 64 KiB");
  }
}

/// So many megabytes without an end of line, packed.
std::string one_line(int megabytes) {
  const auto some = zstd_packed(std::string(64u << 20, 'x'));
  std::string all;
  for (int i = 0; i < megabytes; i += 64)
    all += some;
  return all;
}

TEST_F(jsonl, passes_a_line_of_two_gigabytes) {
  write("a.jsonl", zstd_packed("{\"id\":1}\n") + one_line(2048) + zstd_packed("\n{\"id\":2}\n"));
  const auto pages = open("{jsonl: {path: a.jsonl, key: id}}").run({.sync = sync});
  EXPECT_EQ(lines(pages),
            (texts{R"(1 {"id":1})",
                   "! a.jsonl:2: the record has more than 4 MiB; here are its first 64 KiB",
                   R"(2 {"id":2})"}));
}

TEST_F(jsonl, gives_up_on_a_line_of_more_than_four_gigabytes) {
  write("a.jsonl", zstd_packed("{\"id\":1}\n") + one_line(4096 + 64));
  const auto t = open("{jsonl: {path: a.jsonl, key: id}}").trouble();
  EXPECT_EQ(t.why.code, code::too_large);
  EXPECT_EQ(t.why.where, "a.jsonl:2");
  EXPECT_FALSE(t.transient);
}

TEST_F(jsonl, ends_a_page_by_its_bytes_as_well) {
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += "{\"id\":" + std::to_string(i) + ",\"v\":\"" + std::string(1u << 20, 'x') + "\"}\n";
  write("a.jsonl", text);
  std::size_t seen = 0;
  for (const auto& page : open("{jsonl: {path: a.jsonl, key: id}}").run()) {
    std::size_t bytes = 0;
    for (const auto& r : page.records)
      bytes += r.content.size();
    EXPECT_LT(bytes, 10u << 20);
    seen += page.records.size();
  }
  EXPECT_EQ(seen, 30u);
}

} // namespace
} // namespace tenon::actors
