// Requests and answers over real sockets: order, bodies, keeping and ending connections.
#include "tests/support/served_edge.hpp"

namespace {

using namespace tenon;
using namespace tenon::nodes;

class edge_exchange : public tests::served_edge {};

TEST_F(edge_exchange, answers_and_keeps_the_connection) {
  serve();
  auto c = client();
  for (int i = 0; i < 3; ++i) {
    c.send(get("/now/a%20b"));
    const auto r = c.response();
    EXPECT_EQ(r.status, 200u);
    EXPECT_EQ(r.body, "\"a b\"");
    EXPECT_TRUE(r.says("Date: "));
    EXPECT_TRUE(r.says("X-Request-Id: "));
    EXPECT_FALSE(r.says("Connection: close"));
  }
}

TEST_F(edge_exchange, answers_pipelined_requests_in_order_whatever_order_they_finish_in) {
  serve();
  auto c = client();
  c.send(post("/later/a", "1") + get("/now/b") + post("/later/c", "3") + post("/later/d", "4") +
         get("/now/e"));
  parked.answer("d");
  parked.answer("c");
  parked.answer("a");
  for (const auto* name : {"a", "b", "c", "d", "e"})
    EXPECT_EQ(c.response().body, '"' + std::string{name} + '"');
}

TEST_F(edge_exchange, answers_from_many_threads_at_once) {
  edge::options o;
  o.threads = 2;
  serve(o);
  constexpr int count = 40;
  std::vector<tests::raw_client> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(client());
    clients.back().send(post("/later/" + std::to_string(i), "x"));
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = t; i < count; i += 4)
        parked.answer(std::to_string(i));
    });
  for (auto& t : threads)
    t.join();
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(clients[static_cast<std::size_t>(i)].response().body, '"' + std::to_string(i) + '"');
}

TEST_F(edge_exchange, reads_requests_that_arrive_byte_by_byte) {
  serve();
  auto c = client();
  for (const char b : "\r\n" + post("/echo", "hello") + get("/now/x"))
    if (b != '\0')
      c.send({&b, 1});
  EXPECT_EQ(c.response().body, "hello");
  EXPECT_EQ(c.response().body, "\"x\"");
}

TEST_F(edge_exchange, reads_bodies_of_every_size_and_framing) {
  serve();
  auto c = client();
  for (const std::size_t bytes : {0u, 1u, 3000u, 4096u, 70'000u, 3'000'000u}) {
    const std::string body(bytes, 'b');
    c.send(post("/echo", body));
    EXPECT_EQ(c.response().body.size(), bytes);
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes);
    c.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
           (bytes == 0 ? "" : size + body + "\r\n") + "0\r\n\r\n" + get("/now/next"));
    EXPECT_EQ(c.response().body.size(), bytes);
    EXPECT_EQ(c.response().body, "\"next\"");
  }
}

TEST_F(edge_exchange, refuses_bodies_beyond_the_limit_before_reading_them) {
  edge::options o;
  o.body_bytes = 1000;
  serve(o);
  const auto told = ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(told.status, 413u);
  EXPECT_TRUE(told.says("Connection: close"));
  EXPECT_NE(told.body.find("urn:tenon:problem:too_large"), std::string::npos);
  EXPECT_EQ(
      ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n").status,
      413u);
}

TEST_F(edge_exchange, refuses_bodies_when_too_many_are_being_received) {
  edge::options o;
  o.bodies_bytes = 150'000;
  serve(o);
  const auto expecting = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n"
                         "Expect: 100-continue\r\n\r\n";
  auto first = client();
  first.send(expecting);
  EXPECT_EQ(first.response().status, 100u);
  const auto refused = ask(expecting);
  EXPECT_EQ(refused.status, 503u);
  EXPECT_TRUE(refused.says("Retry-After: 1"));
  first.send(std::string(100'000, 'a'));
  EXPECT_EQ(first.response().status, 200u);
  EXPECT_EQ(ask(expecting).status, 100u);
}

TEST_F(edge_exchange, asks_for_the_body_that_was_announced_with_an_expectation) {
  serve();
  auto c = client();
  c.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(c.response().status, 100u);
  c.send("hello");
  EXPECT_EQ(c.response().body, "hello");
}

TEST_F(edge_exchange, asks_for_a_body_only_behind_the_answers_before_it) {
  serve();
  auto c = client();
  c.send(post("/later/a", "1") +
         "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  parked.answer("a");
  EXPECT_EQ(c.response().body, "\"a\"");
  EXPECT_EQ(c.response().status, 100u);
  c.send("hello");
  EXPECT_EQ(c.response().body, "hello");
}

TEST_F(edge_exchange, answers_head_without_the_body) {
  serve();
  auto c = client();
  c.send("HEAD /now/abc HTTP/1.1\r\nHost: a\r\n\r\nHEAD /stream/5/5 HTTP/1.1\r\nHost: a\r\n\r\n" +
         get("/now/next"));
  EXPECT_TRUE(c.response(true).says("Content-Length: 5\r\n"));
  EXPECT_EQ(c.response(true).status, 200u);
  EXPECT_EQ(c.response().body, "\"next\"");
}

TEST_F(edge_exchange, closes_when_the_request_says_so_or_is_of_the_old_version) {
  serve();
  for (const auto& bytes : {get("/now/a", "Connection: close\r\n") + get("/now/b"),
                            std::string{"GET /now/a HTTP/1.0\r\n\r\n"}}) {
    auto c = client();
    c.send(bytes);
    const auto r = c.response();
    EXPECT_EQ(r.body, "\"a\"");
    EXPECT_TRUE(r.says("Connection: close"));
    EXPECT_TRUE(c.ends());
  }
  auto old = client();
  old.send("GET /now/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(old.response().says("Connection: keep-alive"));
}

TEST_F(edge_exchange, answers_a_client_that_has_shut_its_half) {
  serve();
  auto c = client();
  c.send(post("/later/a", "1") + get("/now/b") + "GET /half");
  c.send_nothing_more();
  parked.answer("a");
  EXPECT_EQ(c.response().body, "\"a\"");
  EXPECT_EQ(c.response().body, "\"b\"");
  EXPECT_TRUE(c.ends());
}

TEST_F(edge_exchange, survives_clients_that_leave_early) {
  serve();
  auto left = client();
  left.send(post("/later/a", "1"));
  auto late = parked.take("a");
  left.reset();
  auto half = client();
  half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc");
  half.reset();
  std::move(late)(edge::response::json("1"));
  EXPECT_EQ(ask(get("/now/a")).status, 200u);
}

TEST_F(edge_exchange, sends_large_bodies_to_slow_readers_whole) {
  serve();
  auto c = client();
  c.send(get("/large/20000000") + get("/now/next"));
  EXPECT_EQ(c.response().body.size(), 20'000'000u);
  EXPECT_EQ(c.response().body, "\"next\"");
}

TEST_F(edge_exchange, streams_a_body_and_stays_usable) {
  serve();
  auto c = client();
  c.send(get("/stream/1000/100") + get("/now/next"));
  const auto r = c.response();
  EXPECT_TRUE(r.says("application/x-ndjson"));
  EXPECT_EQ(r.body.size(), 1000 * 100 + 4u);
  EXPECT_EQ(c.response().body, "\"next\"");
  c.send("GET /stream/10/10 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto old = c.response();
  EXPECT_FALSE(old.says("chunked"));
  EXPECT_EQ(old.body.size(), 104u);
}

TEST_F(edge_exchange, asks_a_stream_for_no_more_than_the_client_takes) {
  serve();
  tests::counted_stream::given = 0;
  auto c = client();
  c.send(get("/stream/100000/10000") + get("/now/next"));
  EXPECT_EQ(c.take(100'000).size(), 100'000u);
  // 1 GB in all; what the kernel holds is some megabytes.
  EXPECT_LT(tests::counted_stream::given.load(), 5000u);
  EXPECT_EQ(ask(get("/now/other")).status, 200u);
}

TEST_F(edge_exchange, cuts_a_stream_that_broke_so_that_nobody_takes_it_for_whole) {
  serve();
  auto c = client();
  c.send(get("/stream/broken"));
  EXPECT_EQ(c.response().status, 0u);
}

TEST_F(edge_exchange, answers_what_its_route_left_unanswered) {
  serve();
  const auto forgotten = ask(get("/forgotten"));
  EXPECT_EQ(forgotten.status, 503u);
  EXPECT_TRUE(forgotten.says("application/problem+json"));
  EXPECT_EQ(ask(get("/broken")).status, 500u);
  const auto split = ask(get("/split"));
  EXPECT_EQ(split.status, 500u);
  EXPECT_FALSE(split.says("Set-Cookie"));
}

TEST_F(edge_exchange, stops_reading_at_the_limit_of_pipelined_requests) {
  edge::options o;
  o.pipelined = 4;
  serve(o);
  auto c = client();
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += post("/later/" + std::to_string(i), "x");
  c.send(all);
  for (int i = 0; i < 100; ++i)
    parked.answer(std::to_string(i));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(c.response().body, '"' + std::to_string(i) + '"');
}

} // namespace
