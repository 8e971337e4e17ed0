// What can go wrong between client and server, each with its exit code and what to do.
#include "nodes/cli/http_client.hpp"
#include "tests/integration/cli/answers.hpp"
#include "tests/support/self_signed.hpp"

#include <boost/asio.hpp>
#include <gtest/gtest.h>

#include <cstdlib>

namespace {

using namespace tenon::tests;
using namespace tenon::nodes::cli;
using tenon::code;
using tenon::span;

// A port where nobody listens: bound, then given back.
std::string nowhere() {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor{io, {boost::asio::ip::address_v4::loopback(), 0}};
  return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
}

TEST(cli_connection, says_how_to_start_a_server_where_none_answers) {
  const auto s = say({"get", "syncs", "--server", nowhere()});
  EXPECT_EQ(s.code, exit_code::unreachable);
  EXPECT_TRUE(contains(s.err, "error: no server answers: Connection refused\n")) << s.err;
  EXPECT_TRUE(contains(s.err, "start one with `tenon node`")) << s.err;
  const auto unknown = say({"get", "syncs"}, {.pointer = "/nowhere/pointer.json"});
  EXPECT_EQ(unknown.code, exit_code::unreachable);
  EXPECT_TRUE(contains(unknown.err, "start one with `tenon node`")) << unknown.err;
}

TEST(cli_connection, says_when_a_name_is_unknown) {
  const auto s = say({"get", "syncs", "--server", "http://no-such-host.invalid"});
  EXPECT_EQ(s.code, exit_code::unreachable);
  EXPECT_TRUE(contains(s.err, "the server's name is not known")) << s.err;
}

TEST(cli_connection, ends_with_5_when_the_key_is_not_known) {
  canned_server server{
      [](const auto&) { return problem(401, "unauthenticated", "nobody knows this key"); }};
  const auto s = say_to(server, {"get", "syncs"});
  EXPECT_EQ(s.code, exit_code::unauthenticated);
  EXPECT_EQ(s.err, "error: nobody knows this key\n  at    " + server.url() +
                       "\n  do    give the key with --key or TENON_KEY\n");
}

TEST(cli_connection, shows_how_long_an_overloaded_server_wants_to_be_left_alone) {
  canned_server server{[](const auto&) -> canned_answer {
    auto a = problem(429, "overloaded", "too much at once");
    a.headers = {{"Retry-After", "7"}};
    return a;
  }};
  EXPECT_EQ(say_to(server, {"get", "syncs"}).err, "error: too much at once\n  wait  7 s\n");
}

TEST(cli_connection, does_not_take_another_program_for_a_server) {
  canned_server html{[](const auto&) -> canned_answer {
    return {.body = "<html>hello</html>", .type = "text/html"};
  }};
  const auto s = say_to(html, {"get", "syncs"});
  EXPECT_EQ(s.code, exit_code::refused);
  EXPECT_TRUE(contains(s.err, "not a Tenon server: status 200 with text/html")) << s.err;
  canned_server ssh{
      [](const auto&) -> canned_answer { return {.raw = "SSH-2.0-OpenSSH_9.2\r\n\r\n"}; }};
  const auto other = say_to(ssh, {"get", "syncs"});
  EXPECT_EQ(other.code, exit_code::unreachable);
  EXPECT_TRUE(contains(other.err, "does not speak HTTP")) << other.err;
}

TEST(cli_connection, warns_when_the_key_leaves_the_machine_in_the_clear) {
  canned_server server{[](const auto&) -> canned_answer { return {.body = R"({"items":[]})"}; }};
  const auto port = server.url().substr(server.url().rfind(':'));
  const auto s = say({"get", "syncs", "--server", "http://0.0.0.0" + port, "--key", "tn_test"});
  EXPECT_EQ(s.code, exit_code::done);
  EXPECT_TRUE(contains(s.err, "warning: the key travels in the clear to http://0.0.0.0")) << s.err;
  EXPECT_FALSE(contains(say_to(server, {"get", "syncs"}).err, "warning"));
}

TEST(cli_connection, follows_no_redirect_with_its_key) {
  canned_server elsewhere{[](const auto&) { return canned_answer{}; }};
  canned_server server{[&elsewhere](const auto&) -> canned_answer {
    return {.status = 302, .body = "", .headers = {{"Location", elsewhere.url()}}};
  }};
  EXPECT_EQ(say_to(server, {"get", "syncs"}).code, exit_code::refused);
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST(cli_connection, is_not_held_by_a_list_whose_pages_repeat) {
  canned_server server{
      [](const auto&) -> canned_answer { return {.body = R"({"items":[],"next":"same"})"}; }};
  const auto s = say_to(server, {"get", "syncs"});
  EXPECT_EQ(s.code, exit_code::refused);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(cli_http_client, gives_up_on_an_answer_that_does_not_come) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor silent{io, {boost::asio::ip::address_v4::loopback(), 0}};
  const server_address server{.host = "127.0.0.1",
                              .port = std::to_string(silent.local_endpoint().port())};
  const auto got = http_client{{server, ""}, {.exchange = span{50}}}.send({.target = "/"});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, code::timed_out);
  EXPECT_TRUE(contains(got.error().remedy, "may have happened"));
}

TEST(cli_http_client, takes_no_more_than_its_bound) {
  canned_server server{
      [](const auto&) -> canned_answer { return {.body = std::string(5000, ' ')}; }};
  const auto take = [](const canned_server& from, std::size_t most) {
    return http_client{{*parse_server(from.url()), ""}, {.body = most}}.send({.target = "/"});
  };
  EXPECT_EQ(take(server, 5000)->body.size(), 5000u);
  ASSERT_FALSE(take(server, 4999));
  EXPECT_EQ(take(server, 4999).error().code, code::too_large);

  canned_server chunked{[](const auto&) -> canned_answer {
    return {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" +
                   std::string(5000, ' ') + "\r\n0\r\n\r\n"};
  }};
  EXPECT_EQ(take(chunked, 5000)->body.size(), 5000u);
  EXPECT_EQ(take(chunked, 4999).error().code, code::too_large);

  canned_server huge{[](const auto&) -> canned_answer {
    return {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\n"};
  }};
  EXPECT_EQ(take(huge, 5000).error().code, code::too_large);
}

TEST(cli_http_client, does_not_take_half_an_answer_for_one) {
  canned_server server{[](const auto&) -> canned_answer {
    return {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\":[]}"};
  }};
  const auto got = http_client{{*parse_server(server.url()), ""}}.send({.target = "/"});
  ASSERT_FALSE(got);
  EXPECT_TRUE(contains(got.error().why, "the connection broke")) << got.error().why;
}

TEST(cli_http_client, talks_to_a_server_whose_certificate_it_can_verify_and_to_no_other) {
  const self_signed certificate{"127.0.0.1"};
  auto tls = certificate.server();
  canned_server server{[](const auto&) { return canned_answer{}; }, &tls};
  const http_client client{{*parse_server(server.url()), "tn_secret"}};
  const auto refused = client.send({.target = "/"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::unavailable);
  EXPECT_TRUE(contains(refused.error().why, "no secure connection")) << refused.error().why;
  EXPECT_TRUE(server.requests().empty()) << "the key was sent to a stranger";

  ::setenv("SSL_CERT_FILE", certificate.file().c_str(), 1);
  const auto taken = client.send({.target = "/"});
  ::unsetenv("SSL_CERT_FILE");
  ASSERT_TRUE(taken) << taken.error().why;
  EXPECT_EQ(taken->status, 200u);
}

TEST(cli_http_client, refuses_a_good_certificate_of_another_name) {
  const self_signed certificate{"10.9.8.7"};
  auto tls = certificate.server();
  canned_server server{[](const auto&) { return canned_answer{}; }, &tls};
  ::setenv("SSL_CERT_FILE", certificate.file().c_str(), 1);
  const auto got = http_client{{*parse_server(server.url()), ""}}.send({.target = "/"});
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_FALSE(got);
}

} // namespace
