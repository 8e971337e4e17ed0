#include "runtime/outbound/answer.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::runtime::outbound {
namespace {

/// Gives the bytes in pieces of this size, keeping what was not taken, as a connection does.
result<response> read(std::string_view bytes, std::size_t piece, std::string_view method = "GET",
                      std::size_t limit = 1u << 20) {
  answer_reader reader{method};
  std::optional<answer_body> body;
  std::string pending;
  const auto step = [&]() -> result<std::size_t> {
    if (!reader.has_head())
      return reader.put_head(pending);
    if (!body) {
      auto expected = answer_body::expect(reader.head(), limit);
      if (!expected)
        return std::move(expected).error();
      body = *std::move(expected);
    }
    if (reader.head().framing == framing::chunked)
      return reader.ended() ? 0 : reader.put_chunks(pending, *body);
    if (auto added = body->add(pending); !added)
      return std::move(added).error();
    return pending.size();
  };
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    pending += part;
    for (std::size_t taken = 1; taken > 0 && !pending.empty();) {
      auto took = step();
      if (!took)
        return std::move(took).error();
      taken = *took;
      pending.erase(0, taken);
    }
  }
  if (!reader.has_head())
    return failure{.code = code::unavailable, .why = "no head"};
  if (reader.head().framing == framing::chunked && !reader.ended())
    return failure{.code = code::unavailable, .why = "no last chunk"};
  if (!body)
    body = *answer_body::expect(reader.head(), limit);
  auto whole = body->finish();
  if (!whole)
    return std::move(whole).error();
  return response{
      .status = reader.head().status, .headers = reader.head().headers, .body = *std::move(whole)};
}

TEST(answer, is_the_same_however_its_bytes_are_cut) {
  const std::string text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: 1\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n"
                           "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nB: 2\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto r = read(text, piece);
    ASSERT_TRUE(r) << piece << ": " << r.error().why;
    EXPECT_EQ(r->status, 200u);
    EXPECT_EQ(r->body.view(), "hello world") << piece;
    EXPECT_EQ(r->headers.size(), 2u) << piece;
  }
}

TEST(answer, that_two_could_frame_differently_is_refused) {
  for (const auto* fields :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n", "Content-Length: -5\r\n",
        "Content-Length: 99999999999999999999\r\n", "Content-Length: \r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: \r\n",
        "Bad Name: 1\r\n", "NoColon\r\n", ": empty\r\n"})
    EXPECT_FALSE(read(std::string{"HTTP/1.1 200 OK\r\n"} + fields + "\r\nhello", 7)) << fields;
  EXPECT_FALSE(read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 99));
  EXPECT_FALSE(read("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", 99));
  EXPECT_FALSE(read("HTTP/2.0 200 OK\r\n\r\n", 99));
  EXPECT_FALSE(read("HTTP/1.1 20 OK\r\n\r\n", 99));
  EXPECT_FALSE(read("HTTP/1.1 000 OK\r\n\r\n", 99));
}

TEST(answer, has_a_bound_on_headers_and_on_interim_answers) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (std::size_t i = 0; i < max_answer_fields; ++i)
    many += "A: 1\r\n";
  EXPECT_TRUE(read(many + "\r\n", 1000));
  EXPECT_FALSE(read(many + "A: 1\r\n\r\n", 1000));
  std::string interim;
  for (int i = 0; i < 9; ++i)
    interim += "HTTP/1.1 103 Hints\r\n\r\n";
  EXPECT_FALSE(read(interim + "HTTP/1.1 200 OK\r\n\r\n", 1000));
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nA: " + std::string(max_answer_head_bytes, 'x') + "\r\n\r\n",
                    max_answer_head_bytes * 2));
}

TEST(answer, keeps_its_connection_only_when_both_sides_know_where_it_ends) {
  const auto kept = [](std::string head) {
    answer_reader reader{"GET"};
    EXPECT_TRUE(reader.put_head(head + "\r\n"));
    return reader.head().keep_alive;
  };
  EXPECT_TRUE(kept("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"));
  EXPECT_TRUE(kept("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(kept("HTTP/1.1 204 No Content\r\n"));
  EXPECT_TRUE(kept("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n"));
  EXPECT_FALSE(kept("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n"));
  EXPECT_FALSE(kept("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(kept("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n"));
}

TEST(answer, with_malformed_chunks_is_refused) {
  for (const auto* chunks : {"x\r\n", "-1\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
                             "\r\n", "ffffffffffffffffff\r\n", "5\nhello\n", " 5\r\nhello\r\n"})
    EXPECT_FALSE(
        read(std::string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"} + chunks, 99))
        << chunks;
}

TEST(answer, of_random_bytes_never_does_more_than_fail) {
  std::mt19937 random{20261121};
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: "
                           "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (int i = 0; i < 20'000; ++i) {
    auto text = good;
    for (auto changes = random() % 4 + 1; changes > 0; --changes)
      text[random() % text.size()] = static_cast<char>(random());
    const auto r = read(text, random() % 50 + 1);
    EXPECT_TRUE(r || !r.error().why.empty());
  }
}

} // namespace
} // namespace tenon::runtime::outbound
