#include "runtime/outbound/url.hpp"

#include <gtest/gtest.h>

namespace tenon::runtime::outbound {
namespace {

struct good {
  const char* text;
  bool tls;
  const char* host;
  std::uint16_t port;
  const char* target;
  const char* again;
};

TEST(url, is_taken_apart) {
  const good table[]{
      {"http://example.com", false, "example.com", 80, "/", "http://example.com/"},
      {"HTTPS://Api.Example.COM/A/b?C=d#e", true, "api.example.com", 443, "/A/b?C=d",
       "https://api.example.com/A/b?C=d"},
      {"https://example.com:8443?x=1", true, "example.com", 8443, "/?x=1",
       "https://example.com:8443/?x=1"},
      {"http://example.com:80/", false, "example.com", 80, "/", "http://example.com/"},
      {"http://my_db:5432/x", false, "my_db", 5432, "/x", "http://my_db:5432/x"},
      {"http://192.0.2.1/", false, "192.0.2.1", 80, "/", "http://192.0.2.1/"},
      {"http://[2001:DB8::1]:81/x", false, "2001:db8::1", 81, "/x", "http://[2001:db8::1]:81/x"},
      {"http://[::ffff:127.0.0.1]", false, "::ffff:127.0.0.1", 80, "/",
       "http://[::ffff:127.0.0.1]/"},
      {"https://a.b/p?u=http://c/@d:e", true, "a.b", 443, "/p?u=http://c/@d:e",
       "https://a.b/p?u=http://c/@d:e"},
      {"http://xn--bcher-kva.example/%C3%A9", false, "xn--bcher-kva.example", 80, "/%C3%A9",
       "http://xn--bcher-kva.example/%C3%A9"},
      {"http://1and1.com", false, "1and1.com", 80, "/", "http://1and1.com/"},
  };
  for (const auto& t : table) {
    const auto u = parse_url(t.text);
    ASSERT_TRUE(u) << t.text << ": " << u.error().why;
    EXPECT_EQ(u->tls, t.tls);
    EXPECT_EQ(u->host, t.host);
    EXPECT_EQ(u->port, t.port);
    EXPECT_EQ(u->target, t.target);
    EXPECT_EQ(to_text(*u), t.again);
    EXPECT_EQ(*parse_url(t.again), *u) << "what is written reads back the same";
  }
}

TEST(url, that_two_could_read_differently_is_malformed) {
  for (const auto* text : {"",
                           "example.com",
                           "//example.com",
                           "ftp://example.com",
                           "file:///etc/passwd",
                           "http:/a",
                           "http:a",
                           "http://",
                           "http:///x",
                           "http://?x",
                           "http://user@example.com",
                           "http://user:pass@example.com",
                           "http://a@b@c",
                           "http://example.com\\@evil.com",
                           "http://exa mple.com",
                           "http://example.com/a b",
                           "http://example.com/\r\nHost: x",
                           "http://example.com/\t",
                           "http://example.com:",
                           "http://example.com:0",
                           "http://example.com:65536",
                           "http://example.com:080",
                           "http://example.com:8o",
                           "http://example.com:-1",
                           "http://a:80:80",
                           "http://.example.com",
                           "http://example..com",
                           "http://example.com.",
                           "http://-a.com",
                           "http://a-.com",
                           "http://ex%61mple.com",
                           "http://b\xc3\xbc"
                           "cher.example",
                           "http://127.1",
                           "http://2130706433",
                           "http://0x7f.0.0.1",
                           "http://0x7f000001",
                           "http://017700000001",
                           "http://127.0.0.1.",
                           "http://0127.0.0.1",
                           "http://1.2.3.4.5",
                           "http://example.123",
                           "http://a.0x1",
                           "http://[::1",
                           "http://[::1]x",
                           "http://[::1]x:80",
                           "http://[127.0.0.1]",
                           "http://[fe80::1%25eth0]",
                           "http://::1/",
                           "http://[]",
                           "http://[",
                           "http://a[::1]"}) {
    const auto u = parse_url(text);
    ASSERT_FALSE(u) << text;
    EXPECT_EQ(u.error().code, code::malformed);
    EXPECT_EQ(u.error().where, "url");
    EXPECT_FALSE(u.error().remedy.empty());
  }
  EXPECT_FALSE(parse_url(std::string_view{"http://a\0b/", 11}));
  EXPECT_FALSE(parse_url("http://" + std::string(64, 'a') + ".com"));
  EXPECT_FALSE(parse_url("http://a.com/" + std::string(max_url_bytes, 'x')));
}

TEST(url, of_a_location_is_resolved_as_rfc_3986_has_it) {
  const auto base = *parse_url("http://a.example/b/c/d;p?q");
  const std::pair<const char*, const char*> table[]{
      {"g", "/b/c/g"},
      {"./g", "/b/c/g"},
      {"g/", "/b/c/g/"},
      {"/g", "/g"},
      {"?y", "/b/c/d;p?y"},
      {"g?y", "/b/c/g?y"},
      {"#s", "/b/c/d;p?q"},
      {"g#s", "/b/c/g"},
      {"g?y#s", "/b/c/g?y"},
      {";x", "/b/c/;x"},
      {"", "/b/c/d;p?q"},
      {".", "/b/c/"},
      {"./", "/b/c/"},
      {"..", "/b/"},
      {"../", "/b/"},
      {"../g", "/b/g"},
      {"../..", "/"},
      {"../../g", "/g"},
      {"../../../g", "/g"},
      {"/./g", "/g"},
      {"/../g", "/g"},
      {"g.", "/b/c/g."},
      {"..g", "/b/c/..g"},
      {"./g/.", "/b/c/g/"},
      {"g/./h", "/b/c/g/h"},
      {"g/../h", "/b/c/h"},
      {"g?y/../x", "/b/c/g?y/../x"},
      {"a b", "/b/c/a%20b"},
      {"\xc3\xa9", "/b/c/%C3%A9"},
      {"/x:y", "/x:y"},
  };
  for (const auto& [reference, target] : table) {
    const auto to = resolve_reference(base, reference);
    ASSERT_TRUE(to) << reference << ": " << to.error().why;
    EXPECT_EQ(to->target, target) << reference;
    EXPECT_EQ(to->host, "a.example");
  }
  EXPECT_EQ(to_text(*resolve_reference(base, "//b.example/x")), "http://b.example/x");
  EXPECT_EQ(to_text(*resolve_reference(base, "https://b.example:8443")), "https://b.example:8443/");
  for (const auto* bad : {"ftp://b.example", "javascript:alert(1)", "//user@b.example", "g:h",
                          "/a\r\nX: y", "//127.1/"})
    EXPECT_FALSE(resolve_reference(base, bad)) << bad;
}

TEST(url, gives_the_host_header_its_port_only_when_it_is_unusual) {
  EXPECT_EQ(authority_of(*parse_url("https://a.b")), "a.b");
  EXPECT_EQ(authority_of(*parse_url("https://a.b:80")), "a.b:80");
  EXPECT_EQ(authority_of(*parse_url("http://[::1]:8080")), "[::1]:8080");
  EXPECT_EQ(endpoint_of(*parse_url("https://a.b")), "a.b:443");
}

} // namespace
} // namespace tenon::runtime::outbound
