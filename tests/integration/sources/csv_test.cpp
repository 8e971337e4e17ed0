// CSV as it is written in the world, and what records it becomes.
#include "protocols/json.hpp"
#include "tests/integration/sources/files_reading.hpp"

#include <algorithm>
#include <random>

namespace tenon::actors {
namespace {

using csv = files_reading;

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_F(csv, says_what_the_csv_spectrum_says) {
  const std::filesystem::path recordings{"tests/recordings/csv"};
  std::size_t compared = 0;
  for (const auto& file : std::filesystem::directory_iterator{recordings / "csvs"}) {
    const auto name = file.path().stem().string();
    write("given.csv", content_of(file.path()));
    const auto header = content_of(file.path());
    const auto first = header.substr(0, header.find(','));
    list records;
    for (const auto& page : open("{csv: {path: given.csv, key: " + first + "}}").run()) {
      EXPECT_TRUE(page.letters.empty()) << name;
      for (const auto& r : page.records)
        records.push_back(*read_json(r.content.view()));
    }
    ++compared;
    if (name == "location_coordinates") { // what is said there is of another file
      EXPECT_EQ(write_json(records),
                "[{\"Contact Phone Number\":\"2095257564\",\"Location Coordinates\":"
                "\"37\xef\xbf\xbd"
                "36'37.8\\\"N 121\xef\xbf\xbd"
                "2'17.9\\\"W\",\"Cities\":\"Modesto\",\"Counties\":\"Stanislaus\"}]");
      continue;
    }
    const auto expected = read_json(content_of(recordings / "json" / (name + ".json")));
    ASSERT_TRUE(expected) << name;
    EXPECT_EQ(value{records}, *expected) << name;
  }
  EXPECT_EQ(compared, 12u);
}

struct dialect_case {
  std::string options, text;
  texts expected;
};

TEST_F(csv, is_read_in_the_dialect_that_is_asked_for) {
  for (const auto& c : std::vector<dialect_case>{
           {"", "id,v\n1,a\n", {R"(1 {"id":"1","v":"a"})"}},
           {"", "id,v\r\n1,\"a\r\nb\"\r\n", {R"(1 {"id":"1","v":"a\r\nb"})"}},
           {"", "id,v\r1,a\r2,b", {R"(1 {"id":"1","v":"a"})", R"(2 {"id":"2","v":"b"})"}},
           {"", "\xef\xbb\xbfid,v\n1,é", {R"(1 {"id":"1","v":"é"})"}},
           {"",
            "id,v\n\n1,a\r\n\r\n2,b\n\n",
            {R"(1 {"id":"1","v":"a"})", R"(2 {"id":"2","v":"b"})"}},
           {"", "id,v\n1,a \"b\" c\n", {R"(1 {"id":"1","v":"a \"b\" c"})"}},
           {"", "id,v\n1, \"b\"\n", {R"(1 {"id":"1","v":" \"b\""})"}},
           {"", "id,v\n1,C:\\x\t\x01\n", {R"(1 {"id":"1","v":"C:\\x\t\u0001"})"}},
           {"", "id,,v,\n1,2,3,4\n", {R"(1 {"id":"1","column 2":"2","v":"3","column 4":"4"})"}},
           {"", "id,v\n1,\n2,\"\"", {R"(1 {"id":"1","v":""})", R"(2 {"id":"2","v":""})"}},
           {"delimiter: tab", "id\tv\n1\t\"a\tb\"\n", {R"(1 {"id":"1","v":"a\tb"})"}},
           {"delimiter: \";\"", "id;v\n1;2,5\n", {R"(1 {"id":"1","v":"2,5"})"}},
           {"delimiter: \"|\", quote: \"'\"",
            "id|v\n1|'a|''b'''\n",
            {R"(1 {"id":"1","v":"a|'b'"})"}},
           {"quote: none", "id,v\n1,\"a\n", {R"(1 {"id":"1","v":"\"a"})"}},
           {"escape: '\\'", "id,v\n1,\"a\\\"b\\\\\"\n", {R"(1 {"id":"1","v":"a\"b\\"})"}},
           {"escape: '\\', nulls: '\\N'",
            "id,v\n1,\\N\n2,a\\,b\n",
            {R"(1 {"id":"1","v":null})", R"(2 {"id":"2","v":"a,b"})"}},
           {"nulls: [\"\", NA]",
            "id,v\n1,\n2,NA\n3,\"NA\"\n4,\"\"\n",
            {R"(1 {"id":"1","v":null})", R"(2 {"id":"2","v":null})", R"(3 {"id":"3","v":"NA"})",
             R"(4 {"id":"4","v":""})"}},
           {"comment: \"#\"", "# made by\nid,v\n#x\n1,#a\n# no end", {R"(1 {"id":"1","v":"#a"})"}},
           {"columns: [id, v]", "1,a\n", {R"(1 {"id":"1","v":"a"})"}},
           {"columns: [id, v], header: true", "A,B\n1,a\n", {R"(1 {"id":"1","v":"a"})"}},
           {"ragged: fill",
            "id,v,w\n1\n2,a,b,,\n",
            {R"(1 {"id":"1","v":null,"w":null})", R"(2 {"id":"2","v":"a","w":"b"})"}},
       }) {
    write("a.csv", c.text);
    EXPECT_EQ(
        all("{csv: {path: a.csv, key: id" + (c.options.empty() ? "" : ", " + c.options) + "}}"),
        c.expected)
        << c.options << "\n"
        << c.text;
  }
}

TEST_F(csv, writes_values_in_the_types_that_are_asked_for) {
  write("a.csv", "id,n,x,b,t\n"
                 "1,-5,1.50,TRUE,05\n"
                 "2,,,,\n"
                 "3,five,1,true,\n"
                 "4,1,1e999,true,\n"
                 "5,1,1,yes,\n"
                 "6,9223372036854775808,1,true,\n"
                 "7,007,1,true,\n");
  EXPECT_EQ(all("{csv: {path: a.csv, key: id, types: {n: integer, x: number, b: boolean}}}"),
            (texts{R"(1 {"id":"1","n":-5,"x":1.50,"b":true,"t":"05"})",
                   R"(2 {"id":"2","n":null,"x":null,"b":null,"t":""})",
                   "! a.csv:4: column n: 'five' is no integer",
                   "! a.csv:5: column x: '1e999' is no number",
                   "! a.csv:6: column b: 'yes' is no boolean",
                   "! a.csv:7: column n: '9223372036854775808' is no integer",
                   "! a.csv:8: column n: '007' is no integer"}));
}

TEST_F(csv, infers_only_what_can_be_written_back_unchanged) {
  write("a.csv",
        "id,v\n1,12\n2,-1.5e3\n3,007\n4,+1\n5,1e400\n6,true\n7,True\n8,\n9,12345678901234567890\n"
        "10,.5\n11,0x1F\n12,NaN\n13,\"5\"\n");
  texts values;
  for (const auto& line : all("{csv: {path: a.csv, key: id, types: infer}}"))
    values.push_back(line.substr(line.find("\"v\":") + 4, line.size() - line.find("\"v\":") - 5));
  EXPECT_EQ(values,
            (texts{"12", "-1.5e3", "\"007\"", "\"+1\"", "\"1e400\"", "true", "\"True\"", "null",
                   "\"12345678901234567890\"", "\".5\"", "\"0x1F\"", "\"NaN\"", "5"}));
}

TEST_F(csv, makes_letters_of_what_is_no_record_and_goes_on) {
  write("a.csv", "id,v\n1\n2,a,b\n\"3\"x,a\n4,\xff\n,a\n5,\"two\nlines\"\n" +
                     std::string(251, 'k') + ",a\n6,fine\n");
  const auto pages = open("{csv: {path: a.csv, key: id}}").run();
  EXPECT_EQ(lines(pages),
            (texts{R"(5 {"id":"5","v":"two\nlines"})", R"(6 {"id":"6","v":"fine"})",
                   "! a.csv:2: it has 1 field, not 2", "! a.csv:3: it has 3 fields, not 2",
                   "! a.csv:4: something stands between a closing quote and the next delimiter",
                   "! a.csv:5: column v is not UTF-8", "! a.csv:6: the key is empty",
                   "! a.csv:9: the key is longer than 250 bytes"}));
  EXPECT_EQ(pages.front().letters[0].bytes.text(), "1\n");
  EXPECT_EQ(pages.front().letters[2].bytes.text(), "\"3\"x,a\n");
  EXPECT_FALSE(pages.back().complete); // which rows the letters were is not known
}

TEST_F(csv, joins_a_key_of_several_columns) {
  write("a.csv", "a,b\nx|y,z\\\nx,\"y|z\"\n,\n");
  EXPECT_EQ(all("{csv: {path: a.csv, key: [a, b]}}"),
            (texts{R"(x\|y|z\\ {"a":"x|y","b":"z\\"})", R"(x|y\|z {"a":"x","b":"y|z"})",
                   R"(| {"a":"","b":""})"}));
}

TEST_F(csv, says_which_columns_there_are_when_a_name_is_wrong) {
  write("a.csv", "id,name\n1,a\n");
  auto t = open("{csv: {path: a.csv, key: nam}}").trouble();
  EXPECT_EQ(t.why.where, "spec.from.csv.key");
  EXPECT_TRUE(says(t.why, "no column nam", "Did you mean name? There is id or name."));
  t = open("{csv: {path: a.csv, key: id, types: {age: integer}}}").trouble();
  EXPECT_EQ(t.why.where, "spec.from.csv.types");
  EXPECT_FALSE(t.transient);
}

TEST_F(csv, fails_when_nobody_can_know_where_the_next_record_begins) {
  write("a.csv", "id,v\n1,a\n2,\"b\n3,c\n");
  const auto t = open("{csv: {path: a.csv, key: id}}").trouble();
  EXPECT_EQ(t.why.where, "a.csv:3");
  EXPECT_TRUE(says(t.why, "never closes", "quote: none"));
  write("a.csv", "id,v\n1,a\n2,\"" + std::string(5u << 20, 'b') + "\n3,c\n");
  EXPECT_EQ(open("{csv: {path: a.csv, key: id}}").trouble().why.where, "a.csv:3");
}

TEST_F(csv, refuses_headers_that_name_nothing_or_the_same_twice) {
  for (const auto& [text, why, remedy] :
       std::vector<std::array<std::string, 3>>{{"", "has no header", "columns"},
                                               {"\n\n", "has no header", "columns"},
                                               {"id,a,a\n", "has a twice", "header: true"},
                                               {"id,\xff\n", "is not UTF-8", "iconv"},
                                               {"\xff\xfei\0d\0", "is UTF-16", "iconv"}}) {
    write("a.csv", text);
    const auto t = open("{csv: {path: a.csv, key: id}}").trouble();
    EXPECT_TRUE(says(t.why, why, remedy)) << text;
    EXPECT_EQ(t.why.where, "a.csv");
    EXPECT_FALSE(t.transient);
  }
}

TEST_F(csv, passes_a_record_too_long_to_be_held_and_goes_on) {
  const std::string filler(6u << 20, 'x');
  write("a.csv", "id,v\n1,\"" + filler + "\n,\"\"" + filler + "\"\n2,b\n3," + filler + "\n4,d\n");
  const auto pages = open("{csv: {path: a.csv, key: id}}").run();
  EXPECT_EQ(lines(pages),
            (texts{R"(2 {"id":"2","v":"b"})", R"(4 {"id":"4","v":"d"})",
                   "! a.csv:2: the record has more than 4 MiB; here are its first 64 KiB",
                   "! a.csv:5: the record has more than 4 MiB; here are its first 64 KiB"}));
  EXPECT_EQ(pages.front().letters.front().bytes.size(), 64u << 10);
}

// Whatever is written by the rules is read back, wherever pages and windows end.
TEST_F(csv, gives_back_what_was_written_by_the_rules) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const auto below = [&](std::size_t n) { return random() % n; };
  const texts pieces{"a", "bc", ",",  "\"",   "\n", "\r\n", ";",
                     " ", "é",  "\\", "€uro", "",   "'",    "\t"};
  for (int round = 0; round < 30; ++round) {
    const char delimiter = ",;\t|"[below(4)];
    const texts ends{"\n", "\r\n", "\r"};
    const auto& line_end = ends[below(3)];
    const auto columns = 1 + below(6);
    std::string text{"id"};
    for (std::size_t c = 1; c <= columns; ++c)
      text += delimiter + ("c" + std::to_string(c));
    text += line_end;
    list expected;
    const auto records = below(400);
    for (std::size_t i = 0; i < records; ++i) {
      object record{{"id", std::to_string(i)}};
      text += std::to_string(i);
      for (std::size_t c = 1; c <= columns; ++c) {
        std::string field;
        for (auto n = below(6); n > 0; --n)
          field += pieces[below(pieces.size())];
        if (below(50) == 0)
          field += std::string(below(40'000), 'x');
        const bool must = field.find_first_of("\"\r\n" + std::string{delimiter}) != field.npos;
        record.append("c" + std::to_string(c), field);
        text += delimiter;
        if (!must && below(2) == 0) {
          text += field;
          continue;
        }
        text += '"';
        for (const char x : field)
          text += x == '"' ? "\"\"" : std::string{x};
        text += '"';
      }
      text += i + 1 == records && below(2) == 0 ? "" : line_end;
      expected.push_back(std::move(record));
    }
    write("a.csv", text);
    const auto sign = delimiter == '\t' ? "tab" : std::string{'"', delimiter, '"'};
    list read;
    for (const auto& page : open("{csv: {path: a.csv, key: id, delimiter: " + sign +
                                 ", page_size: " + std::to_string(1 + below(90)) + "}}")
                                .run()) {
      ASSERT_TRUE(page.letters.empty()) << page.letters.front().reason;
      for (const auto& r : page.records)
        read.push_back(*read_json(r.content.view()));
    }
    ASSERT_EQ(value{read}, value{expected}) << "round " << round;
  }
}

} // namespace
} // namespace tenon::actors
