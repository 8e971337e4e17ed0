#include "runtime/outbound/message.hpp"

#include <gtest/gtest.h>

namespace tenon::runtime::outbound {
namespace {

url to(std::string_view text) {
  return *parse_url(text);
}

TEST(request, with_anything_that_could_smuggle_another_is_malformed) {
  EXPECT_TRUE(check({"GET", "", {{"X-A", "a b\tc \xc3\xa9"}, {"x_b!", ""}}}));
  for (const auto* method : {"", "GE T", "GET\r\n", "GET /x HTTP/1.1\r\nA:", "CONNECT", "TRACE"})
    EXPECT_FALSE(check({method, ""})) << method;
  for (const auto* name : {"", "A B", "A:", "A\r\nB", "A\n", "\xc3\xa9"})
    EXPECT_FALSE(check({"GET", "", {{name, "1"}}})) << name;
  for (const std::string& value :
       std::vector<std::string>{"a\r\nb", "a\nb", "a\rb", std::string{"a\0b", 3},
                                std::string{"\x7f"}, std::string{"\x1b"}})
    EXPECT_FALSE(check({"GET", "", {{"X-A", value}}})) << value;
  for (const auto* ours : {"Host", "content-length", "Transfer-Encoding", "CONNECTION", "Upgrade",
                           "TE", "Trailer", "Expect", "Keep-Alive", "Proxy-Connection"})
    EXPECT_FALSE(check({"GET", "", {{ours, "1"}}})) << ours;
  EXPECT_FALSE(check({"GET", "", {{"X-Large", std::string(65'536, 'x')}}}));
}

TEST(request, says_its_length_when_it_has_a_body_or_could_have_one) {
  const auto u = to("https://a.example/x");
  EXPECT_EQ(head_of({"GET", ""}, u).find("Content-Length"), std::string::npos);
  EXPECT_NE(head_of({"POST", ""}, u).find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_NE(head_of({"DELETE", "", {}, blob::copy_of("abc")}, u).find("Content-Length: 3\r\n"),
            std::string::npos);
}

TEST(request, has_defaults_that_its_own_headers_replace) {
  EXPECT_EQ(head_of({"GET", ""}, to("http://a.example:81/x?y")),
            "GET /x?y HTTP/1.1\r\nHost: a.example:81\r\nUser-Agent: tenon\r\nAccept: */*\r\n"
            "Accept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(
      head_of(
          {"GET", "", {{"accept", "text/csv"}, {"USER-AGENT", "me"}, {"Accept-Encoding", "br"}}},
          to("http://a.example/")),
      "GET / HTTP/1.1\r\nHost: a.example\r\naccept: text/csv\r\nUSER-AGENT: me\r\n"
      "Accept-Encoding: br\r\n\r\n");
}

TEST(redirect_rules, keep_or_change_the_method_as_the_status_says) {
  const auto here = to("https://a.example/1");
  const auto there = to("https://a.example/2");
  const auto method = [&](const char* m, unsigned status) {
    const auto next = redirected({m, "", {}, blob::copy_of("x")}, status, here, there);
    EXPECT_EQ(next.body.empty(), next.method == "GET" && std::string_view{m} != "GET");
    return next.method;
  };
  EXPECT_EQ(method("POST", 301), "GET");
  EXPECT_EQ(method("POST", 302), "GET");
  EXPECT_EQ(method("PUT", 302), "PUT");
  EXPECT_EQ(method("PUT", 303), "GET");
  EXPECT_EQ(method("POST", 307), "POST");
  EXPECT_EQ(method("POST", 308), "POST");
  EXPECT_EQ(method("DELETE", 301), "DELETE");
  EXPECT_EQ(redirected({"HEAD", ""}, 303, here, there).method, "HEAD");
}

TEST(redirect_rules, send_secrets_only_where_they_were_meant_to_go) {
  const request r{"GET", "", {{"Authorization", "t"}, {"X-Api-Key", "k"}, {"Accept", "a"}}};
  const auto kept = [&](const char* from, const char* where) {
    return redirected(r, 307, to(from), to(where)).headers.size();
  };
  EXPECT_EQ(kept("https://a.example/1", "https://a.example/2"), 3u);
  EXPECT_EQ(kept("http://a.example/1", "https://a.example/1"), 3u); // only safer
  EXPECT_EQ(kept("https://a.example/1", "https://a.example:8443/1"), 1u);
  EXPECT_EQ(kept("https://a.example/1", "https://b.example/1"), 1u);
  EXPECT_EQ(kept("http://a.example:8080/1", "https://a.example/1"), 1u);
}

TEST(redirect_rules, lead_to_the_same_host_or_an_allowed_one_and_never_back_to_http) {
  limits l;
  l.redirect_hosts = {"cdn.example.net", "*.files.example"};
  const auto from = to("https://a.example/");
  const auto may = [&](const char* where) { return may_redirect(from, to(where), l).has_value(); };
  EXPECT_TRUE(may("https://a.example/x"));
  EXPECT_TRUE(may("https://a.example:444/x"));
  EXPECT_TRUE(may("https://cdn.example.net/"));
  EXPECT_TRUE(may("https://eu.files.example/"));
  EXPECT_FALSE(may("https://files.example/"));
  EXPECT_FALSE(may("https://evilfiles.example/"));
  EXPECT_FALSE(may("https://x.cdn.example.net/"));
  EXPECT_FALSE(may("https://b.example/"));
  EXPECT_FALSE(may("http://a.example/"));
  EXPECT_FALSE(may("http://cdn.example.net/"));
}

TEST(phase_of_a_failure, is_read_back_from_where_it_happened) {
  for (int i = 0; i <= static_cast<int>(phase::redirect); ++i) {
    const auto p = static_cast<phase>(i);
    EXPECT_EQ(phase_of({.where = std::string{name_of(p)}}), p);
  }
  EXPECT_FALSE(phase_of({.where = "spec.page"}));
}

} // namespace
} // namespace tenon::runtime::outbound
