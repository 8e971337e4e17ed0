#include "tests/integration/outbound/loopback_server.hpp"
#include "tests/integration/outbound/outside.hpp"

#include "runtime/tasks/workers.hpp"

namespace tenon::tests {
namespace {

using namespace std::chrono_literals;
using outbound::limits;
using outbound::request;
using outbound::response;

void keep_answering(peer& p, unsigned) {
  while (!p.request().empty())
    p.answer("hello");
}

TEST(client, gets_status_headers_and_body) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.send("HTTP/1.1 404 Not Found\r\nX-One: 1\r\nx-two:  2 \r\nContent-Length: 3\r\n\r\nabc");
  }};
  outside out;
  const auto answer = out.get(server.url());
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(answer->status, 404u);
  EXPECT_EQ(answer->header("X-TWO"), "2");
  EXPECT_EQ(answer->body.view(), "abc");
}

TEST(client, sends_the_request_as_it_was_given) {
  std::string head, body;
  loopback_server server{[&](peer& p, unsigned) {
    head = p.request();
    body = p.body;
    p.answer("");
  }};
  outside out;
  const auto answer =
      out.send({"POST", server.url("/a?b=c#d"), {{"X-Tenant", "t1"}}, blob::copy_of("data")});
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_TRUE(head.starts_with("POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")) << head;
  EXPECT_NE(head.find("\r\nX-Tenant: t1\r\n"), head.npos);
  EXPECT_NE(head.find("\r\nContent-Length: 4\r\n"), head.npos);
  EXPECT_EQ(body, "data");
}

TEST(client, uses_a_connection_again_and_again) {
  loopback_server server{keep_answering};
  outside out;
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(out.get(server.url()));
  EXPECT_EQ(server.connections(), 1u);
}

TEST(client, opens_another_connection_when_the_server_does_not_keep_it) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.answer("x", "Connection: close\r\n");
  }};
  outside out;
  ASSERT_TRUE(out.get(server.url()));
  ASSERT_TRUE(out.get(server.url()));
  EXPECT_EQ(server.connections(), 2u);
}

TEST(client, reaches_what_200_ask_at_once_over_as_many_connections_as_allowed) {
  loopback_server server{keep_answering};
  outside out;
  limits eight;
  eight.connections_per_host = 8;
  std::vector<std::future<result<response>>> all;
  for (int i = 0; i < 200; ++i)
    all.push_back(out.begin({"GET", server.url()}, eight));
  for (auto& one : all) {
    const auto answer = one.get();
    ASSERT_TRUE(answer) << answer.error().why;
    EXPECT_EQ(answer->body.view(), "hello");
  }
  EXPECT_LE(server.connections(), 8u);
}

runtime::task<result<std::size_t>> sum_of_bodies(outbound::client& c, std::string url) {
  std::size_t sum = 0;
  for (int i = 0; i < 10; ++i) {
    auto answer = co_await c.send({"GET", url}, {});
    if (!answer)
      co_return std::move(answer).error();
    sum += answer->body.size();
  }
  co_return sum;
}

TEST(client, is_awaited_by_tasks) {
  loopback_server server{keep_answering};
  outside out;
  std::vector<std::size_t> sums;
  std::mutex mutex;
  {
    runtime::workers pool{{.threads = 2}};
    for (int i = 0; i < 5; ++i)
      ASSERT_TRUE(
          start(pool, sum_of_bodies(*out.client, server.url()), [&](result<std::size_t> sum) {
            std::lock_guard lock{mutex};
            sums.push_back(*sum);
          }));
  }
  EXPECT_EQ(sums, (std::vector<std::size_t>(5, 50)));
}

TEST(client, tells_the_server_which_trace_a_task_belongs_to) {
  std::string head;
  loopback_server server{[&](peer& p, unsigned) {
    head = p.request();
    p.answer("hello");
  }};
  outside out;
  const std::string traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  {
    runtime::workers pool{{.threads = 1}};
    const runtime::trace_scope working{*runtime::parse_traceparent(traceparent)};
    ASSERT_TRUE(start(pool, sum_of_bodies(*out.client, server.url()), [](auto) {}));
  }
  EXPECT_NE(head.find("\r\ntraceparent: " + traceparent + "\r\n"), head.npos) << head;
}

} // namespace
} // namespace tenon::tests
