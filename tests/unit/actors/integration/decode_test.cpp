// What bodies are written in beside JSON: tables, XML, what is packed, and files read in pieces.
#include "actors/integration/decode/gzip.hpp"
#include "actors/integration/twin/encoding.hpp"
#include "tests/unit/actors/integration/stream_reading.hpp"

#include <random>

namespace tenon::actors::connectors {
namespace {

std::string json_of(const decoder& d, std::string body) {
  const auto made = d.decode(blob::from(std::move(body)));
  EXPECT_TRUE(made) << made.error().why;
  return made ? made->json.text() : "";
}

failure failure_of(const decoder& d, std::string body) {
  const auto made = d.decode(blob::from(std::move(body)));
  EXPECT_FALSE(made) << made->json.text();
  return made ? failure{} : made.error();
}

TEST(decode, reads_a_table_by_its_header_and_a_field_with_nothing_in_it_is_null) {
  EXPECT_EQ(json_of(csv_decoder, "\xef\xbb\xbfId,Name,Note\r\n1,\"Ann, \"\"A\"\"\",\r\n"
                                 "\r\n2,\"two\nlines\",\"\"\r\n3,Zo\xc3\xab,x"),
            R"([{"Id":"1","Name":"Ann, \"A\"","Note":null},)"
            R"({"Id":"2","Name":"two\nlines","Note":null},)"
            R"({"Id":"3","Name":"Zoë","Note":"x"}])");
  EXPECT_EQ(json_of(csv_decoder, ""), "[]");
  EXPECT_EQ(json_of(csv_decoder, "Id,\n"), "[]");
  EXPECT_EQ(json_of(csv_decoder, "Id,\n7,8\n"), R"([{"Id":"7","column 2":"8"}])");
}

TEST(decode, keeps_a_line_aside_that_is_no_record_and_reads_the_others) {
  const auto body = blob::copy_of("a,b\n1,2\n1\n1,2,3\n\"1\"x,2\n\xff,2\n3,4\n");
  const auto made = csv_decoder.decode(body);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->json.text(), R"([{"a":"1","b":"2"},{"a":"3","b":"4"}])");
  std::vector<std::string> aside;
  for (const auto& one : made->malformed)
    aside.push_back(one.place + ": " + one.bytes.text());
  EXPECT_EQ(aside,
            (lines{"line 3: 1\n", "line 4: 1,2,3\n", "line 5: \"1\"x,2\n", "line 6: \xff,2\n"}));
}

TEST(decode, refuses_a_table_whose_records_nobody_can_tell) {
  EXPECT_EQ(failure_of(csv_decoder, "a,b\n1,2\n3,\"4\n5,6\n").where, "line 3");
  EXPECT_NE(failure_of(csv_decoder, "a,a\n1,2\n").why.find("a twice"), std::string::npos);
  EXPECT_EQ(failure_of(csv_decoder, "\xff,b\n1,2\n").where, "line 1");
}

TEST(decode, reads_back_every_table_that_it_is_given) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const std::string letters{"ab,\"\r\n;|\xc3\xa9 "};
  for (int round = 0; round < 200; ++round) {
    list records;
    for (int i = 0; i < 5; ++i) {
      object one{{"id", std::to_string(i)}};
      for (const auto* name : {"x", "y, \"z\""}) {
        std::string text;
        for (auto n = random() % 6; n > 0; --n)
          if (const auto c = letters[random() % letters.size()];
              static_cast<unsigned char>(c) < 128)
            text += c;
        one[name] = text.empty() ? value{} : value{text};
      }
      records.emplace_back(std::move(one));
    }
    ASSERT_EQ(json_of(csv_decoder, encode_records(csv_decoder, records).body), write_json(records));
  }
}

TEST(decode, reads_xml_as_what_its_root_has_in_it) {
  EXPECT_EQ(json_of(xml_decoder, "<?xml version='1.0'?><feed xmlns:yt='u'><title>T &amp; t</title>"
                                 "<entry id='1'><yt:v>a</yt:v></entry><entry id='2'/></feed>"),
            R"({"@xmlns:yt":"u","title":"T & t","entry":[{"@id":"1","yt:v":"a"},{"@id":"2"}]})");
  const auto m = connector("  videos: {request: {get: /feed}, decode: xml, records: entry,"
                           " key: \"@id\"}\n");
  for (const auto& [body, expected] : std::vector<std::pair<std::string, lines>>{
           {"<feed><entry id='1'>x</entry></feed>", {R"(1 {"@id":"1","#text":"x"})"}},
           {"<feed><entry id='1'/><entry id='2'/></feed>",
            {R"(1 {"@id":"1"})", R"(2 {"@id":"2"})"}}}) {
    const auto done = read(m, "videos", [&](const http_request& asked) {
      EXPECT_EQ(find_header(asked.headers, "accept"), "application/xml");
      return answer(body);
    });
    EXPECT_FALSE(done.wrong) << done.wrong->why;
    EXPECT_EQ(done.lines, expected);
  }
}

TEST(decode, refuses_xml_that_is_cut_off_grows_or_looks_outside_itself) {
  EXPECT_EQ(failure_of(xml_decoder, "<feed>\n<entry>").where, "line 2");
  EXPECT_EQ(failure_of(xml_decoder, "no xml").code, code::malformed);
  EXPECT_EQ(failure_of(xml_decoder, "<!DOCTYPE f [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
                                    "<f>&x;</f>")
                .code,
            code::forbidden);
  std::string bomb{"<!DOCTYPE f [<!ENTITY a0 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>"};
  for (int i = 1; i < 10; ++i) {
    bomb += "<!ENTITY a" + std::to_string(i) + " '";
    for (int n = 0; n < 10; ++n)
      bomb += "&a" + std::to_string(i - 1) + ';';
    bomb += "'>";
  }
  EXPECT_EQ(failure_of(xml_decoder, bomb + "]><f>&a9;</f>").code, code::forbidden);
}

TEST(decode, unpacks_what_is_packed_within_bounds) {
  const std::string text(200'000, 'x');
  const auto whole = packed(text);
  EXPECT_EQ(unpacked(blob::copy_of(whole))->text(), text);
  EXPECT_EQ(unpacked(blob::copy_of("plain"))->text(), "plain");
  EXPECT_FALSE(unpacked(blob::copy_of(whole.substr(0, whole.size() / 2))));
  auto damaged = whole;
  damaged[whole.size() - 6] ^= 1; // of the checksum
  EXPECT_FALSE(unpacked(blob::copy_of(damaged)));
  const auto large = packed(std::string(json_text::max_bytes + 1, 'x'));
  EXPECT_EQ(unpacked(blob::copy_of(large)).error().code, code::too_large);
}

/// A file of lines, given in the ranges that are asked for.
server file_of(const std::string& text, bool knows_ranges = true) {
  return [=](const http_request& asked) -> http_response {
    const auto said = find_header(asked.headers, "range");
    EXPECT_TRUE(said && said->starts_with("bytes="));
    if (!said || !knows_ranges)
      return answer(text);
    const std::string range{said->substr(6)};
    const auto from = std::stoull(range);
    const auto to = std::stoull(range.substr(range.find('-') + 1));
    return answer(
        text.substr(from, to - from + 1), 206,
        {{"Content-Range", "bytes " + std::to_string(from) + "-0/" + std::to_string(text.size())}});
  };
}

TEST(decode, reads_a_file_of_lines_piece_by_piece_wherever_it_is_cut) {
  const auto m = connector("  rows: {request: {get: /file}, decode: jsonl, key: id,"
                           " page: {range: {size: 1000}}}\n");
  std::string text;
  lines expected;
  for (int i = 0; i < 200; ++i) {
    const auto line = "{\"id\":" + std::to_string(i) + ",\"t\":\"" + std::string(i, 'x') + "\"}";
    expected.push_back(std::to_string(i) + ' ' + line);
    text += line + '\n';
  }
  const auto done = read(m, "rows", file_of(text));
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.lines, expected);
  EXPECT_GT(done.places.size(), 20u);
  expect_resumes(m, "rows", file_of(text), done);
  // The last line need not end, and a server may send all of it.
  text.pop_back();
  EXPECT_EQ(read(m, "rows", file_of(text)).lines, expected);
  EXPECT_EQ(read(m, "rows", file_of(text, false)).lines, expected);
}

TEST(decode, fails_where_a_file_cannot_be_read_in_pieces) {
  const auto m = connector("  rows: {request: {get: /file}, decode: jsonl, key: id,"
                           " page: {range: {size: 1000}}}\n");
  const auto long_line = read(m, "rows", file_of("{\"id\":\"" + std::string(3000, 'x') + "\"}\n"));
  ASSERT_TRUE(long_line.wrong);
  EXPECT_NE(long_line.wrong->why.find("more than 1000 bytes"), std::string::npos);
  int asked = 0;
  const auto changed = read(m, "rows", [&](const http_request& r) {
    const auto line = std::string{"{\"id\":1}\n"};
    std::string text;
    for (int i = 0; i < 300 + asked; ++i)
      text += line;
    ++asked;
    return file_of(text)(r);
  });
  ASSERT_TRUE(changed.wrong);
  EXPECT_NE(changed.wrong->why.find("has changed"), std::string::npos) << changed.wrong->why;
  const auto wrong = check_manifest(
      value_of_yaml("connector: test\nbase: http://h/v1\nstreams:\n"
                    "  rows: {request: {get: /file}, decode: csv, key: id, page: {range: {}}}\n"));
  ASSERT_EQ(wrong.errors.size(), 1u);
  EXPECT_EQ(wrong.errors[0].where, "streams.rows.page");
}

TEST(decode, goes_on_with_a_cursor_that_stands_in_a_header) {
  const auto m = connector("  rows: {request: {get: /rows}, decode: csv, key: id,"
                           " page: {cursor: {from: header X-Next, to: after}}}\n");
  const server serve = [](const http_request& asked) {
    const bool later = asked.url.find("after=b") != std::string::npos;
    return answer(later ? "id\n2\n" : "id\n1\n", 200, {{"x-next", later ? "null" : "b"}});
  };
  const auto done = read(m, "rows", serve);
  EXPECT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.lines, (lines{R"(1 {"id":"1"})", R"(2 {"id":"2"})"}));
  expect_resumes(m, "rows", serve, done);
  const auto circle = read(m, "rows", [](const http_request&) {
    return answer("id\n1\n", 200, {{"X-Next", "b"}});
  });
  ASSERT_TRUE(circle.wrong);
  EXPECT_NE(circle.wrong->why.find("circle"), std::string::npos);
}

} // namespace
} // namespace tenon::actors::connectors
