// Streams that are read out of what a job of the platform's has made.
#include "tests/unit/actors/integration/stream_reading.hpp"

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

constexpr auto reports = R"(jobs:
  report:
    create: {post: /reports, body: {since: "{{cursor ?? 'ever'}}"}}
    id: report.id
    poll:
      request: {get: "/reports/{{job.id}}"}
      state: state
      done: [ready]
      failed: [broken]
      say: "{{body.reason}}"
      progress: percent
      keep: {file: result.file}
      every: 5s..1m
      timeout: 1h
    download:
      request: {get: "/files/{{job.file}}", query: {n: 2}}
      decode: jsonl
      page: {cursor: {from: header x-next, to: after}}
    abort: {delete: "/reports/{{job.id}}"}
)";

manifest with_job(const std::string& said, const std::string& streams) {
  return manifest_of(value_of_yaml("connector: test\nbase: http://h/v1\n"
                                   "params: {accounts: {required: false}}\n" +
                                   said + "streams:\n" + streams));
}

manifest with_reports() {
  return with_job(reports, "  orders: {job: report, key: id, cursor: {seq: {field: id}}}\n");
}

/// Answers as the platform does; `state` is what it says of its one report.
server platform(const std::string& state) {
  return [state](const http_request& asked) {
    const auto what = asked.method + ' ' + asked.url.substr(8);
    if (what == "POST /v1/reports")
      return answer(R"({"report":{"id":"r 1"}})");
    if (what == "GET /v1/reports/r%201")
      return answer(R"({"state":")" + state + R"(","result":{"file":"f1"},"percent":40,
                        "reason":"no rows"})");
    if (what == "GET /v1/files/f1?n=2")
      return answer("{\"id\":1}\n{\"id\":2}\n", 200, {{"X-Next", "p2"}});
    if (what == "GET /v1/files/f1?n=2&after=p2")
      return answer("{\"id\":3}\n", 200, {{"X-Next", "null"}});
    return answer(R"({"message":"no such thing"})", 404);
  };
}

/// What comes of one request from a place.
page_outcome ask(const manifest& m, const stream& s, const server& serve, const position& at,
                 moment now, const progress& so_far = {}) {
  const auto c = connection_to(m);
  const reading r{m, s, c};
  const auto request = page_request(r, at, so_far, now);
  if (!request)
    return verdict{action::fail, {}, request.error(), meaning::invalid, at};
  return read_page(r, *request, serve(*request), at, so_far, now);
}

position with(const position& before, job_place job) {
  auto at = before;
  at.job = std::move(job);
  return at;
}

TEST(job, is_made_then_asked_after_and_its_result_is_read_page_by_page) {
  const auto m = with_reports();
  const auto done = read(m, "orders", platform("ready"));
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.lines, (lines{R"(1 {"id":1})", R"(2 {"id":2})", R"(3 {"id":3})"}));
  EXPECT_EQ(done.asked, (lines{R"(POST /v1/reports {"since":"ever"})", "GET /v1/reports/r%201",
                               "GET /v1/files/f1?n=2", "GET /v1/files/f1?n=2&after=p2"}));
  EXPECT_EQ(done.end.from, 3);
  expect_resumes(m, "orders", platform("ready"), done);
}

TEST(job, is_known_by_the_position_before_anybody_asks_after_it) {
  const auto m = with_reports();
  const auto& s = m.streams[0];
  const auto made = ask(m, s, platform("working"), position{}, noon);
  const auto& p = std::get<page>(made);
  EXPECT_TRUE(p.records.empty());
  ASSERT_TRUE(p.next && p.next->job);
  EXPECT_EQ(p.next->job->id, "r 1");
  EXPECT_EQ(p.next->job->since, noon);
  EXPECT_EQ(p.patience, std::optional<span>{5s});
  EXPECT_NE(p.waits_for.find("r 1"), std::string::npos);
  EXPECT_EQ(asked_for(s, *p.next, {}), asking::state);
}

TEST(job, is_asked_after_seldomer_the_longer_it_takes) {
  const auto m = with_reports();
  const auto& s = m.streams[0];
  const auto at = with({}, {.id = "r 1", .since = noon});
  for (const auto& [since, wait] :
       std::vector<std::pair<span, span>>{{5s, 5s}, {20s, 10s}, {90s, 45s}, {10min, 1min}}) {
    const auto looked = ask(m, s, platform("working"), at, noon + since);
    const auto& p = std::get<page>(looked);
    EXPECT_EQ(p.patience, std::optional{wait});
    EXPECT_EQ(p.next, std::optional{at});
    EXPECT_NE(p.waits_for.find("working, 40"), std::string::npos) << p.waits_for;
  }
}

TEST(job, that_fails_says_what_the_platform_says_and_the_next_run_makes_another) {
  const auto m = with_reports();
  const auto& s = m.streams[0];
  const auto at = with({}, {.id = "r 1", .since = noon});
  const auto looked = ask(m, s, platform("broken"), at, noon + 5s);
  const auto& v = std::get<verdict>(looked);
  EXPECT_EQ(v.then, action::fail);
  EXPECT_NE(v.why.why.find("no rows"), std::string::npos) << v.why.why;
  EXPECT_FALSE(v.aborts);
  ASSERT_TRUE(v.instead);
  EXPECT_EQ(asked_for(s, *v.instead, {}), asking::job);
}

TEST(job, that_lasts_too_long_is_given_up_and_can_be_aborted) {
  const auto m = with_reports();
  const auto& s = m.streams[0];
  const auto c = connection_to(m);
  const reading r{m, s, c};
  const auto at = with({}, {.id = "r 1", .since = noon});
  const auto almost = ask(m, s, platform("working"), at, noon + 1h - 1s);
  EXPECT_EQ(std::get<page>(almost).patience, std::optional<span>{1s});
  const auto looked = ask(m, s, platform("working"), at, noon + 1h);
  const auto& v = std::get<verdict>(looked);
  EXPECT_EQ(v.why.code, code::timed_out);
  EXPECT_EQ(v.why.where, "orders: jobs.report.poll.timeout");
  EXPECT_TRUE(v.aborts && v.instead);
  const auto abort = abort_request(r, at, {}, noon);
  ASSERT_TRUE(abort && *abort);
  EXPECT_EQ((*abort)->method + ' ' + (*abort)->url, "DELETE http://h/v1/reports/r%201");
  auto done = at;
  done.job->done = true;
  EXPECT_FALSE(*abort_request(r, done, {}, noon)) << "there is nothing to stop";
}

TEST(job, that_the_platform_does_not_know_any_more_is_not_asked_after_for_ever) {
  const auto m = with_reports();
  const auto& s = m.streams[0];
  const auto gone = ask(m, s, platform("ready"), with({}, {.id = "other", .since = noon}), noon);
  const auto& v = std::get<verdict>(gone);
  EXPECT_NE(v.why.why.find("does not know the job other"), std::string::npos) << v.why.why;
  ASSERT_TRUE(v.instead);
  EXPECT_FALSE(v.instead->job);
  // Some say it with a good answer that has nothing in it.
  const auto nothing = ask(
      m, s, [](const http_request&) { return answer(R"({"result":null})"); },
      with({}, {.id = "other", .since = noon}), noon);
  EXPECT_TRUE(std::get<verdict>(nothing).instead);
}

TEST(job, whose_making_is_refused_is_told_with_what_the_platform_says) {
  const auto m = with_reports();
  const auto made = ask(
      m, m.streams[0],
      [](const http_request&) { return answer(R"({"errors":[{"message":"one at a time"}]})"); },
      position{}, noon);
  const auto& v = std::get<verdict>(made);
  EXPECT_EQ(v.then, action::fail);
  EXPECT_NE(v.why.why.find("one at a time"), std::string::npos) << v.why.why;
  EXPECT_EQ(v.why.where, "orders: jobs.report.id");
}

constexpr auto exports = R"(jobs:
  export:
    create: {post: /exports}
    id: id
    poll: {request: {get: "/exports/{{job.id}}"}, state: state, done: [ready]}
    download: {url: urls, hosts: ["*.files.example"], decode: jsonl, unpack: gzip}
)";

TEST(job, may_have_made_files_that_lie_with_others_who_are_shown_no_proof) {
  const auto m = with_job(exports, "  rows: {job: export, key: id}\n");
  const auto& s = m.streams[0];
  const server serve = [](const http_request& asked) {
    if (asked.method == "POST")
      return answer(R"({"id":7})");
    if (asked.url == "http://h/v1/exports/7")
      return answer(
          R"({"state":"ready","urls":["https://a.files.example/1?sig=x","http://h/v1/2"]})");
    return answer(asked.url.ends_with("/2") ? "{\"id\":2}" : "{\"id\":1}");
  };
  const auto done = read(m, "rows", serve);
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.lines, (lines{R"(1 {"id":1})", R"(2 {"id":2})"}));
  expect_resumes(m, "rows", serve, done);
  const auto c = connection_to(m);
  const reading r{m, s, c};
  std::vector<bool> proofs;
  for (const auto& [at, so_far] : done.places)
    proofs.push_back(needs_proof(r, at));
  EXPECT_EQ(proofs, (std::vector{true, true, false, true}));
}

TEST(job, has_no_files_where_nobody_expects_them) {
  const auto m = with_job(exports, "  rows: {job: export, key: id}\n");
  const auto c = connection_to(m);
  const reading r{m, m.streams[0], c};
  for (const auto* address : {"https://evil.example/1", "http://169.254.169.254/", "file:///x"}) {
    const auto at = with({}, {.id = "7", .since = noon, .done = true, .files = {address}});
    const auto request = page_request(r, at, {}, noon);
    ASSERT_FALSE(request) << address;
    EXPECT_TRUE(request.error().where.starts_with("jobs.export.download")) << request.error().where;
    EXPECT_FALSE(needs_proof(r, at));
  }
}

TEST(job, whose_file_has_moved_is_asked_where_it_is_now_and_not_for_ever) {
  const auto m = with_job(exports, "  rows: {job: export, key: id}\n");
  const auto& s = m.streams[0];
  const server serve = [](const http_request& asked) {
    return asked.url == "http://h/v1/exports/7"
               ? answer(R"({"state":"ready","urls":["https://a.files.example/1"]})")
               : answer("<Error><Code>ExpiredToken</Code></Error>", 403);
  };
  auto at =
      with({}, {.id = "7", .since = noon, .done = true, .files = {"https://a.files.example/1"}});
  for (int times = 0; times < 3; ++times) {
    const auto refused = ask(m, s, serve, at, noon);
    const auto* again = std::get_if<page>(&refused);
    ASSERT_TRUE(again && again->next) << times;
    EXPECT_EQ(asked_for(s, *again->next, {}), asking::state);
    const auto renewed = ask(m, s, serve, *again->next, noon);
    at = *std::get<page>(renewed).next;
    EXPECT_EQ(asked_for(s, at, {}), asking::records);
  }
  const auto last = ask(m, s, serve, at, noon);
  const auto& v = std::get<verdict>(last);
  EXPECT_EQ(v.then, action::fail);
  EXPECT_TRUE(v.instead);
}

TEST(job, that_has_made_nothing_is_an_empty_answer) {
  const auto m = with_job(exports, "  rows: {job: export, key: id}\n");
  const auto done = read(m, "rows", [](const http_request& asked) {
    return answer(asked.method == "POST" ? R"({"id":7})" : R"({"state":"ready","urls":null})");
  });
  EXPECT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_TRUE(done.lines.empty());
}

TEST(job, that_is_ours_is_found_among_those_of_the_platform) {
  const auto m = with_job(R"(jobs:
  export:
    create: {post: /exports, body: {of: rows}}
    id: id
    find: {request: {get: /exports}, items: all, id: name, when: "busy and of == sent.of"}
    poll: {request: {get: "/exports/{{job.id}}"}, state: state, done: [ready]}
    download: {request: {get: /rows}}
)",
                          "  rows: {job: export, key: id}\n");
  const auto c = connection_to(m);
  const reading r{m, m.streams[0], c};
  const auto search = search_request(r, {}, {}, noon);
  ASSERT_TRUE(search && *search);
  EXPECT_EQ((*search)->url, "http://h/v1/exports");
  const auto found = [&](const http_response& came) {
    return read_search(r, **search, came, {}, {}, noon);
  };
  const auto ours =
      found(answer(R"({"all":[{"name":1,"of":"rows","busy":false},{"name":2,"of":"other",)"
                   R"("busy":true},{"name":3,"of":"rows","busy":true}]})"));
  ASSERT_TRUE(ours);
  EXPECT_EQ(std::get<page>(*ours).next->job->id, "3");
  EXPECT_FALSE(found(answer(R"({"all":[]})")));
  EXPECT_FALSE(found(answer("no list", 404))) << "then another is made";
  const auto patience = found(answer("{}", 429, {{"Retry-After", "7"}}));
  ASSERT_TRUE(patience);
  EXPECT_EQ(std::get<verdict>(*patience).delay, span{7s});
  const auto known = with({}, {.id = "3", .since = noon});
  EXPECT_FALSE(*search_request(r, known, {}, noon));
}

TEST(job, is_made_for_each_part_of_a_stream) {
  const auto m = with_job(R"(jobs:
  export:
    create: {post: "/{{partition}}/exports"}
    id: id
    poll: {request: {get: "/{{partition}}/exports/{{job.id}}"}, state: state, done: [ready]}
    download: {request: {get: "/{{partition}}/rows"}}
)",
                          "  rows: {job: export, key: id, partition: {list: \"a, b\"}}\n");
  const auto serve = table({{"POST /v1/a/exports", R"({"id":1})"},
                            {"GET /v1/a/exports/1", R"({"state":"ready"})"},
                            {"GET /v1/a/rows", R"([{"id":"x"}])"},
                            {"POST /v1/b/exports", R"({"id":2})"},
                            {"GET /v1/b/exports/2", R"({"state":"ready"})"},
                            {"GET /v1/b/rows", R"([{"id":"y"}])"}});
  const auto done = read(m, "rows", serve);
  ASSERT_FALSE(done.wrong) << done.wrong->why;
  EXPECT_EQ(done.lines, (lines{R"(x {"id":"x"})", R"(y {"id":"y"})"}));
  expect_resumes(m, "rows", serve, done);
}

TEST(job, is_described_without_mistakes_or_the_author_is_told) {
  const auto complaints = [](const std::string& said, const std::string& streams) {
    const auto done = check_manifest(
        value_of_yaml("connector: test\nbase: http://h/v1\n" + said + "streams:\n" + streams));
    std::vector<std::string> places;
    for (const auto& wrong : done.errors)
      places.push_back(wrong.where);
    return places;
  };
  const std::string stream{"  rows: {job: export, key: id}\n"};
  EXPECT_EQ(complaints(exports, "  rows: {job: exprt, key: id}\n"), (lines{"streams.rows.job"}));
  EXPECT_EQ(complaints(exports, "  rows: {job: export, key: id, decode: sse, records: a}\n"),
            (lines{"streams.rows.decode", "streams.rows.records"}));
  EXPECT_EQ(
      complaints("jobs: {export: {}}\n", stream),
      (lines{"jobs.export.create", "jobs.export.id", "jobs.export.poll", "jobs.export.download"}));
  EXPECT_EQ(complaints("jobs: {export: {create: {post: /x, body: \"{{job.id}}\"}, id: id,"
                       " poll: {request: {get: /p}, state: s, done: d, every: 1m..5s},"
                       " download: {request: {get: /d}, url: u, hosts: [\"a/b\"]}}}\n",
                       stream),
            (lines{"jobs.export.create.body", "jobs.export.poll.every",
                   "jobs.export.download.hosts", "jobs.export.download.url"}));
}

} // namespace
} // namespace tenon::actors::connectors
