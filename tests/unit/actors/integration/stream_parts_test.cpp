// Streams that are read in parts.
#include "tests/unit/actors/integration/stream_reading.hpp"

namespace tenon::actors::connectors {
namespace {

TEST(stream_parts, are_read_one_after_another_for_each_listed_one) {
  const auto m =
      connector("  t: {request: {get: \"/{{partition}}/t\"}, key: id,"
                " partition: {list: \"{{conn.accounts}}\"}, add: {of: \"{{partition}}\"}}\n");
  const auto serve = table({{"GET /v1/a/t", R"([{"id":1}])"},
                            {"GET /v1/b/t", "[]"},
                            {"GET /v1/c/t", R"([{"id":3},{"id":4,"of":"else"}])"}});
  const auto done = read(m, "t", serve);
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.lines, (lines{R"(1 {"of":"a","id":1})", R"(3 {"of":"c","id":3})",
                               R"(4 {"id":4,"of":"else"})"}));
  expect_resumes(m, "t", serve, done);
}

TEST(stream_parts, come_from_the_records_of_another_stream_page_by_page) {
  const auto m = connector(
      "  posts: {request: {get: /posts}, records: data, key: id,\n"
      "          page: {cursor: {from: next, to: after}}, keep: shown}\n"
      "  comments: {request: {get: \"/posts/{{partition.id}}/comments\"}, key: [post, id],\n"
      "          partition: {parent: {stream: posts, key: id, fields: [id, title]}},\n"
      "          add: {post: \"{{partition.id}}\", title: \"{{partition.title}}\"},\n"
      "          page: {offset: {limit: n, size: 2}, stop: short}}\n");
  const auto serve = table({
      {"GET /v1/posts",
       R"({"data":[{"id":1,"title":"x","shown":true},{"id":2,"shown":false}],"next":"p2"})"},
      {"GET /v1/posts?after=p2", R"({"data":[{"id":3,"title":"y","shown":true}],"next":"p3"})"},
      {"GET /v1/posts?after=p3", R"({"data":[],"next":null})"},
      {"GET /v1/posts/1/comments?n=2&offset=0", R"([{"id":1},{"id":2}])"},
      {"GET /v1/posts/1/comments?n=2&offset=2", R"([{"id":3}])"},
      {"GET /v1/posts/3/comments?n=2&offset=0", R"([])"},
  });
  const auto done = read(m, "comments", serve);
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.lines,
            (lines{R"(1:1 {"post":1,"title":"x","id":1})", R"(1:2 {"post":1,"title":"x","id":2})",
                   R"(1:3 {"post":1,"title":"x","id":3})"}));
  expect_resumes(m, "comments", serve, done);
}

TEST(stream_parts, are_asked_for_several_at_a_time) {
  const auto m = connector(
      "  posts: {request: {get: /posts}, key: id}\n"
      "  stats: {request: {get: /stats, query: {ids: \"{{partition | join(',')}}\"}}, key: id,\n"
      "          partition: {parent: {stream: posts, key: id}, group: {size: 2}}}\n");
  const auto serve = table({{"GET /v1/posts", R"([{"id":1},{"id":2},{"id":3}])"},
                            {"GET /v1/stats?ids=1%2C2", R"([{"id":1},{"id":2}])"},
                            {"GET /v1/stats?ids=3", R"([{"id":3}])"}});
  const auto done = read(m, "stats", serve);
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.asked, (lines{"GET /v1/posts", "GET /v1/stats?ids=1%2C2", "GET /v1/stats?ids=3"}));
  expect_resumes(m, "stats", serve, done);
}

TEST(stream_parts, are_spans_of_time_up_to_now) {
  const auto m =
      connector("  r: {request: {get: /r, query: {since: \"{{partition.from | "
                "format('%Y-%m-%d')}}\"}}, key: day,\n"
                "      partition: {windows: {step: 10d, start: 2026-01-01, lag: 12h}}}\n");
  const auto done = read(m, "r", [](const http_request& asked) {
    return answer("[{\"day\":\"" + asked.url.substr(asked.url.size() - 10) + "\"}]");
  });
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.lines.size(), 6u); // 59 days until 2026-03-01T00:00
  EXPECT_TRUE(done.lines.back().starts_with("2026-02-20"));
  const auto far =
      connector("  r: {request: {get: /r, query: {since: \"{{partition.from}}\"}}, key: day,\n"
                "      partition: {windows: {step: 1d, start: 2025-01-01}}}\n");
  const server each = [](const http_request& asked) {
    return answer("[{\"day\":\"" + asked.url.substr(asked.url.find("since=")) + "\"}]");
  };
  const auto year = read(far, "r", each);
  EXPECT_EQ(year.lines.size(), 425u); // 424 whole days and a half one
  for (const auto& [at, so_far] : year.places)
    EXPECT_LE(at.parts.size(), 50u);
  expect_resumes(far, "r", each, year);
}

TEST(stream_parts, that_are_none_fail_with_what_to_do) {
  const auto m = connector("  t: {request: {get: /t}, key: id, partition: {list: []}}\n");
  const auto done = read(m, "t", table({}));
  ASSERT_TRUE(done.wrong);
  EXPECT_NE(done.wrong->why.find("there are none"), std::string::npos);
}

TEST(stream_parts, keep_the_lower_bound_of_the_run_and_raise_it_at_its_end) {
  const auto m =
      connector("  t: {request: {get: \"/{{partition}}\"}, key: id, partition: {list: [a, b]},\n"
                "      cursor: {seq: {field: n, from: after}}}\n");
  const auto serve = table({{"GET /v1/a", R"([{"id":1,"n":9}])"},
                            {"GET /v1/b", R"([{"id":2,"n":4}])"},
                            {"GET /v1/a?after=9", "[]"},
                            {"GET /v1/b?after=9", "[]"}});
  const auto first = read(m, "t", serve);
  ASSERT_FALSE(first.wrong) << first.wrong->why;
  EXPECT_EQ(first.lines.size(), 2u);
  EXPECT_EQ(first.end.from, 9);
  const auto second = read(m, "t", serve, first.end);
  ASSERT_FALSE(second.wrong) << second.wrong->why;
  EXPECT_EQ(second.asked, (lines{"GET /v1/a?after=9", "GET /v1/b?after=9"}));
}

} // namespace
} // namespace tenon::actors::connectors
