// Watching a run over a real socket: to its end, through an outage, and until Ctrl-C.
#include "nodes/cli/watch.hpp"
#include "tests/integration/cli/answers.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace {

using namespace tenon::tests;
using namespace tenon::nodes::cli;
using tenon::span;

constexpr watch_pace quick{.live = span{5}, .plain = span{5}, .patience = span{200}};

std::string running(std::int64_t read) {
  return R"({"run":7,"state":"running","expected":300,"read":)" + std::to_string(read) + "}";
}
constexpr auto succeeded = R"({"run":7,"state":"succeeded","expected":300,"read":300,"stored":290,
    "unchanged":10,"started_at":"2026-11-21T10:00:00Z","ended_at":"2026-11-21T10:00:03Z"})";

struct watched {
  exit_code code;
  std::string out;
  std::string err;
};

// What a `tenon sync run --watch` does after it has started run 7, at a pace for tests.
watched watch(const std::string& url, bool json = false, std::size_t width = 0) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  const look l{.width = width};
  terminal screen{in, out, err, l, l};
  const local_commands none;
  shell s{screen, none, {}};
  s.given.server = url;
  s.given.json = json;
  const auto server = s.connect();
  const auto code = watch_run(s, *server, "customers", 7, quick);
  return {code, out.str(), err.str()};
}

TEST(cli_watch, shows_progress_and_ends_with_a_sentence) {
  int asked = 0;
  canned_server server{[&asked](const auto&) -> canned_answer {
    return {.body = ++asked < 4 ? running(asked * 50) : succeeded};
  }};
  const auto w = watch(server.url());
  EXPECT_EQ(w.code, exit_code::done);
  EXPECT_EQ(w.out, "✓ customers  300 read in 3 s (100/s): 290 stored, 10 unchanged\n");
  EXPECT_TRUE(contains(w.err, "customers  16 %   50 of 300")) << w.err;
  EXPECT_TRUE(contains(w.err, "customers  50 %  150 of 300")) << w.err;
  EXPECT_FALSE(contains(w.err, "\x1b")) << "no commands to a terminal that is none";
  EXPECT_EQ(server.requests()[0].target, "/api/v1/default/syncs/customers/runs/7");
}

TEST(cli_watch, redraws_one_line_on_a_terminal_and_leaves_nothing_of_it) {
  int asked = 0;
  canned_server server{[&asked](const auto&) -> canned_answer {
    return {.body = ++asked < 3 ? running(asked * 50) : succeeded};
  }};
  const auto w = watch(server.url(), false, 80);
  EXPECT_EQ(w.err.find('\n'), std::string::npos);
  EXPECT_TRUE(w.err.ends_with("\r\x1b[K"));
}

TEST(cli_watch, ends_with_1_and_the_reason_when_the_run_failed) {
  canned_server server{[](const auto&) -> canned_answer {
    return {.body = R"({"run":7,"state":"failed","read":10,"failure":{
        "type":"urn:tenon:problem:unavailable","detail":"the vendor is down",
        "remedy":"wait for the breaker"}})"};
  }};
  const auto w = watch(server.url());
  EXPECT_EQ(w.code, exit_code::failed);
  EXPECT_TRUE(contains(w.out, "✗ customers  failed: 10 read")) << w.out;
  EXPECT_EQ(w.err, "error: the vendor is down\n  do    wait for the breaker\n");
}

TEST(cli_watch, prints_nothing_but_the_run_with_json) {
  int asked = 0;
  canned_server server{[&asked](const auto&) -> canned_answer {
    return {.body = ++asked < 3 ? running(asked) : R"({"run":7,"state":"succeeded"})"};
  }};
  const auto w = watch(server.url(), true, 80);
  EXPECT_EQ(w.out, "{\"run\":7,\"state\":\"succeeded\"}\n");
  EXPECT_EQ(w.err, "");
}

TEST(cli_watch, waits_for_a_server_that_goes_away_and_comes_back) {
  int asked = 0;
  canned_server server{[&asked](const auto&) -> canned_answer {
    ++asked;
    if (asked == 2 || asked == 3)
      return {.raw = ""}; // the connection closes without an answer
    return {.body = asked < 5 ? running(asked) : succeeded};
  }};
  const auto w = watch(server.url());
  EXPECT_EQ(w.code, exit_code::done);
  EXPECT_TRUE(contains(w.err, "the server does not answer; waiting for it\n")) << w.err;
}

TEST(cli_watch, gives_up_on_a_server_that_stays_away) {
  canned_server server{[](const auto&) -> canned_answer { return {.raw = ""}; }};
  const auto w = watch(server.url());
  EXPECT_EQ(w.code, exit_code::unreachable);
  EXPECT_TRUE(contains(w.err, "error: the connection broke")) << w.err;
}

TEST(cli_watch, does_not_wait_for_a_server_that_refuses) {
  canned_server server{[](const auto&) { return problem(404, "not_found", "there is no run 7"); }};
  EXPECT_EQ(watch(server.url()).code, exit_code::refused);
}

TEST(cli_watch, leaves_the_run_going_at_ctrl_c_and_says_so) {
  const auto here = ::pthread_self();
  canned_server server{[here](const auto&) -> canned_answer {
    ::pthread_kill(here, SIGINT);
    return {.body = running(10)};
  }};
  const auto w = watch(server.url());
  EXPECT_EQ(w.code, exit_code::interrupted);
  EXPECT_TRUE(contains(w.err, "run 7 goes on; `tenon sync status customers` shows it")) << w.err;
  for (const auto& each : server.requests())
    EXPECT_EQ(each.method, "GET") << "nothing was cancelled";
}

} // namespace
