// Streams that are more than pages: read by a token, by narrowing queries, out of nested lists and
// other writings.
#include "tests/unit/actors/integration/stream_reading.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

TEST(stream_tokens, are_fetched_before_everything_is_read_and_used_from_then_on) {
  const auto m = connector("  files: {request: {get: /files}, records: files, key: id, page: "
                           "{cursor: {from: next, to: pageToken}},\n"
                           "    cursor: {token: {save: newStart, send: pageToken, start: {get: "
                           "/changes/start, token: token},\n"
                           "      changes: {request: {get: /changes}, records: changes, key: "
                           "fileId, deleted: removed}}}}\n");
  std::map<std::string, std::string> answers{
      {"GET /v1/changes/start", R"({"token":"t1"})"},
      {"GET /v1/files", R"({"files":[{"id":"a"}],"next":"f2"})"},
      {"GET /v1/files?pageToken=f2", R"({"files":[{"id":"b"}]})"},
      {"GET /v1/changes?pageToken=t1",
       R"({"changes":[{"fileId":"a","removed":true}],"next":"t2"})"},
      {"GET /v1/changes?pageToken=t2", R"({"changes":[{"fileId":"c"}],"newStart":"t3"})"},
      {"GET /v1/changes?pageToken=t3", R"({"changes":[],"newStart":"t3"})"}};
  const auto serve = table(answers);
  const auto full = read(m, "files", serve);
  ASSERT_FALSE(full.wrong) << full.wrong->why;
  EXPECT_EQ(full.asked.front(), "GET /v1/changes/start");
  EXPECT_EQ(full.lines, (lines{R"(a {"id":"a"})", R"(b {"id":"b"})"}));
  EXPECT_EQ(full.end.token, "t1");
  expect_resumes(m, "files", serve, full);
  const auto changed = read(m, "files", serve, full.end);
  ASSERT_FALSE(changed.wrong) << changed.wrong->why;
  EXPECT_EQ(changed.lines, (lines{R"(-a {"fileId":"a","removed":true})", R"(c {"fileId":"c"})"}));
  EXPECT_EQ(changed.end.token, "t3");
  expect_resumes(m, "files", serve, changed);
  EXPECT_EQ(read(m, "files", serve, changed.end).end.token, "t3");
}

TEST(stream_tokens, that_are_addresses_are_gone_on_at) {
  const auto m = connector("  t: {request: {get: /t}, records: value, key: id, page: {link: \"body "
                           "@odata\\\\.nextLink\"},\n"
                           "    cursor: {token: {save: \"@odata\\\\.deltaLink\"}}}\n");
  const auto serve = table(
      {{"GET /v1/t", R"({"value":[{"id":1}],"@odata.nextLink":"http://h/v1/t?skip=1"})"},
       {"GET /v1/t?skip=1", R"({"value":[{"id":2}],"@odata.deltaLink":"http://h/v1/t?delta=x"})"},
       {"GET /v1/t?delta=x",
        R"({"value":[{"id":2}],"@odata.deltaLink":"http://h/v1/t?delta=y"})"}});
  const auto full = read(m, "t", serve);
  ASSERT_FALSE(full.wrong) << full.wrong->why;
  const auto changed = read(m, "t", serve, full.end);
  ASSERT_FALSE(changed.wrong) << changed.wrong->why;
  EXPECT_EQ(changed.asked, (lines{"GET /v1/t?delta=x"}));
  auto elsewhere = full.end;
  elsewhere.token = "http://other/steal";
  EXPECT_EQ(read(m, "t", serve, elsewhere).wrong->code, code::forbidden);
}

TEST(stream_tokens, that_are_too_old_begin_the_stream_again) {
  const auto m =
      connector("  t: {request: {get: /t}, key: id, cursor: {token: {save: next, send: at}}}\n");
  const server serve = [](const http_request&) { return answer("{}", 410); };
  EXPECT_EQ(read(m, "t", serve, {.token = "old"}).wrong->remedy, "reset");
  EXPECT_NE(read(m, "t", serve).wrong->remedy, "reset"); // without one, it is another matter
}

TEST(stream_tokens, go_to_the_path_that_takes_them) {
  const auto m = connector(
      "  entries: {request: {post: /list, body: {path: \"\"}}, records: entries, key: id,\n"
      "    page: {cursor: {from: cursor, to: cursor, where: body, path: /list/continue, more: "
      "has_more}},\n"
      "    cursor: {token: {save: cursor, send: cursor, where: body,\n"
      "      changes: {request: {post: /list/continue}}}}}\n");
  const auto serve = table(
      {{R"(POST /v1/list {"path":""})", R"({"entries":[{"id":1}],"cursor":"c1","has_more":true})"},
       {R"(POST /v1/list/continue {"cursor":"c1"})",
        R"({"entries":[{"id":2}],"cursor":"c2","has_more":false})"},
       {R"(POST /v1/list/continue {"cursor":"c2"})",
        R"({"entries":[],"cursor":"c2","has_more":false})"}});
  const auto full = read(m, "entries", serve);
  ASSERT_FALSE(full.wrong) << full.wrong->why;
  EXPECT_EQ(full.lines.size(), 2u);
  EXPECT_EQ(full.end.token, "c2");
  expect_resumes(m, "entries", serve, full);
  EXPECT_FALSE(read(m, "entries", serve, full.end).wrong);
}

TEST(stream_events, are_gone_on_with_after_the_newest_id) {
  const auto m = connector("  e: {request: {get: /e}, records: events, key: id,\n"
                           "    page: {keyset: {field: id, to: after, more: more}},\n"
                           "    cursor: {replay: {field: id, send: after}}}\n");
  const auto serve = table({{"GET /v1/e", R"({"events":[{"id":"k"},{"id":"b"}],"more":true})"},
                            {"GET /v1/e?after=b", R"({"events":[{"id":"z"}],"more":false})"},
                            {"GET /v1/e?after=z", R"({"events":[],"more":false})"}});
  const auto first = read(m, "e", serve);
  ASSERT_FALSE(first.wrong) << first.wrong->why;
  EXPECT_EQ(first.end.token, "z");
  expect_resumes(m, "e", serve, first);
  const auto second = read(m, "e", serve, first.end);
  EXPECT_EQ(second.asked, (lines{"GET /v1/e?after=z"}));
  EXPECT_EQ(second.end.token, "z");
}

/// A search that gives, page by page, at most so many rows for one query.
server search(std::vector<int> times, std::size_t most) {
  return [=](const http_request& asked) {
    const auto number = [&](const std::string& name) {
      const auto at = asked.url.find(name + '=');
      return at == asked.url.npos ? 0 : std::stoi(asked.url.substr(at + name.size() + 1));
    };
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < times.size(); ++i)
      if (times[i] >= number("since"))
        found.push_back(i);
    found.resize(std::min(found.size(), most));
    std::string body;
    const auto from = static_cast<std::size_t>(number("offset"));
    for (auto i = from; i < std::min(found.size(), from + 3); ++i)
      body += (body.empty() ? "" : ",") + std::string{"{\"id\":"} + std::to_string(found[i]) +
              ",\"t\":" + std::to_string(times[found[i]]) + "}";
    return answer('[' + body + ']');
  };
}

TEST(stream_caps, are_passed_by_asking_anew_from_the_newest_record) {
  const auto m =
      connector("  s: {request: {get: /s}, key: id, page: {offset: {}}, cap: {rows: 10},\n"
                "    cursor: {seq: {field: t, from: since}}}\n");
  std::vector<int> times;
  for (int i = 0; i < 57; ++i)
    times.push_back(100 + i / 2);
  const auto done = read(m, "s", search(times, 10));
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  std::vector<int> keys;
  for (const auto& line : done.lines)
    keys.push_back(std::stoi(line));
  std::ranges::sort(keys);
  const auto [first, last] = std::ranges::unique(keys);
  keys.erase(first, last);
  EXPECT_EQ(keys.size(), times.size());
  EXPECT_EQ(done.end.from, 128);
  const auto flat = read(m, "s", search(std::vector<int>(20, 100), 10));
  ASSERT_TRUE(flat.wrong);
  EXPECT_NE(flat.wrong->where.find("cap.rows"), std::string::npos) << flat.wrong->where;
}

TEST(stream_records, come_out_of_lists_within_records) {
  const auto m = connector("  lines: {request: {get: /orders}, key: [order, n], expand: lines,\n"
                           "    add: {order: \"{{outer.id}}\"}, keep: n > 0}\n");
  const auto done =
      read(m, "lines", table({{"GET /v1/orders", R"([{"id":7,"lines":[{"n":1},{"n":0},{"n":2}]},
      {"id":8},{"id":9,"lines":[]}])"}}));
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.lines, (lines{R"(7:1 {"order":7,"n":1})", R"(7:2 {"order":7,"n":2})"}));
}

TEST(stream_records, that_were_malformed_are_read_again_with_what_was_around_them) {
  const auto reading_of = [](const char* key) {
    return connector(
        "  lines: {request: {get: /orders}, partition: {list: \"{{conn.accounts}}\"}, expand: "
        "lines,\n    key: " +
        std::string{key} +
        ", keep: n > 0,\n    add: {order: \"{{outer.id}}\", in: \"{{partition}}\"}}\n");
  };
  const auto c = connection_to(reading_of("nope"), {{"accounts", "eu,us"}});
  const auto broken = reading_of("nope"), mended = reading_of("[in, order, n]");
  const reading before{broken, *broken.find_stream("lines"), c};
  auto at = *first_position(before, noon);
  const auto request = page_request(before, at, {}, noon);
  ASSERT_TRUE(request) << request.error().why;
  auto outcome = read_page(before, *request,
                           answer(R"([{"id":7,"lines":[{"n":1},{"n":0},{"n":2}]}])"), at, {}, noon);
  auto* first = std::get_if<page>(&outcome);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->malformed.size(), 2u) << "of what is not kept the key is not asked for";
  const auto still = read_again(before, first->malformed[1], noon);
  ASSERT_TRUE(still) << still.error().why;
  ASSERT_EQ(still->malformed.size(), 1u);
  EXPECT_EQ(still->malformed[0].reason, first->malformed[1].reason);
  const auto done =
      read_again({mended, *mended.find_stream("lines"), c}, first->malformed[1], noon);
  ASSERT_TRUE(done) << done.error().why;
  ASSERT_EQ(done->records.size(), 1u);
  EXPECT_EQ(done->records[0].key, "eu:7:2");
  EXPECT_EQ(done->records[0].json.text(), R"({"order":7,"in":"eu","n":2})");
}

TEST(stream_records, are_read_out_of_lines_and_events) {
  const auto m = connector("  l: {request: {get: /l}, decode: jsonl, key: id}\n"
                           "  e: {request: {get: /e}, decode: sse, key: data.id}\n");
  const auto of_lines = read(m, "l", [](const http_request& asked) {
    EXPECT_EQ(find_header(asked.headers, "accept"), "application/jsonl");
    return answer("{\"id\":1}\r\n\n{\"id\":\nnonsense\n{\"id\":2}");
  });
  ASSERT_FALSE(of_lines.wrong) << of_lines.wrong->why;
  EXPECT_EQ(of_lines.lines,
            (lines{R"(1 {"id":1})", R"(2 {"id":2})", "? line 3, byte 6", "? line 4, byte 0"}));
  const auto of_events = read(m, "e",
                              table({{"GET /v1/e", "event: add\nid: 5\ndata: {\"id\":\ndata: 1}\n\n"
                                                   ": alive\n\ndata: {\"id\":2}\n\ndata: [DONE]\n\n"
                                                   "data: {\"id\":3}"}}));
  ASSERT_FALSE(of_events.wrong) << of_events.wrong->why;
  EXPECT_EQ(of_events.lines.size(), 2u);
  EXPECT_EQ(of_events.lines.front(), "1 {\"event\":\"add\",\"id\":\"5\",\"data\":{\"id\":\n1}}");
}

TEST(requests, are_forms_and_queries_of_graphs) {
  const auto m =
      connector("  f: {request: {post: /f, form: {a: 1, b: {c: [x, \"y z\"]}, d: null}}, key: id}\n"
                "  g: {request: {graphql: \"query { things { id } }\", "
                "variables: {n: 2}, post: /g},\n"
                "      records: data.things, key: id, page: {cursor: {from: data.end, to: "
                "variables.after, where: body}}}\n");
  const auto form =
      read(m, "f", table({{"POST /v1/f a=1&b%5Bc%5D=x&b%5Bc%5D=y%20z", R"([{"id":1}])"}}));
  EXPECT_FALSE(form.wrong) << form.wrong->why;
  const auto graph = read(
      m, "g",
      table({{R"(POST /v1/g {"query":"query { things { id } }","variables":{"n":2}})",
              R"({"data":{"things":[{"id":1}],"end":"e"}})"},
             {R"(POST /v1/g {"query":"query { things { id } }","variables":{"n":2,"after":"e"}})",
              R"({"data":{"things":[{"id":2}],"end":null}})"}}));
  ASSERT_FALSE(graph.wrong) << graph.wrong->why << graph.asked.back();
  EXPECT_EQ(graph.lines.size(), 2u);
}

} // namespace
} // namespace tenon::actors::connectors
