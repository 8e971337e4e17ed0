// Every way in which the other side can fail, phase by phase: what the caller is told, and that
// nothing is left behind.
#include "tests/integration/outbound/loopback_server.hpp"
#include "tests/integration/outbound/outside.hpp"

namespace tenon::tests {
namespace {

using namespace std::chrono_literals;
using outbound::limits;
using outbound::request;
using outbound::response;

limits within(span first_byte, span total = 10s) {
  limits l;
  l.first_byte = first_byte;
  l.total = total;
  return l;
}

/// What the failure says, or the status when there is none.
struct told {
  tenon::code code{};
  std::string where;
  std::string why;
};

told failed(result<response> answer) {
  if (answer)
    return {code::internal, "answered", std::to_string(answer->status)};
  return {answer.error().code, answer.error().where, answer.error().why};
}

bool says(const told& t, std::string_view text) {
  return t.why.find(text) != t.why.npos;
}

/// A port on which nobody listens.
unsigned short closed_port() {
  asio::io_context io;
  asio::ip::tcp::acceptor a{io, {asio::ip::address_v4::loopback(), 0}};
  return a.local_endpoint().port();
}

/// Sends these bytes after the first request, and ends the connection.
loopback_server::conversation once(std::string bytes) {
  return [bytes](peer& p, unsigned) {
    p.request();
    p.send(bytes);
  };
}

TEST(failure, of_connecting_names_the_address_that_refused) {
  outside out;
  const auto port = std::to_string(closed_port());
  const auto t = failed(out.get("http://127.0.0.1:" + port));
  EXPECT_EQ(t.code, code::unavailable);
  EXPECT_EQ(t.where, "connect");
  EXPECT_TRUE(says(t, "127.0.0.1:" + port)) << t.why;
  EXPECT_TRUE(says(t, "refused")) << t.why;
}

TEST(failure, of_connecting_in_time_says_how_long_was_waited) {
  // A full backlog swallows further connections, as a firewall that drops packets does.
  asio::io_context io;
  asio::ip::tcp::acceptor full{io, {asio::ip::address_v4::loopback(), 0}};
  full.listen(0);
  std::vector<asio::ip::tcp::socket> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(io, asio::ip::tcp::v4());
    fillers.back().native_non_blocking(true);
    const auto to = full.local_endpoint();
    static_cast<void>(::connect(fillers.back().native_handle(), to.data(), // Asio's would wait
                                static_cast<socklen_t>(to.size())));
  }
  outside out;
  limits l;
  l.connect = 50ms;
  const auto port = std::to_string(full.local_endpoint().port());
  const auto t = failed(out.get("http://127.0.0.1:" + port, l));
  EXPECT_EQ(t.code, code::unavailable);
  EXPECT_EQ(t.where, "connect");
  EXPECT_EQ(t.why, "connecting to 127.0.0.1:" + port + " took longer than 50ms");
}

TEST(failure, of_looking_up_a_host_in_time_does_not_wait_for_the_resolver) {
  std::promise<void> enough;
  auto wait = enough.get_future().share();
  auto options = to_loopback();
  options.lookup = [wait](const std::string&) -> result<std::vector<outbound::address>> {
    wait.wait();
    return std::vector<outbound::address>{};
  };
  outside out{options};
  limits l;
  l.connect = 30ms;
  const auto t = failed(out.get("http://slow.example.com", l));
  EXPECT_EQ(t.where, "lookup");
  EXPECT_EQ(t.why, "looking up the addresses of slow.example.com took longer than 30ms");
  enough.set_value();
}

TEST(failure, of_a_host_that_does_not_exist_is_not_found) {
  auto options = to_loopback();
  options.lookup = [](const std::string& host) -> result<std::vector<outbound::address>> {
    return failure{
        .code = code::not_found, .why = "there is no host named " + host, .where = "lookup"};
  };
  outside out{options};
  EXPECT_EQ(failed(out.get("http://nowhere.example.com")).code, code::not_found);
}

TEST(failure, goes_on_to_the_next_address_when_one_does_not_answer) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.answer("here");
  }};
  auto options = to_loopback();
  options.lookup = [](const std::string&) -> result<std::vector<outbound::address>> {
    return std::vector{*outbound::parse_address("127.0.0.2"), // refuses: nobody listens there
                       *outbound::parse_address("127.0.0.1")};
  };
  outside out{options};
  const auto answer = out.get("http://two.example.com:" + std::to_string(server.port()));
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(answer->body.view(), "here");
}

TEST(failure, of_a_server_that_never_answers_is_a_time_out_that_may_have_acted) {
  loopback_server server{[](peer& p, unsigned) { p.wait_for_close(); }};
  outside out;
  const auto t = failed(out.get(server.url(), within(40ms)));
  EXPECT_EQ(t.code, code::timed_out);
  EXPECT_EQ(t.where, "answer");
  EXPECT_TRUE(says(t, "took longer than 40ms")) << t.why;
}

TEST(failure, of_headers_that_trickle_in_is_the_same_limit) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\nX-Slow: ");
    p.wait_for_close();
  }};
  outside out;
  const auto t = failed(out.get(server.url(), within(40ms)));
  EXPECT_EQ(t.code, code::timed_out);
  EXPECT_TRUE(says(t, "the headers of the answer")) << t.why;
}

TEST(failure, of_a_body_that_trickles_in_says_how_much_came) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n0123456789");
    p.wait_for_close();
  }};
  outside out;
  const auto t = failed(out.get(server.url(), within(10s, 60ms)));
  EXPECT_EQ(t.code, code::timed_out);
  EXPECT_EQ(t.where, "body");
  EXPECT_TRUE(says(t, "longer than 60ms in all: 10 of 200 bytes came")) << t.why;
}

TEST(failure, of_a_request_that_the_server_does_not_read_is_of_sending_it) {
  std::promise<void> over;
  loopback_server server{[ended = over.get_future().share()](peer&, unsigned) { ended.wait(); }};
  outside out;
  const auto large = blob::from(std::string(64u << 20, 'x'));
  const auto t = failed(out.send({"PUT", server.url(), {}, large}, within(10s, 60ms)));
  over.set_value();
  EXPECT_EQ(t.code, code::unavailable);
  EXPECT_EQ(t.where, "send");
}

TEST(failure, of_sending_gives_way_to_the_answer_that_came_before_the_request_was_read) {
  loopback_server server{[](peer& p, unsigned) {
    p.send("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch");
    error_code ec;
    p.socket().shutdown(asio::ip::tcp::socket::shutdown_receive, ec);
    p.request();
  }};
  outside out;
  const auto large = blob::from(std::string(64u << 20, 'x'));
  const auto t = failed(out.send({"PUT", server.url(), {}, large}));
  // The kernel may throw the answer away together with the connection; then it is of sending.
  EXPECT_TRUE(t.why == "413" || t.where == "send") << t.why;
}

TEST(failure, of_a_connection_cut_before_the_answer_says_so) {
  loopback_server server{[](peer& p, unsigned) { p.request(); }};
  outside out;
  const auto t = failed(out.get(server.url()));
  EXPECT_EQ(t.code, code::unavailable);
  EXPECT_EQ(t.where, "answer");
  EXPECT_TRUE(says(t, "ended the connection without an answer")) << t.why;
  EXPECT_EQ(server.connections(), 1u) << "it was a new connection: nothing says it was stale";
}

TEST(failure, of_a_connection_cut_within_the_headers_says_so) {
  loopback_server server{once("HTTP/1.1 200 OK\r\nContent-Le")};
  outside out;
  const auto t = failed(out.get(server.url()));
  EXPECT_EQ(t.where, "answer");
  EXPECT_TRUE(says(t, "within the headers")) << t.why;
}

TEST(failure, of_a_body_cut_short_counts_its_bytes) {
  loopback_server server{once("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n0123456789")};
  outside out;
  const auto t = failed(out.get(server.url()));
  EXPECT_EQ(t.code, code::unavailable);
  EXPECT_EQ(t.where, "body");
  EXPECT_TRUE(says(t, "ended after 10 of 200 bytes")) << t.why;
}

TEST(failure, of_chunks_cut_short_is_no_answer) {
  loopback_server server{
      once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nwo")};
  outside out;
  const auto t = failed(out.get(server.url()));
  EXPECT_EQ(t.code, code::unavailable);
  EXPECT_TRUE(says(t, "ended before its last chunk")) << t.why;
}

TEST(failure, of_a_reset_connection_is_not_taken_for_the_end_of_a_body) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\n\r\nno length, so the end tells");
    p.reset();
  }};
  outside out;
  EXPECT_EQ(failed(out.get(server.url())).code, code::unavailable);
}

TEST(failure, of_a_length_of_two_gigabytes_is_told_before_a_byte_is_read) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n");
    p.wait_for_close();
  }};
  outside out;
  const auto t = failed(out.get(server.url()));
  EXPECT_EQ(t.code, code::too_large);
  EXPECT_EQ(t.where, "body");
}

TEST(failure, of_a_body_without_a_length_comes_at_the_limit) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (p.send("1000\r\n" + std::string(0x1000, 'x') + "\r\n")) {
    }
  }};
  outside out;
  limits l;
  l.body_bytes = 1u << 20;
  EXPECT_EQ(failed(out.get(server.url(), l)).code, code::too_large);
}

TEST(failure, of_endless_headers_comes_at_the_limit) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\n");
    while (p.send("X-More: " + std::string(1000, 'x') + "\r\n")) {
    }
  }};
  outside out;
  const auto t = failed(out.get(server.url()));
  EXPECT_EQ(t.code, code::too_large) << "asking again brings the same";
  EXPECT_EQ(t.where, "answer");
}

TEST(failure, of_something_that_is_not_http_says_so) {
  loopback_server server{once("SSH-2.0-OpenSSH_9.2\r\n\r\n")};
  outside out;
  const auto t = failed(out.get(server.url()));
  EXPECT_EQ(t.code, code::unavailable);
  EXPECT_TRUE(says(t, "not HTTP/1.1")) << t.why;
}

TEST(failure, of_a_header_with_a_line_break_never_leaves_the_node) {
  loopback_server server{once("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")};
  outside out;
  const auto t = failed(out.send({"GET", server.url(), {{"X-A", "1\r\nX-Injected: 2"}}}));
  EXPECT_EQ(t.code, code::malformed);
  EXPECT_EQ(server.connections(), 0u);
}

TEST(failure, of_a_private_address_names_it_and_the_option_that_allows_it) {
  loopback_server server{once("")};
  outside out{outbound::client_options{}};
  const auto refused = out.get(server.url());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::forbidden);
  EXPECT_EQ(refused.error().where, "guard");
  EXPECT_NE(refused.error().remedy.find("--allow-network 127.0.0.0/8"), std::string::npos);
  EXPECT_EQ(server.connections(), 0u);
}

TEST(failure, of_one_private_address_among_public_ones_refuses_the_host) {
  auto options = outbound::client_options{};
  options.lookup = [](const std::string&) -> result<std::vector<outbound::address>> {
    return std::vector{*outbound::parse_address("93.184.216.34"),
                       *outbound::parse_address("::ffff:10.0.0.1")};
  };
  outside out{options};
  const auto t = failed(out.get("http://rebound.example.com"));
  EXPECT_EQ(t.code, code::forbidden);
  EXPECT_TRUE(says(t, "10.0.0.1")) << t.why;
}

TEST(failure, of_a_task_that_is_stopped_comes_at_once_and_frees_the_connection) {
  std::promise<void> asked;
  loopback_server server{[&](peer& p, unsigned) {
    p.request();
    asked.set_value();
    p.wait_for_close(); // returns because the client closes
  }};
  outside out;
  std::stop_source stop;
  auto answer = out.begin({"GET", server.url()}, {}, stop.get_token());
  asked.get_future().wait();
  stop.request_stop();
  const auto t = failed(answer.get());
  EXPECT_EQ(t.code, code::unavailable);
  EXPECT_TRUE(says(t, "asked to stop")) << t.why;
}

TEST(failure, of_a_closed_client_answers_everybody) {
  std::atomic<int> asked{0};
  loopback_server server{[&](peer& p, unsigned) {
    p.request();
    ++asked;
    p.wait_for_close();
  }};
  outside out;
  limits l;
  l.connections_per_host = 2; // the others wait for one
  std::vector<std::future<result<response>>> all;
  for (int i = 0; i < 10; ++i)
    all.push_back(out.begin({"GET", server.url()}, l));
  while (asked < 2)
    std::this_thread::yield();
  out.client->close();
  for (auto& one : all)
    EXPECT_EQ(failed(one.get()).code, code::unavailable);
  EXPECT_EQ(failed(out.get(server.url())).code, code::unavailable);
}

} // namespace
} // namespace tenon::tests
