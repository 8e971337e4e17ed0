#include "nodes/edge/parser.hpp"

#include "protocols/json.hpp"
#include "tests/support/http_cases.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <set>

namespace {

using namespace tenon;
using namespace tenon::nodes;
using edge::verdict;

struct outcome {
  verdict seen = verdict::need_more;
  unsigned status = 0;
  std::string body;
  std::size_t used = 0;
  edge::head head;
  std::string why{};
};

/// One request from the start of the bytes, handed over in steps of `step` bytes.
outcome read(const std::string& bytes, std::size_t step) {
  outcome o;
  std::size_t searched = 0;
  edge::refusal why;
  std::size_t here = 0;
  while (o.seen == verdict::need_more && here < bytes.size()) {
    here = std::min(here + step, bytes.size());
    o.seen = edge::read_head({bytes.data(), here}, {}, searched, o.head, why);
  }
  o.status = o.seen == verdict::refused ? why.status : 0;
  o.why = why.why;
  if (o.seen != verdict::complete)
    return o;
  o.used = o.head.bytes;
  if (!o.head.chunked) {
    if (bytes.size() - o.used < o.head.length)
      o.seen = verdict::need_more;
    else
      o.body = bytes.substr(o.used, o.head.length);
    o.used += o.body.size();
    return o;
  }
  edge::chunked_body decoder{{}, 1u << 20};
  for (;;) {
    std::size_t used = 0;
    o.seen = decoder.read({bytes.data() + o.used, here - o.used}, used, o.body, why);
    o.used += used;
    if (o.seen != verdict::need_more || here == bytes.size())
      break;
    here = std::min(here + step, bytes.size());
  }
  o.status = o.seen == verdict::refused ? why.status : 0;
  return o;
}

TEST(edge_parser, reads_a_head_into_its_parts) {
  const std::string bytes = "PUT /a/b?c=d HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n"
                            "X-Own:  v \r\nContent-Length: 3\r\n\r\nabcGET";
  const auto o = read(bytes, bytes.size());
  ASSERT_EQ(o.seen, verdict::complete) << o.status << ' ' << o.why;
  EXPECT_EQ(o.head.method, edge::method::put);
  EXPECT_EQ(o.head.target, "/a/b?c=d");
  EXPECT_EQ(o.head.path, "/a/b");
  EXPECT_EQ(o.head.query, "c=d");
  EXPECT_EQ(o.head.authorization, "Bearer k");
  EXPECT_EQ(o.head.headers.find("x-own"), "v");
  EXPECT_EQ(o.head.headers.find("absent"), std::nullopt);
  EXPECT_EQ(o.head.headers.all().size(), 4u);
  EXPECT_TRUE(o.head.keep_alive);
  EXPECT_EQ(o.body, "abc");
  EXPECT_EQ(o.used, bytes.size() - 3);
}

TEST(edge_parser, refuses_what_two_servers_could_understand_differently) {
  for (const auto& c : tests::requests_to_refuse()) {
    const auto o = read(c.bytes, c.bytes.size());
    EXPECT_EQ(o.seen, verdict::refused) << c.name;
    EXPECT_EQ(o.status, c.status) << c.name;
  }
}

TEST(edge_parser, refuses_the_same_when_the_bytes_drip_in) {
  for (const auto& c : tests::requests_to_refuse())
    for (const std::size_t step : {1u, 7u})
      EXPECT_EQ(read(c.bytes, step).seen, verdict::refused) << c.name << " in steps of " << step;
}

TEST(edge_parser, understands_absolute_targets_for_its_own_host) {
  const std::string bytes = "GET http://X:80/a?b HTTP/1.1\r\nHost: x:80\r\n\r\n";
  const auto o = read(bytes, bytes.size());
  ASSERT_EQ(o.seen, verdict::complete);
  EXPECT_EQ(o.head.path, "/a");
  EXPECT_EQ(o.head.query, "b");
}

TEST(edge_parser, keeps_connections_as_the_version_says) {
  const auto kept = [](const std::string& bytes) {
    const auto o = read(bytes + "\r\n", bytes.size() + 2);
    EXPECT_EQ(o.seen, verdict::complete) << bytes;
    return o.head.keep_alive;
  };
  EXPECT_TRUE(kept("GET / HTTP/1.1\r\nHost: a\r\n"));
  EXPECT_FALSE(kept("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"));
  EXPECT_FALSE(kept("GET / HTTP/1.0\r\n"));
  EXPECT_TRUE(kept("GET / HTTP/1.0\r\nConnection: keep-alive\r\n"));
}

TEST(edge_parser, drops_harmless_trailers_and_extensions) {
  const std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                            "3;a=\"b\"\r\nabc\r\n02\r\nde\r\n0;x\r\nVary: *\r\n\r\nGET";
  for (const std::size_t step : {1u, 5u, 1000u}) {
    const auto o = read(bytes, step);
    EXPECT_EQ(o.seen, verdict::complete);
    EXPECT_EQ(o.body, "abcde");
    EXPECT_EQ(o.head.headers.find("vary"), std::nullopt);
    EXPECT_EQ(o.used, bytes.size() - 3);
  }
}

TEST(edge_parser, refuses_chunks_beyond_the_body_limit_before_they_arrive) {
  const std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "100001\r\n";
  const auto o = read(bytes, bytes.size());
  EXPECT_EQ(o.seen, verdict::refused);
  EXPECT_EQ(o.status, 413u);
}

TEST(edge_parser, asks_for_more_until_a_head_is_whole) {
  const std::string bytes = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    std::size_t searched = 0;
    edge::head h;
    edge::refusal why;
    EXPECT_EQ(edge::read_head({bytes.data(), n}, {}, searched, h, why), verdict::need_more) << n;
  }
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  return bytes;
}

/// The recordings say no Host and leave out the last empty line; both are added, so that what is
/// left to refuse is what the recording is about.
std::string completed(std::string bytes) {
  if (bytes.starts_with("\r\n"))
    bytes.erase(0, 2); // forgiven by the connection
  const auto line = bytes.find("\r\n");
  if (line != bytes.npos && bytes.find("ost:") == bytes.npos && bytes.find("OST:") == bytes.npos)
    bytes.insert(line + 2, "Host: recorded\r\n");
  if (bytes.find("\r\n\r\n") == bytes.npos)
    bytes += "\r\n";
  else if (bytes.ends_with("\r\n0\r\n") || bytes.ends_with("\r\n000\r\n") ||
           bytes.ends_with("plain\r\n"))
    bytes += "\r\n";
  return bytes;
}

TEST(edge_parser, agrees_with_recorded_requests_but_where_it_is_stricter) {
  std::ifstream file{"tests/recordings/http/llhttp_requests.json"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto recorded = read_json(text);
  ASSERT_TRUE(recorded) << recorded.error().why;
  const std::set<std::string> stricter{
      "OPTIONS request with RTSP", // another protocol
      "Quotes in URI",             // a backslash, which browsers take for a slash
      "M-SEARCH request",          // no path
      "No HTTP version",           // HTTP/0.9
      "POST with `chunked` as last transfer-encoding",
      "POST with `chunked` as last transfer-encoding (multiple headers)",
      "`host:port` terminated by a query string", // no path
      "`host:port` and basic auth",               // not the host of the Host field
  };
  // There nothing is malformed: the other parser stops because it serves upgrades and tunnels, or
  // because a request follows one that ends the connection.
  const std::set<std::string> about_what_follows{"Pause on CONNECT/Upgrade",
                                                 "Data after `Connection: close`"};
  for (const auto& c : *recorded->find("cases")->as<list>()) {
    const auto title = *c.find("title")->as<std::string>();
    const auto bytes = completed(from_hex(*c.find("input_hex")->as<std::string>()));
    const auto o = read(bytes, bytes.size());
    const bool ok = *c.find("verdict")->as<std::string>() == "ok";
    const auto* reason = c.find("error");
    if (stricter.contains(title)) {
      EXPECT_EQ(o.seen, verdict::refused) << title;
    } else if (reason != nullptr && about_what_follows.contains(*reason->as<std::string>())) {
      EXPECT_TRUE(o.seen == verdict::complete || title.starts_with("CONNECT") ||
                  title.starts_with("Underscore"))
          << title;
    } else if (!ok) {
      EXPECT_NE(o.seen, verdict::complete) << title;
    } else if (*c.find("messages_complete")->as<std::int64_t>() == 1) {
      EXPECT_EQ(o.seen, verdict::complete) << title << " status " << o.status;
      const auto* body = c.find("body");
      EXPECT_EQ(o.body, body == nullptr ? "" : *body->as<std::string>()) << title;
    } else {
      EXPECT_NE(o.seen, verdict::refused) << title;
    }
  }
}

} // namespace
