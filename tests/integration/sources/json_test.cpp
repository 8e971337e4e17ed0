// JSON documents that stream by: their lists, and what they may be wrong in.
#include "tests/integration/sources/files_reading.hpp"

namespace tenon::actors {
namespace {

using json = files_reading;

/// What the process has in memory, in kilobytes.
long resident() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:"))
      return std::stol(line.substr(6));
  return 0;
}

TEST_F(json, finds_the_list_at_the_root_or_at_a_path) {
  write("a.json", " [ {\"id\": 1 , \"v\": \"]\\\"\"} ,\n{\"id\":2} ] \n");
  const texts both{R"(1 {"id": 1 , "v": "]\""})", R"(2 {"id":2})"};
  EXPECT_EQ(all("{json: {path: a.json, key: id}}"), both);
  write("b.json",
        "{\"n\":12,\"s\":\"}\\\\\",\"data\":{\"skip\":[[{}],{\"items\":[]}],\"items\":[ "
        "{\"id\": 1 , \"v\": \"]\\\"\"},{\"id\":2}],\"next\":null,\"x\":[1]},\"t\":true}");
  EXPECT_EQ(all("{json: {path: b.json, key: id, records: data.items}}"), both);
  write("c.json", R"({"a.b":[{"id":2}]})");
  EXPECT_EQ(all("{json: {path: c.json, key: id, records: 'a\\.b'}}"), (texts{R"(2 {"id":2})"}));
  write("d.json", "[]");
  const auto none = open("{json: {path: d.json, key: id}}").page({});
  EXPECT_TRUE(none.records.empty());
  EXPECT_TRUE(none.last && none.complete); // it says itself that there are none
}

TEST_F(json, makes_a_letter_of_an_item_that_is_no_record_and_goes_on) {
  write("a.json", "[{\"id\":1},2,\"x\",null,[1],{\"id\":tru},{},{\"id\":\"" +
                      std::string(5u << 20, 'x') + "\"},{\"id\":3}]");
  EXPECT_EQ(
      all("{json: {path: a.json, key: id}}"),
      (texts{R"(1 {"id":1})", R"(3 {"id":3})", "! a.json#2: it is not a JSON object",
             "! a.json#3: it is not a JSON object", "! a.json#4: it is not a JSON object",
             "! a.json#5: it is not a JSON object", "! a.json#6: this is not a JSON value (byte 6)",
             "! a.json#7: field id of the key is missing",
             "! a.json#8: the record has more than 4 MiB; here are its first 64 KiB"}));
}

TEST_F(json, fails_at_a_document_that_is_not_whole) {
  struct broken {
    std::string text, why, place;
  };
  for (const auto& b : std::vector<broken>{
           {"", "is cut off", "a.json, byte 0"},
           {"[", "is cut off", "a.json, byte 1"},
           {"[{\"id\":1}", "is cut off", "a.json, byte 9"},
           {"[{\"id\":1},", "is cut off", "a.json, byte 10"},
           {"[{\"id\":1},{\"id\"", "is cut off", "a.json, byte 10"},
           {"[{\"id\":1},]", "an item is missing", "a.json, byte 10"},
           {"[,{\"id\":1}]", "a value is missing", "a.json, byte 1"},
           {"[{\"id\":1}{\"id\":2}]", "a comma or ] is missing", "a.json, byte 9"},
           {"[{\"id\":1}] x", "something follows", "a.json, byte 11"},
           {"[{\"id\":1}][]", "something follows", "a.json, byte 10"},
       }) {
    write("a.json", b.text);
    const auto t = open("{json: {path: a.json, key: id}}").trouble();
    EXPECT_TRUE(says(t.why, b.why)) << b.text;
    EXPECT_EQ(t.why.where, b.place) << b.text;
    EXPECT_FALSE(t.transient);
  }
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {R"({"data":{"items":[{"id":1}])", "is cut off"},
           {R"({"data":{"items":[{"id":1}]})", "is cut off"},
           {R"({"data":{"items":[{"id":1}],}})", "a key in quotes is missing"},
           {R"({"data" {"items":[{"id":1}]}})", "a colon is missing"},
           {R"({"data":{"items":[{"id":1}] "x":1}})", "a comma or } is missing"},
           {R"({"x":"unclosed)", "is cut off"},
           {R"({"x":1 "data":{}})", "a comma or } is missing"},
       }) {
    write("a.json", text);
    EXPECT_TRUE(
        says(open("{json: {path: a.json, key: id, records: data.items}}").trouble().why, why))
        << text;
  }
}

TEST_F(json, says_where_the_list_is_not) {
  write("a.json", R"({"data":{"item":[]},"n":1})");
  for (const auto& [records, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "what is at the root is no list"},
           {", records: data", "what is at records: data is no list"},
           {", records: data.items", "there is no items"},
           {", records: n.items", "there is no items"},
           {", records: nothing", "there is no nothing"}}) {
    const auto t = open("{json: {path: a.json, key: id" + records + "}}").trouble();
    EXPECT_TRUE(says(t.why, why, "records"));
  }
}

TEST_F(json, goes_on_within_a_document_whatever_the_size_of_a_page) {
  std::string text{R"({"before":{"items":[1]},"data":{"items":[)"};
  texts expected;
  for (int i = 0; i < 100; ++i) {
    const auto record = R"({"id":)" + std::to_string(i) + R"(,"v":["}",{"a":"\\\""}]})";
    text += (i ? " ,\n" : "") + record;
    expected.push_back(std::to_string(i) + ' ' + record);
  }
  write("a.json", text + "]},\"after\":[]}");
  for (const int size : {1, 7, 99, 100, 101}) {
    auto reading = open("{json: {path: a.json, key: id, records: data.items, page_size: " +
                        std::to_string(size) + "}}");
    EXPECT_EQ(lines(reading.run()), expected);
  }
}

// A gigabyte that is some kilobytes on the disk.
TEST_F(json, reads_a_gigabyte_in_bounded_memory) {
  const std::string record = R"({"id":1,"text":")" + std::string(10'000, 'x') + "\"}";
  std::string megabytes;
  for (int i = 0; i < 1'000; ++i)
    megabytes += "," + record;
  std::string packed =
      zstd_packed(R"({"huge":")" + std::string(20u << 20, 'y') + R"(","items":[)" + record);
  const auto more = zstd_packed(megabytes);
  for (int i = 0; i < 110; ++i)
    packed += more;
  write("a.json.zst", packed + zstd_packed("]}"));
  packed.clear();
  megabytes = {};
  auto reading = open("{json: {path: a.json.zst, key: id, records: items}}");
  const auto before = resident();
  long most = 0;
  std::uint64_t records = 0, bytes = 0;
  page_request wanted{.sync = sync};
  for (bool last = false; !last;) {
    const auto page = reading.page(wanted);
    records += page.records.size();
    bytes += page.bytes;
    wanted.position = page.position;
    last = page.last;
    most = std::max(most, resident());
  }
  EXPECT_EQ(records, 110'001u);
  EXPECT_GT(bytes, 1ull << 30);
  EXPECT_LT(most - before, 100'000) << "kilobytes, after " << before;
}

} // namespace
} // namespace tenon::actors
