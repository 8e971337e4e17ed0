// Bodies in every framing, inflated or streamed, and what their limits do.
#include "tests/integration/outbound/loopback_server.hpp"
#include "tests/integration/outbound/outside.hpp"

#include <zlib.h>

namespace tenon::tests {
namespace {

using outbound::limits;
using outbound::response;

std::string gzipped(std::string_view text) {
  z_stream z{};
  deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string numbers(std::size_t bytes) {
  std::string text;
  for (unsigned i = 0; text.size() < bytes; ++i)
    text += std::to_string(i * 2654435761u) + ' ';
  text.resize(bytes);
  return text;
}

std::string in_chunks(std::string_view body, std::size_t size) {
  std::string out;
  char length[20];
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    const auto part = body.substr(0, size);
    std::snprintf(length, sizeof length, "%zx;name=value\r\n", part.size());
    out.append(length).append(part).append("\r\n");
  }
  return out + "0\r\nX-Trailer: late\r\n\r\n";
}

loopback_server::conversation always(std::string bytes) {
  return [bytes](peer& p, unsigned) {
    while (!p.request().empty())
      p.send(bytes);
  };
}

TEST(body, of_a_stated_length_comes_whole_whatever_its_size) {
  for (const std::size_t size : {0u, 1u, 65'000u, 65'536u, 200'000u, 5'000'000u}) {
    const auto text = numbers(size);
    loopback_server server{[&](peer& p, unsigned) {
      while (!p.request().empty())
        p.answer(text);
    }};
    outside out;
    for (int i = 0; i < 3; ++i) {
      const auto answer = out.get(server.url());
      ASSERT_TRUE(answer) << answer.error().why;
      EXPECT_TRUE(answer->body.view() == text) << size;
    }
    EXPECT_EQ(server.connections(), 1u);
  }
}

TEST(body, in_chunks_comes_whole_without_trailers_among_the_headers) {
  const auto text = numbers(300'000);
  for (const std::size_t chunk : {1'000u, 65'536u, 300'000u}) {
    loopback_server server{
        always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + in_chunks(text, chunk))};
    outside out;
    for (int i = 0; i < 2; ++i) {
      const auto answer = out.get(server.url());
      ASSERT_TRUE(answer) << answer.error().why;
      EXPECT_TRUE(answer->body.view() == text) << chunk;
      EXPECT_FALSE(answer->header("x-trailer"));
    }
    EXPECT_EQ(server.connections(), 1u);
  }
}

TEST(body, without_a_length_ends_with_the_connection) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  }};
  outside out;
  const auto answer = out.get(server.url());
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(answer->body.view(), "until the end");
}

TEST(body, of_an_answer_to_head_or_without_content_is_empty_and_keeps_the_connection) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    p.request();
    p.send("HTTP/1.1 204 No Content\r\n\r\n");
    p.request();
    p.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
    p.wait_for_close();
  }};
  outside out;
  EXPECT_EQ(out.send({"HEAD", server.url()})->header("content-length"), "500");
  EXPECT_EQ(out.get(server.url())->status, 204u);
  EXPECT_EQ(out.get(server.url())->status, 304u);
  EXPECT_EQ(server.connections(), 1u);
}

TEST(body, follows_interim_answers) {
  loopback_server server{always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: "
                                "a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")};
  outside out;
  const auto answer = out.get(server.url());
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(answer->body.view(), "ok");
  EXPECT_FALSE(answer->header("link"));
}

TEST(body, in_gzip_is_inflated_in_every_framing) {
  const auto text = numbers(500'000);
  const auto packed = gzipped(text);
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n";
  const auto length = "Content-Length: " + std::to_string(packed.size()) + "\r\n\r\n";
  for (const auto& bytes : {head + length + packed,
                            head + "Transfer-Encoding: chunked\r\n\r\n" + in_chunks(packed, 999)}) {
    loopback_server server{always(bytes)};
    outside out;
    const auto answer = out.get(server.url());
    ASSERT_TRUE(answer) << answer.error().why;
    EXPECT_TRUE(answer->body.view() == text);
    EXPECT_FALSE(answer->header("content-encoding"));
    EXPECT_FALSE(answer->header("content-length"));
  }
}

TEST(body, in_gzip_may_have_several_members) {
  const auto packed = gzipped("one ") + gzipped("two");
  loopback_server server{always("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                                std::to_string(packed.size()) + "\r\n\r\n" + packed)};
  outside out;
  const auto answer = out.get(server.url());
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(answer->body.view(), "one two");
}

TEST(body, in_gzip_that_ends_early_or_is_none_is_no_answer) {
  const auto packed = gzipped("a text that is long enough to be cut");
  for (const auto& bytes : {packed.substr(0, packed.size() - 9), std::string{"plain text"}}) {
    loopback_server server{always("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                                  std::to_string(bytes.size()) + "\r\n\r\n" + bytes)};
    outside out;
    const auto answer = out.get(server.url());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, code::unavailable);
    EXPECT_NE(answer.error().why.find("gzip"), std::string::npos);
  }
}

TEST(body, that_is_a_gzip_bomb_is_stopped_at_the_limit) {
  const auto packed = gzipped(std::string(100u << 20, '\0')); // 100 KB that inflate to 100 MB
  ASSERT_LT(packed.size(), 200'000u);
  loopback_server server{always("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                                std::to_string(packed.size()) + "\r\n\r\n" + packed)};
  outside out;
  limits l;
  l.body_bytes = 1u << 20;
  const auto answer = out.get(server.url(), l);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, code::too_large);
}

result<response> stream(outside& out, std::string url, limits l, outbound::on_chunk chunk) {
  std::promise<result<response>> answered;
  out.client->send({"GET", std::move(url)}, std::move(l), std::move(chunk),
                   [&](result<response> a) { answered.set_value(std::move(a)); });
  return answered.get_future().get();
}

TEST(body, is_streamed_piece_by_piece_to_who_wants_it_so) {
  const auto text = numbers(3'000'000);
  loopback_server server{[&](peer& p, unsigned) {
    while (!p.request().empty())
      p.answer(text);
  }};
  outside out;
  std::string all;
  std::size_t largest = 0;
  const auto answer = stream(out, server.url(), {}, [&](std::string_view part) {
    largest = std::max(largest, part.size());
    all += part;
    return result<void>{};
  });
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_TRUE(all == text);
  EXPECT_TRUE(answer->body.empty());
  EXPECT_LE(largest, 65'536u);
}

TEST(body, that_its_receiver_refuses_ends_the_exchange_with_that_failure) {
  loopback_server server{[](peer& p, unsigned) {
    p.request();
    p.answer(std::string(3'000'000, 'x'));
  }};
  outside out;
  const auto answer = stream(out, server.url(), {}, [](std::string_view) -> result<void> {
    return failure{.code = code::conflict, .why = "the disk is full"};
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().why, "the disk is full");
}

TEST(body, of_an_error_is_not_streamed_but_kept_for_the_message) {
  loopback_server server{always("HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nwhy")};
  outside out;
  const auto answer = stream(out, server.url(), {}, [](std::string_view) -> result<void> {
    return failure{.code = code::internal, .why = "must not be called"};
  });
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(answer->body.view(), "why");
}

} // namespace
} // namespace tenon::tests
