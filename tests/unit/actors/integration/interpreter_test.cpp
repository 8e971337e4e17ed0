#include "tests/unit/actors/integration/sample.hpp"

#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

/// One stream under test, with what is said about it.
struct subject {
  manifest m;
  connection c;

  explicit subject(std::string_view stream, std::string_view more = "", const object& settings = {})
      : m{manifest_of(value_of_yaml("connector: c\nbase: https://h/v1\n" + std::string{more} +
                                    "\nstreams:\n  things:\n" + std::string{stream} + "\n"))},
        c{connection_to(m, settings)} {}

  reading r() const { return {m, m.streams.front(), c}; }

  result<http_request> asked(const progress& so_far = {}) const {
    return page_request(r(), *first_position(r(), noon), so_far, noon);
  }

  page_outcome outcome(std::string body, const progress& so_far = {}) const {
    return read_page(r(), {"GET", "https://h/v1/x"}, answer(std::move(body)),
                     *first_position(r(), noon), so_far, noon);
  }

  page read(std::string body, const progress& so_far = {}) const {
    auto made = outcome(std::move(body), so_far);
    if (const auto* wrong = std::get_if<verdict>(&made)) {
      ADD_FAILURE() << wrong->why.where << ": " << wrong->why.why;
      return {};
    }
    return std::get<page>(std::move(made));
  }
};

std::string keys_of(const page& p) {
  std::string all;
  for (const auto& one : p.records)
    all += (all.empty() ? "" : " ") + one.key;
  return all;
}

TEST(requests, fill_in_path_query_headers_and_body) {
  const subject s{R"(    request:
      post: "/accounts/{{conn.account}}/search"
      query: {tags: [a, "{{conn.account}}"], none: "{{conn.size}}", n: 5, on: true}
      headers: {X-Account: "{{conn.account}}", X-None: "{{conn.size}}"}
      body:
        limit: 200
        filters: [{field: at, value: "{{cursor | epoch_ms}}"}]
        who: "is {{conn.id}}"
    records: data
    key: id
    cursor: {time: {field: at}})",
                  "params: {account: x, size: {required: false}}",
                  {{"account", "a/b?c"}}};
  progress so_far;
  so_far.from = noon.time_since_epoch().count();
  const auto request = s.asked(so_far);
  ASSERT_TRUE(request) << request.error().why;
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->url,
            "https://h/v1/accounts/a%2Fb%3Fc/search?tags=a&tags=a%2Fb%3Fc&n=5&on=true");
  EXPECT_EQ(request->headers, (headers{{"Accept", "application/json"},
                                       {"X-Account", "a/b?c"},
                                       {"Content-Type", "application/json"}}));
  EXPECT_EQ(request->body.view(),
            R"({"limit":200,"filters":[{"field":"at","value":1772366399000}],"who":"is test"})");
}

TEST(requests, go_to_the_environment_that_the_account_is_in) {
  const auto m = manifest_of(value_of_yaml(
      "connector: c\nbase: {environments: {sandbox: \"https://{{conn.id}}.test\", production: "
      "https://live.example.com/v1}}\nstreams: {a: {request: {get: /a}, records: ., key: id}}"));
  const auto host = [&](const object& settings) {
    const auto made = connect(m, "mine", settings, {});
    return made ? made->base.host : made.error().where + ": " + made.error().why;
  };
  EXPECT_EQ(host({}), "live.example.com");
  EXPECT_EQ(host({{"environment", "production"}}), "live.example.com");
  EXPECT_EQ(host({{"environment", "sandbox"}}), "mine.test");
  EXPECT_NE(host({{"environment", "staging"}}).find("settings.environment"), std::string::npos)
      << host({{"environment", "staging"}});
}

TEST(requests, let_no_value_climb_or_break_out) {
  const auto refused = [](std::string_view request, const char* given) {
    const subject s{
        "    request: " + std::string{request} + "\n    key: id", "params: {a: x}", {{"a", given}}};
    return !s.asked();
  };
  EXPECT_TRUE(refused("{get: \"/x/{{conn.a}}/y\"}", ".."));
  EXPECT_TRUE(refused("{get: \"/x/{{conn.a}}/y\"}", ""));
  EXPECT_FALSE(refused("{get: \"/x/{{conn.a}}/y\"}", "../.."));
  EXPECT_TRUE(refused("{get: /x, headers: {h: \"{{conn.a}}\"}}", "a\r\nb: c"));
  EXPECT_TRUE(
      refused("{get: /x, query: {q: \"{{conn.a}}\"}}", std::string(max_url_bytes, 'x').c_str()));
}

TEST(requests, go_to_no_host_but_the_connectors) {
  EXPECT_EQ(subject{"    request: {get: https://evil/x}\n    key: id"}.asked().error().code,
            code::forbidden);
  const auto m =
      manifest_of(value_of_yaml("connector: c\nbase: {url: https://h, hosts: [files.h]}\n"
                                "streams: {things: {request: {get: https://files.h/x}, key: id}}"));
  const auto c = connection_to(m);
  EXPECT_EQ(page_request({m, m.streams.front(), c}, {}, {}, noon)->url, "https://files.h/x");
}

TEST(records, are_found_wherever_they_are) {
  const auto keys = [](std::string_view records, std::string body) {
    const subject s{"    request: {get: /x}\n    key: id\n    records: " + std::string{records}};
    return keys_of(s.read(std::move(body)));
  };
  EXPECT_EQ(keys("a.b", R"({"a":{"b":[{"id":1},{"id":2}]}})"), "1 2");
  EXPECT_EQ(keys(".", R"([{"id":1},{"id":2}])"), "1 2");
  EXPECT_EQ(
      keys("groups.*.members", R"({"groups":[{"members":[{"id":1}]},{},{"members":[{"id":2}]}]})"),
      "1 2");
  EXPECT_EQ(keys("one", R"({"one":{"id":7}})"), "7");
  EXPECT_EQ(keys("none", R"({"none":null})"), "");
  EXPECT_EQ(keys("{path: none, optional: true}", "{}"), "");
  EXPECT_EQ(keys("'*'", R"({"x":{"id":"a"},"y":{"id":"b"}})"), "a b");
}

TEST(records, missing_altogether_are_a_failure_and_no_empty_page) {
  const subject s{"    request: {get: /x}\n    key: id\n    records: data"};
  const auto outcome = s.outcome(R"({"items":[]})");
  const auto& wrong = std::get<verdict>(outcome);
  EXPECT_EQ(wrong.then, action::fail);
  EXPECT_EQ(wrong.why.where, "things");
  EXPECT_NE(wrong.why.why.find("nothing at `data`"), std::string::npos);
}

TEST(records, that_are_none_are_kept_aside_with_the_reason) {
  const subject s{"    request: {get: /x}\n    key: [a, b.c]\n    deleted: n > 1"};
  const auto p =
      s.read("[{\"a\":1,\"b\":{\"c\":2},\"n\":2}, 7,{\"a\":1}, "
             "{\"a\":1,\"b\":{\"c\":{}}},{\"a\":\"\",\"b\":{\"c\":1}},"
             "{\"a\":\"" +
             std::string(300, 'x') + "\",\"b\":{\"c\":1}},{\"a\":1,\"b\":{\"c\":3},\"n\":\"x\"}]");
  ASSERT_EQ(p.records.size(), 1u);
  EXPECT_EQ(p.records[0].key, "1:2");
  EXPECT_TRUE(p.records[0].deleted);
  ASSERT_EQ(p.malformed.size(), 6u);
  const auto place = [&](std::size_t i) {
    return p.malformed[i].place + ": " + p.malformed[i].reason;
  };
  EXPECT_EQ(place(0), "record 2, byte 28: a record is an object, and this is not");
  EXPECT_EQ(p.malformed[0].bytes.view(), "7");
  EXPECT_EQ(place(1), "record 3, byte 30: the key field `b.c` is missing or empty");
  EXPECT_EQ(place(2), "record 4, byte 39: the key field `b.c` is a list or an object");
  EXPECT_NE(place(3).find("`a` is missing or empty"), std::string::npos) << place(3);
  EXPECT_NE(place(4).find("the key has 302 bytes"), std::string::npos) << place(4);
  EXPECT_NE(place(5).find("deleted: "), std::string::npos) << place(5);
  EXPECT_EQ(p.malformed[5].bytes.view(), "{\"a\":1,\"b\":{\"c\":3},\"n\":\"x\"}");
}

TEST(records, have_keys_that_no_other_record_can_have) {
  const subject s{"    request: {get: /x}\n    key: [a, b]"};
  EXPECT_EQ(keys_of(s.read(R"([{"a":"x:y","b":"z"},{"a":"x","b":"y:z"},{"a":"x%3Ay","b":"z"},
                               {"a":1,"b":true}])")),
            "x%3Ay:z x:y%3Az x%253Ay:z 1:true");
}

TEST(records, are_kept_mapped_and_marked_as_deleted) {
  const subject s{R"(    request: {get: /x}
    key: id
    keep: status != "draft" and amount >= conn.least
    map: {id: "{{id}}", name: "{{first}} {{last}}", nested: {amount: "{{amount * 2}}"}, fixed: 1}
    deleted: deleted_at)",
                  "params: {least: x}",
                  {{"least", 10}}};
  const auto p = s.read(R"([{"id":1,"status":"draft","amount":50},
      {"id":2,"status":"x","amount":12.5,"first":"A","last":"B","deleted_at":null},
      {"id":3,"status":"x","amount":5},
      {"id":4,"status":"x","amount":10,"first":"C","last":"D","deleted_at":"2026-01-01"},
      {"id":5,"status":"x","amount":"many"}])");
  EXPECT_EQ(p.filtered, 2u);
  ASSERT_EQ(p.records.size(), 2u);
  EXPECT_EQ(p.records[0].json.view(),
            R"({"id":2,"name":"A B","nested":{"amount":25.0},"fixed":1})");
  EXPECT_FALSE(p.records[0].deleted);
  EXPECT_TRUE(p.records[1].deleted);
  ASSERT_EQ(p.malformed.size(), 1u);
  EXPECT_TRUE(p.malformed[0].reason.starts_with("keep: ")) << p.malformed[0].reason;
}

TEST(records, move_the_cursor_to_the_largest_seen_also_where_they_are_left_out) {
  const subject s{"    request: {get: /x}\n    key: id\n    keep: id < 4\n"
                  "    cursor: {seq: {field: seq, param: after}}"};
  progress so_far;
  so_far.from = 1;
  const auto p =
      s.read(R"([{"id":1,"seq":5},{"id":2,"seq":9},{"id":3},{"id":4,"seq":12}])", so_far);
  EXPECT_EQ(p.records[0].cursor, 5);
  EXPECT_EQ(p.records[2].cursor, std::nullopt);
  EXPECT_EQ(p.without_cursor, 1u);
  EXPECT_EQ(p.progress.from, 12) << "one page was all: the run is complete";
  EXPECT_EQ(p.progress.high, std::nullopt);
}

TEST(records, share_the_bytes_of_the_answer) {
  const subject s{"    request: {get: /x}\n    key: id"};
  auto came = answer(R"([{"id":1}])");
  const auto* bytes = came.body.data();
  const auto outcome = read_page(s.r(), {"GET", "https://h/v1/x"}, came, {}, {}, noon);
  EXPECT_EQ(std::get<page>(outcome).records[0].json.data(), bytes + 1);
}

TEST(windows, are_read_one_after_the_other_each_from_its_first_page) {
  const subject s{"    request: {get: /x}\n    records: data\n    key: id\n"
                  "    page: {offset: {total: total}}\n"
                  "    cursor: {time: {field: at, from: from, to: to, window: 1d, "
                  "start: 2026-02-27T12:00:00Z}}"};
  auto at = *first_position(s.r(), noon);
  auto so_far = begin(*s.r().stream.cursor, {}, noon);
  std::string asked;
  for (int most = 0; most < 10; ++most) {
    const auto request = page_request(s.r(), at, so_far, noon);
    asked += request->url.substr(request->url.find('?')) + " ";
    const auto outcome = read_page(s.r(), *request,
                                   answer("{\"total\":2,\"data\":[{\"id\":" + std::to_string(most) +
                                          ",\"at\":\"2026-02-28T00:00:00Z\"}]}"),
                                   at, so_far, noon);
    const auto& p = std::get<page>(outcome);
    so_far = p.progress;
    if (!p.next)
      break;
    at = *p.next;
  }
  EXPECT_EQ(asked, "?from=2026-02-27T12%3A00%3A00Z&to=2026-02-28T12%3A00%3A00Z&offset=0 "
                   "?from=2026-02-27T12%3A00%3A00Z&to=2026-02-28T12%3A00%3A00Z&offset=1 "
                   "?from=2026-02-28T12%3A00%3A00Z&to=2026-03-01T12%3A00%3A00Z&offset=0 "
                   "?from=2026-02-28T12%3A00%3A00Z&to=2026-03-01T12%3A00%3A00Z&offset=1 ");
  EXPECT_EQ(
      so_far.from,
      moment{std::chrono::sys_days{std::chrono::year{2026} / 2 / 28}}.time_since_epoch().count());
}

TEST(positions, refuse_what_was_never_one) {
  for (const char* text :
       {"{}", R"({"at":1,"pages":0,"records":0})", R"({"at":{},"pages":"1","records":0})",
        R"({"at":{},"pages":0,"records":0,"tries":{"x":1}})",
        R"({"at":{},"pages":0,"records":0,"tries":{"1":"x"}})"}) {
    const auto read = read_json(text);
    EXPECT_FALSE(to_position(*read->as<object>())) << text;
  }
}

TEST(checks, tell_the_accounts_name) {
  const subject s{"    request: {get: /x}\n    key: id",
                  "check: {get: /me, name: \"{{user.name}} of {{conn.id}}\"}"};
  EXPECT_EQ((*check_request(s.m, s.c, noon))->url, "https://h/v1/me");
  EXPECT_EQ(read_check(s.m, s.c, answer(R"({"user":{"name":"Ann"}})"), noon).value(),
            "Ann of test");
  EXPECT_EQ(read_check(s.m, s.c, answer("<html>"), noon).error().where, "byte 0");
  const subject without{"    request: {get: /x}\n    key: id"};
  EXPECT_FALSE(*check_request(without.m, without.c, noon));
}

} // namespace
} // namespace tenon::actors::connectors
