// Which connection a request gets, and what happens when a pooled one turns out to be dead.
#include "tests/integration/outbound/loopback_server.hpp"
#include "tests/integration/outbound/outside.hpp"

namespace tenon::tests {
namespace {

using namespace std::chrono_literals;
using outbound::limits;
using outbound::response;

limits connections(unsigned per_host) {
  limits l;
  l.connections_per_host = per_host;
  return l;
}

TEST(pooling, keeps_to_the_bound_per_host_and_serves_in_order) {
  std::mutex mutex;
  std::vector<std::string> order;
  loopback_server server{[&](peer& p, unsigned) {
    for (auto head = p.request(); !head.empty(); head = p.request()) {
      {
        std::lock_guard lock{mutex};
        order.push_back(head.substr(5, head.find(' ', 5) - 5));
      }
      p.answer("x");
    }
  }};
  outside out;
  std::vector<std::future<result<response>>> all;
  std::vector<std::string> asked;
  for (int i = 0; i < 50; ++i) {
    asked.push_back(std::to_string(i));
    all.push_back(out.begin({"GET", server.url("/" + asked.back())}, connections(1)));
  }
  for (auto& one : all)
    EXPECT_TRUE(one.get());
  EXPECT_EQ(server.connections(), 1u);
  EXPECT_EQ(order, asked);
}

TEST(pooling, refuses_with_a_time_to_retry_who_waits_too_long_for_a_connection) {
  std::promise<void> asked;
  loopback_server server{[&](peer& p, unsigned) {
    p.request();
    asked.set_value();
    p.wait_for_close();
  }};
  outside out;
  auto first = out.begin({"GET", server.url()}, connections(1));
  asked.get_future().wait();
  auto l = connections(1);
  l.wait = 30ms;
  const auto second = out.get(server.url(), l);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, code::overloaded);
  EXPECT_EQ(second.error().where, "wait");
  EXPECT_TRUE(second.error().retry_after);
  out.client->close();
  EXPECT_FALSE(first.get());
}

TEST(pooling, takes_an_idle_connection_from_another_host_at_the_bound_of_all) {
  const auto keep = [](peer& p, unsigned) {
    while (!p.request().empty())
      p.answer("x");
  };
  loopback_server one{keep};
  loopback_server two{keep};
  auto options = to_loopback();
  options.pool.connections = 1;
  outside out{options};
  ASSERT_TRUE(out.get(one.url()));
  ASSERT_TRUE(out.get(two.url()));
  ASSERT_TRUE(out.get(one.url()));
  EXPECT_EQ(one.connections(), 2u);
  EXPECT_EQ(two.connections(), 1u);
}

TEST(pooling, closes_what_was_idle_for_too_long) {
  std::promise<void> closed;
  loopback_server server{[&](peer& p, unsigned) {
    p.request();
    p.answer("x");
    p.wait_for_close();
    closed.set_value();
  }};
  auto options = to_loopback();
  options.pool.idle = 20ms;
  outside out{options};
  ASSERT_TRUE(out.get(server.url()));
  EXPECT_EQ(closed.get_future().wait_for(10s), std::future_status::ready);
}

/// Answers one request on its first connection, reads a second and cuts it; then serves.
loopback_server::conversation cuts_the_second(std::atomic<int>& requests) {
  return [&requests](peer& p, unsigned number) {
    while (!p.request().empty()) {
      if (++requests == 2 && number == 0)
        return;
      p.answer("x");
    }
  };
}

TEST(pooling, sends_an_idempotent_request_once_more_when_the_pooled_connection_was_dead) {
  std::atomic<int> requests{0};
  loopback_server server{cuts_the_second(requests)};
  outside out;
  ASSERT_TRUE(out.get(server.url()));
  const auto answer = out.get(server.url());
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(server.connections(), 2u);
}

TEST(pooling, does_not_send_twice_what_must_not_happen_twice) {
  std::atomic<int> requests{0};
  loopback_server server{cuts_the_second(requests)};
  outside out;
  ASSERT_TRUE(out.get(server.url()));
  const auto answer = out.send({"POST", server.url()});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, code::unavailable);
  EXPECT_EQ(requests, 2);
}

TEST(pooling, does_not_send_again_when_a_byte_of_the_answer_had_come) {
  std::atomic<int> requests{0};
  loopback_server server{[&](peer& p, unsigned) {
    while (!p.request().empty()) {
      if (++requests == 2) {
        p.send("HTTP");
        return;
      }
      p.answer("x");
    }
  }};
  outside out;
  ASSERT_TRUE(out.get(server.url()));
  EXPECT_FALSE(out.get(server.url()));
  EXPECT_EQ(requests, 2);
}

TEST(pooling, notices_that_the_server_closed_an_idle_connection_before_using_it) {
  std::promise<void> closing;
  auto closed = closing.get_future();
  loopback_server server{[&](peer& p, unsigned number) {
    p.request();
    p.answer("x");
    if (number != 0)
      return;
    error_code ec;
    p.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ec);
    closing.set_value();
  }};
  outside out;
  ASSERT_TRUE(out.get(server.url()));
  closed.wait();
  const auto answer = out.send({"POST", server.url()}); // which is never sent twice
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(server.connections(), 2u);
}

TEST(pooling, does_not_reuse_a_connection_with_bytes_that_nobody_asked_for) {
  loopback_server smuggler{[](peer& p, unsigned) {
    while (!p.request().empty())
      p.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
             "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled");
  }};
  outside out;
  for (int i = 0; i < 3; ++i) {
    const auto answer = out.get(smuggler.url());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body.view(), "good");
  }
  EXPECT_EQ(smuggler.connections(), 3u);
}

TEST(pooling, counts_outcomes_and_connections) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.answer("x");
    p.request();
    p.send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    p.wait_for_close();
  }};
  outside out;
  ASSERT_TRUE(out.get(server.url()));
  ASSERT_TRUE(out.get(server.url()));
  ASSERT_FALSE(out.get("http://127.0.0.1:1"));
  const auto text = out.meters.exposition();
  EXPECT_NE(text.find("tenon_outbound_requests_total{outcome=\"2xx\"} 1"), text.npos) << text;
  EXPECT_NE(text.find("tenon_outbound_requests_total{outcome=\"5xx\"} 1"), text.npos);
  EXPECT_NE(text.find("tenon_outbound_requests_total{outcome=\"unavailable\"} 1"), text.npos);
  EXPECT_NE(text.find("tenon_outbound_connections 1"), text.npos);
  EXPECT_NE(text.find("tenon_outbound_seconds_count 3"), text.npos);
}

} // namespace
} // namespace tenon::tests
