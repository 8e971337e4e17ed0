// The part of an exchange on an open connection: the request out, the answer in.
#include "runtime/outbound/exchange.hpp"

#include <algorithm>

namespace tenon::runtime::outbound {

namespace {

failure closed_by(std::string why, phase where) {
  return {.code = code::unavailable,
          .why = std::move(why),
          .where = std::string{name_of(where)},
          .remedy = "ask again; when it stays, check the server"};
}

/// The body of a redirect is read only so that its connection can be used again.
constexpr std::size_t max_redirect_body = 64 * 1024;

} // namespace

awaitable<result<response>> exchange::transfer(lease& l) {
  auto& c = *l.held;
  watch(phase::send, end_);
  const auto head = head_of(request_, url_);
  const std::array<asio::const_buffer, 2> bytes{
      asio::buffer(head), asio::buffer(request_.body.data(), request_.body.size())};
  error_code ec;
  co_await c.write(bytes, ec);
  if (stopped())
    co_return why({});
  // A server may refuse a request before it has read all of it; then its answer says more than the
  // broken pipe.
  const bool sent = !ec;
  if (sent)
    watch(phase::answer, within(limits_.first_byte));
  answer_reader reader{request_.method};
  if (auto read = co_await read_head(c, reader); !read) {
    if (!sent && !stopped())
      co_return why("sending the request to " + endpoint_of(url_) + " failed: " + ec.message(),
                    "ask again");
    co_return std::move(read).error();
  }
  watch(phase::body, end_);
  const bool dropped = redirects(reader.head().status) && reader.head().framing != framing::none;
  if (dropped &&
      (reader.head().framing != framing::length || reader.head().length > max_redirect_body)) {
    co_return response{.status = reader.head().status, .headers = std::move(reader.head().headers)};
  }
  const bool kept = reader.head().keep_alive;
  auto answer = co_await read_body(c, reader);
  l.reusable = answer && sent && kept && c.buffered().empty() && !stopped();
  co_return answer;
}

awaitable<result<void>> exchange::read_head(connection& c, answer_reader& reader) {
  for (;;) {
    if (!c.buffered().empty()) {
      heard_ = true;
      auto taken = reader.put_head(c.buffered());
      if (!taken)
        co_return std::move(taken).error();
      c.consume(*taken);
      if (reader.has_head())
        co_return result<void>{};
      if (c.full())
        co_return why("the headers of the answer of " + endpoint_of(url_) + " are too large");
    }
    error_code ec;
    co_await c.read_more(ec);
    if (stopped())
      co_return why({});
    if (ec)
      co_return closed_by(endpoint_of(url_) + (heard_ ? " ended the connection within the headers"
                                                      : " ended the connection without an answer"),
                          phase_);
  }
}

awaitable<result<response>> exchange::read_body(connection& c, answer_reader& reader) {
  auto& head = reader.head();
  const bool good = head.status >= 200 && head.status < 300;
  auto body = answer_body::expect(head, limits_.body_bytes, good ? on_chunk_ : on_chunk{});
  if (!body)
    co_return std::move(body).error();
  result<void> read;
  if (head.framing == framing::length)
    read = co_await read_length(c, head.length, *body);
  else if (head.framing == framing::chunked)
    read = co_await read_chunks(c, reader, *body);
  else if (head.framing == framing::until_end)
    read = co_await read_to_end(c, *body);
  if (!read)
    co_return std::move(read).error();
  auto whole = body->finish();
  if (!whole)
    co_return std::move(whole).error();
  if (head.gzip)
    std::erase_if(head.headers, [](const auto& h) {
      const headers one{h};
      return find_header(one, "content-encoding") || find_header(one, "content-length");
    });
  co_return response{
      .status = head.status, .headers = std::move(head.headers), .body = *std::move(whole)};
}

awaitable<result<void>> exchange::read_length(connection& c, std::uint64_t length,
                                              answer_body& body) {
  body_length_ = length;
  for (;;) {
    const auto part = c.buffered().substr(0, static_cast<std::size_t>(length - body_got_));
    if (!part.empty()) {
      auto added = body.add(part);
      if (!added)
        co_return added;
      body_got_ += part.size();
      c.consume(part.size());
    }
    error_code ec;
    while (body_got_ < length && !body.direct().empty() && !ec) {
      const auto bytes = co_await c.read_into(body.direct(), ec);
      body.filled(bytes);
      body_got_ += bytes;
    }
    if (body_got_ == length)
      co_return result<void>{};
    if (!ec)
      co_await c.read_more(ec);
    if (stopped())
      co_return why({});
    if (ec)
      co_return closed_by("the body of the answer of " + endpoint_of(url_) + " ended after " +
                              std::to_string(body_got_) + " of " + std::to_string(length) +
                              " bytes",
                          phase::body);
  }
}

awaitable<result<void>> exchange::read_chunks(connection& c, answer_reader& reader,
                                              answer_body& body) {
  for (;;) {
    // Beast takes a chunk's header, or what is there of its bytes, with each call.
    while (!c.buffered().empty()) {
      auto taken = reader.put_chunks(c.buffered(), body);
      if (!taken)
        co_return std::move(taken).error();
      c.consume(*taken);
      body_got_ += *taken;
      if (reader.ended())
        co_return result<void>{};
      if (*taken == 0)
        break;
    }
    if (c.full())
      co_return why("a chunk's header or the trailer of " + endpoint_of(url_) + " is too large");
    error_code ec;
    co_await c.read_more(ec);
    if (stopped())
      co_return why({});
    if (ec)
      co_return closed_by("the body of the answer of " + endpoint_of(url_) +
                              " ended before its last chunk, after " + std::to_string(body_got_) +
                              " bytes",
                          phase::body);
  }
}

awaitable<result<void>> exchange::read_to_end(connection& c, answer_body& body) {
  for (;;) {
    const auto part = c.buffered();
    auto added = body.add(part);
    if (!added)
      co_return added;
    body_got_ += part.size();
    c.consume(part.size());
    error_code ec;
    co_await c.read_more(ec);
    if (stopped())
      co_return why({});
    // Over TLS this is the proper end only; a connection cut by somebody in between is not.
    if (ec == asio::error::eof)
      co_return result<void>{};
    if (ec)
      co_return closed_by("the body of the answer of " + endpoint_of(url_) + " was cut after " +
                              std::to_string(body_got_) + " bytes",
                          phase::body);
  }
}

} // namespace tenon::runtime::outbound
