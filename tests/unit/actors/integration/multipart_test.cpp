#include "actors/integration/web/multipart.hpp"

#include "actors/integration/request.hpp"
#include "config/yaml.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::actors::connectors {
namespace {

result<http_request> sent(const std::string& yaml, const value& record = {}) {
  const auto read = config::read_yaml(yaml, "test");
  EXPECT_TRUE(read) << read.error().why;
  problems found;
  form fields{read->front().value, "request", found};
  const auto pattern = take_request(fields, {.roots = {"record"}});
  fields.finish();
  EXPECT_TRUE(found.empty());
  const auto base = parse_url("https://api.example.com");
  scope names;
  names.bind("record", record);
  auto made = draft_request(pattern, {}, *base, names);
  return made ? finish_request(*std::move(made), {}) : result<http_request>{made.error()};
}

TEST(multipart, carries_texts_and_files_as_forms_do) {
  const value record{object{{"lines", "{\"a\":1}\n{\"a\":2}\n"}}};
  const auto request = sent("post: /files\n"
                            "multipart:\n"
                            "  purpose: batch\n"
                            "  left_out: '{{record.none}}'\n"
                            "  count: 2\n"
                            "  file: {filename: batch.jsonl, type: application/jsonl, "
                            "content: '{{record.lines}}'}\n",
                            record);
  ASSERT_TRUE(request) << request.error().why;
  const auto type = find_header(request->headers, "content-type");
  ASSERT_TRUE(type);
  const auto parts = read_multipart(*type, request->body.view());
  ASSERT_TRUE(parts) << parts.error().why;
  const std::vector<body_part> expected{{.name = "purpose", .content = "batch"},
                                        {.name = "count", .content = "2"},
                                        {.name = "file",
                                         .filename = "batch.jsonl",
                                         .type = "application/jsonl",
                                         .content = "{\"a\":1}\n{\"a\":2}\n"}};
  EXPECT_EQ(*parts, expected);
  // Said once as RFC 7578 has it, byte for byte.
  const auto boundary = std::string{type->substr(type->find('=') + 1)};
  EXPECT_TRUE(request->body.view().starts_with(
      "--" + boundary + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"));
  EXPECT_TRUE(request->body.view().ends_with("\r\n--" + boundary + "--\r\n"));
}

TEST(multipart, carries_what_belongs_together) {
  const auto request = sent("post: /upload\n"
                            "related:\n"
                            "  - {content: {name: a.png}}\n"
                            "  - {type: image/png, content: iVBORw==, base64: true}\n");
  ASSERT_TRUE(request) << request.error().why;
  const auto type = find_header(request->headers, "content-type");
  ASSERT_TRUE(type && type->starts_with("multipart/related; boundary="));
  const auto parts = read_multipart(*type, request->body.view());
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].type, "application/json");
  EXPECT_EQ((*parts)[0].content, R"({"name":"a.png"})");
  EXPECT_EQ((*parts)[1].content, "\x89PNG");
}

TEST(raw_body, is_a_file_as_it_is) {
  const value record{object{{"bytes", "iVBORw=="}, {"packed", true}, {"note", object{{"a", 1}}}}};
  const auto request = sent("post: /upload\n"
                            "raw: {type: image/png, content: '{{record.bytes}}',\n"
                            "      base64: '{{record.packed}}'}\n",
                            record);
  ASSERT_TRUE(request) << request.error().why;
  EXPECT_EQ(find_header(request->headers, "content-type"), "image/png");
  EXPECT_EQ(request->body.view(), "\x89PNG");
  const auto plain =
      sent("post: /upload\nraw: {type: text/csv, content: '{{record.bytes}}'}", record);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->body.view(), "iVBORw==");
  const auto json = sent("post: /upload\nraw: {type: a/b, content: '{{record.note}}'}", record);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->body.view(), R"({"a":1})");
}

TEST(raw_body, says_what_it_lacks) {
  const value record{object{{"bytes", "#"}}};
  const auto missing = sent("post: /a\nraw: {type: a/b, content: '{{record.none}}'}", record);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().where, "request.raw");
  const auto broken =
      sent("post: /a\nraw: {type: a/b, content: '{{record.bytes}}', base64: true}", record);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().why.find("base64"), std::string::npos);
  problems found;
  const value bare{object{{"post", "/a"}, {"raw", "bytes"}}};
  form fields{bare, "request", found};
  take_request(fields, {.roots = {"record"}});
  const auto noted = std::move(found).take();
  ASSERT_EQ(noted.size(), 1u);
  EXPECT_EQ(noted.front().where, "request.raw");
}

TEST(multipart, lets_no_name_or_content_end_its_part) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const std::vector<std::string> pieces{"\r\n", "--", "tenon-", "\"", "a", "\r\n\r\n", "%22", "\0"};
  const auto text = [&] {
    std::string made;
    for (auto left = random() % 20; left > 0; --left)
      made += pieces[random() % pieces.size()];
    return made;
  };
  for (int times = 0; times < 2'000; ++times) {
    std::vector<body_part> parts;
    for (auto left = random() % 4 + 1; left > 0; --left)
      parts.push_back({.name = "n", .content = text()});
    const auto written = write_form_data(parts);
    const auto read = read_multipart(written.type, written.bytes);
    ASSERT_TRUE(read) << read.error().why;
    ASSERT_EQ(*read, parts);
    ASSERT_EQ(write_form_data(parts).bytes, written.bytes) << "the same parts, other bytes";
  }
  const body_part evil{.name = "a\"\r\nX: 1", .filename = "b\"; name=\"c", .content = "x"};
  const auto written = write_form_data({evil});
  EXPECT_EQ(written.bytes.find("\r\nX: 1"), std::string::npos);
  const auto read = read_multipart(written.type, written.bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->front().name, evil.name);
  EXPECT_EQ(read->front().filename, evil.filename);
}

TEST(multipart, says_what_is_wrong_with_a_part) {
  EXPECT_EQ(sent("post: /a\nmultipart: {file: {type: a/b}}").error().where,
            "request.multipart.file");
  EXPECT_NE(
      sent("post: /a\nmultipart: {f: {content: '#', base64: true}}").error().why.find("base64"),
      std::string::npos);
  const value record{object{{"type", "a\r\nX: 1"}}};
  EXPECT_NE(sent("post: /a\nmultipart: {f: {content: a, type: '{{record.type}}'}}", record)
                .error()
                .why.find("line break"),
            std::string::npos);
  EXPECT_FALSE(read_multipart("multipart/form-data", "x"));
  EXPECT_FALSE(read_multipart("multipart/form-data; boundary=b", "--b\r\n\r\nendless"));
  EXPECT_FALSE(read_multipart("text/plain; boundary=b", "--b--"));
}

} // namespace
} // namespace tenon::actors::connectors
