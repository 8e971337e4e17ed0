#include "tests/integration/outbound/loopback_server.hpp"
#include "tests/integration/outbound/outside.hpp"

namespace tenon::tests {
namespace {

using outbound::limits;
using outbound::response;

std::string redirect(int status, const std::string& to) {
  return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + to +
         "\r\nContent-Length: 2\r\n\r\n..";
}

/// Redirects /from, and tells the head and body it was given elsewhere.
loopback_server::conversation redirects(int status, const std::string& to) {
  return [=](peer& p, unsigned) {
    for (auto head = p.request(); !head.empty(); head = p.request()) {
      if (head.find(" /from ") != head.npos)
        p.send(redirect(status, to));
      else
        p.answer(head + p.body);
    }
  };
}

/// Every name is this machine.
outbound::client_options named_hosts() {
  auto o = to_loopback();
  o.lookup = [](const std::string&) -> result<std::vector<outbound::address>> {
    return std::vector{*outbound::parse_address("127.0.0.1")};
  };
  return o;
}

std::string at(const std::string& host, const loopback_server& s, const std::string& path) {
  return "http://" + host + ':' + std::to_string(s.port()) + path;
}

TEST(redirect, is_followed_on_the_same_host_with_everything_and_one_connection) {
  loopback_server server{redirects(307, "to?x=1")};
  outside out;
  const auto answer = out.send({"POST",
                                server.url("/from"),
                                {{"Authorization", "Bearer t"}, {"Content-Type", "text/plain"}},
                                blob::copy_of("data")});
  ASSERT_TRUE(answer) << answer.error().why;
  const auto seen = answer->body.view();
  EXPECT_TRUE(seen.starts_with("POST /to?x=1 HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("Authorization: Bearer t"), seen.npos);
  EXPECT_TRUE(seen.ends_with("\r\n\r\ndata"));
  EXPECT_EQ(server.connections(), 1u);
}

TEST(redirect, with_303_becomes_a_get_without_a_body) {
  loopback_server server{redirects(303, "/to")};
  outside out;
  const auto answer = out.send(
      {"POST", server.url("/from"), {{"Content-Type", "text/plain"}}, blob::copy_of("data")});
  ASSERT_TRUE(answer) << answer.error().why;
  const auto seen = answer->body.view();
  EXPECT_TRUE(seen.starts_with("GET /to HTTP/1.1\r\n")) << seen;
  EXPECT_EQ(seen.find("Content-"), seen.npos);
  EXPECT_TRUE(seen.ends_with("\r\n\r\n"));
}

TEST(redirect, to_another_host_is_refused) {
  loopback_server server{redirects(302, "http://other.example.com/to")};
  outside out{named_hosts()};
  const auto answer = out.get(at("one.example.com", server, "/from"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, code::forbidden);
  EXPECT_EQ(answer.error().where, "redirect");
}

TEST(redirect, to_an_allowed_host_carries_no_secret) {
  loopback_server second{redirects(302, "/nowhere")};
  loopback_server first{redirects(302, at("cdn.example.net", second, "/to"))};
  outside out{named_hosts()};
  limits l;
  l.redirect_hosts = {"*.example.net"};
  const auto answer = out.send({"GET",
                                at("one.example.com", first, "/from"),
                                {{"Authorization", "Bearer t"},
                                 {"X-Api-Key", "secret"},
                                 {"Cookie", "c=1"},
                                 {"Accept", "text/csv"}}},
                               l);
  ASSERT_TRUE(answer) << answer.error().why;
  const auto seen = answer->body.view();
  EXPECT_NE(seen.find("Accept: text/csv"), seen.npos);
  for (const auto secret : {"Authorization", "X-Api-Key", "Cookie"})
    EXPECT_EQ(seen.find(secret), seen.npos) << seen;
}

TEST(redirect, to_a_metadata_address_meets_the_guard_again) {
  loopback_server server{redirects(302, "http://169.254.169.254/latest/meta-data")};
  outside out;
  limits l;
  l.redirect_hosts = {"169.254.169.254"}; // even then
  const auto answer = out.get(server.url("/from"), l);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, code::forbidden);
  EXPECT_EQ(answer.error().where, "guard");
  EXPECT_NE(answer.error().why.find("169.254.169.254"), std::string::npos);
}

TEST(redirect, in_a_circle_ends_after_the_limit) {
  std::atomic<int> requests{0};
  loopback_server server{[&](peer& p, unsigned) {
    while (!p.request().empty()) {
      ++requests;
      p.send(redirect(302, "/from"));
    }
  }};
  outside out;
  limits l;
  l.redirects = 3;
  const auto answer = out.get(server.url("/from"), l);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().where, "redirect");
  EXPECT_NE(answer.error().why.find("more than 3 times"), std::string::npos);
  EXPECT_EQ(requests, 4);
  EXPECT_EQ(server.connections(), 1u);
}

TEST(redirect, is_an_answer_like_any_other_when_none_is_wanted) {
  loopback_server server{redirects(302, "/to")};
  outside out;
  limits l;
  l.redirects = 0;
  const auto answer = out.get(server.url("/from"), l);
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(answer->status, 302u);
  EXPECT_EQ(answer->header("location"), "/to");
  EXPECT_EQ(answer->body.view(), "..");
}

TEST(redirect, with_an_endless_body_is_followed_all_the_same) {
  loopback_server server{[](peer& p, unsigned number) {
    p.request();
    if (number != 0) {
      p.answer("there");
      return;
    }
    p.send("HTTP/1.1 302 Found\r\nLocation: /to\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (p.send("1000\r\n" + std::string(0x1000, 'x') + "\r\n")) {
    }
  }};
  outside out;
  const auto answer = out.get(server.url("/from"));
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(answer->body.view(), "there");
}

} // namespace
} // namespace tenon::tests
