// Clients that are wrong, slow, too many or hostile, over real sockets.
#include "tests/support/http_cases.hpp"
#include "tests/support/served_edge.hpp"

namespace {

using namespace tenon;
using namespace tenon::nodes;
using std::chrono::milliseconds;

class edge_hostile : public tests::served_edge {};

TEST_F(edge_hostile, refuses_every_smuggling_case_and_closes) {
  serve();
  for (const auto& smuggled : tests::requests_to_refuse()) {
    auto c = client();
    c.send(smuggled.bytes + get("/now/smuggled"));
    const auto r = c.response();
    // Read byte by byte, a line too long is known as such before it is known as malformed.
    EXPECT_TRUE(r.status == smuggled.status || (r.status == 431 && smuggled.bytes.size() > 16'000))
        << smuggled.name << ": " << r.status;
    EXPECT_TRUE(r.says("Connection: close")) << smuggled.name;
    EXPECT_TRUE(c.ends()) << smuggled.name;
  }
}

TEST_F(edge_hostile, answers_what_came_before_the_malformed_request_first) {
  serve();
  auto c = client();
  c.send(post("/later/a", "1") + "nonsense\r\n\r\n");
  parked.answer("a");
  EXPECT_EQ(c.response().body, "\"a\"");
  EXPECT_EQ(c.response().status, 400u);
  EXPECT_TRUE(c.ends());
}

TEST_F(edge_hostile, drops_clients_whose_head_drips) {
  edge::options o;
  o.header = span{200};
  o.tick = span{20};
  serve(o);
  auto begun = client();
  begun.send("GET / HTTP/1.1\r\nHos");
  EXPECT_EQ(begun.response().status, 408u);
  EXPECT_TRUE(begun.ends());
  auto silent = client();
  EXPECT_TRUE(silent.ends());
  auto second = client();
  second.send(get("/now/a") + "GE");
  EXPECT_EQ(second.response().status, 200u);
  EXPECT_EQ(second.response().status, 408u);
}

TEST_F(edge_hostile, drops_clients_whose_body_drips) {
  edge::options o;
  o.body = span{200};
  o.tick = span{20};
  serve(o);
  auto told = client();
  told.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nab");
  EXPECT_EQ(told.response().status, 408u);
  auto chunked = client();
  chunked.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
  EXPECT_EQ(chunked.response().status, 408u);
  EXPECT_TRUE(chunked.ends());
}

TEST_F(edge_hostile, closes_idle_connections_without_a_word) {
  edge::options o;
  o.idle = span{200};
  o.tick = span{20};
  serve(o);
  auto c = client();
  c.send(get("/now/a"));
  EXPECT_EQ(c.response().status, 200u);
  EXPECT_TRUE(c.ends());
}

TEST_F(edge_hostile, drops_clients_that_do_not_take_their_answer) {
  edge::options o;
  o.write = span{200};
  o.tick = span{20};
  serve(o);
  auto c = client();
  c.send(get("/large/50000000"));
  EXPECT_EQ(c.take(100).size(), 100u);
  while (server->connections() != 0)
    std::this_thread::yield();
  EXPECT_LT(c.rest().size(), 50'000'000u);
}

TEST_F(edge_hostile, gives_up_waiting_for_an_answer_and_drops_it_when_it_comes) {
  edge::options o;
  o.answer = span{200};
  o.tick = span{20};
  serve(o);
  auto c = client();
  c.send(post("/later/a", "1"));
  auto late = parked.take("a");
  const auto r = c.response();
  EXPECT_EQ(r.status, 504u);
  EXPECT_NE(r.body.find("timed_out"), std::string::npos);
  std::move(late)(edge::response::json("1"));
  c.send(get("/now/b"));
  EXPECT_EQ(c.response().body, "\"b\"");
}

TEST_F(edge_hostile, turns_clients_away_at_the_limit_of_connections) {
  edge::options o;
  o.connections = 2;
  serve(o);
  auto one = client();
  one.send(get("/now/a"));
  EXPECT_EQ(one.response().status, 200u);
  {
    auto two = client();
    two.send(get("/now/a"));
    EXPECT_EQ(two.response().status, 200u);
    auto three = client();
    const auto r = three.response();
    EXPECT_EQ(r.status, 503u);
    EXPECT_TRUE(r.says("Retry-After: 1"));
    EXPECT_TRUE(three.ends());
  }
  while (server->connections() > 1)
    std::this_thread::yield();
  EXPECT_EQ(ask(get("/now/a")).status, 200u);
}

TEST_F(edge_hostile, serves_a_thousand_connections) {
  edge::options o;
  o.threads = 2;
  serve(o);
  std::vector<tests::raw_client> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(client());
    ASSERT_TRUE(clients.back().connected()) << i;
    clients.back().send(get("/now/" + std::to_string(i)));
  }
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(clients[static_cast<std::size_t>(i)].response().body, '"' + std::to_string(i) + '"');
  EXPECT_EQ(server->connections(), 1000u);
}

class edge_stop : public tests::served_edge {};

TEST_F(edge_stop, answers_what_is_in_flight_and_closes_what_is_idle) {
  serve();
  auto idle = client();
  idle.send(get("/now/a"));
  EXPECT_EQ(idle.response().status, 200u);
  auto busy = client();
  busy.send(post("/later/a", "1") + post("/later/b", "2"));
  auto a = parked.take("a");
  auto b = parked.take("b");
  std::thread stopping{[&] { server->stop(span{10'000}); }};
  EXPECT_TRUE(idle.ends());
  std::move(a)(edge::response::json("1"));
  EXPECT_FALSE(busy.response().says("Connection: close"));
  std::move(b)(edge::response::json("2"));
  EXPECT_TRUE(busy.response().says("Connection: close"));
  EXPECT_TRUE(busy.ends());
  stopping.join();
  EXPECT_FALSE(client().connected());
}

TEST_F(edge_stop, lets_a_body_on_its_way_arrive) {
  serve();
  auto c = client();
  c.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(c.response().status, 100u);
  std::thread stopping{[&] { server->stop(span{10'000}); }};
  while (client().connected()) {
  }
  c.send("hello");
  const auto r = c.response();
  EXPECT_EQ(r.body, "hello");
  EXPECT_TRUE(r.says("Connection: close"));
  stopping.join();
}

TEST_F(edge_stop, cuts_what_is_left_when_the_grace_is_over) {
  edge::options o;
  o.tick = span{20};
  serve(o);
  auto c = client();
  c.send(post("/later/a", "1"));
  auto late = parked.take("a");
  server->stop(span{100});
  EXPECT_TRUE(c.ends());
  std::move(late)(edge::response::json("1"));
  server.reset();
}

TEST_F(edge_stop, may_be_asked_for_twice_and_leaves_late_replies_harmless) {
  serve();
  auto c = client();
  c.send(post("/later/a", "1"));
  auto late = parked.take("a");
  server->stop(span{0});
  server->stop(span{0});
  server.reset();
  std::move(late)(edge::response::json("1"));
}

} // namespace
