#include "nodes/cli/http_client.hpp"

#include <utility>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <charconv>
#include <limits>

namespace tenon::nodes::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

using incoming = http::response_parser<http::string_body>;

enum class stage : std::uint8_t { resolving, connecting, securing, talking, done };

struct exchange {
  const server_address& server;
  const http_bounds& bounds;
  std::string request; // as it goes over the wire
  incoming response{};
  stage reached = stage::resolving;
  error_code error{};
};

/// Bytes there and back, in the clear or not: what speaks HTTP is compiled once for both.
class wire {
public:
  virtual ~wire() = default;
  virtual asio::awaitable<void> write(std::string_view bytes, error_code&) = 0;
  virtual asio::awaitable<std::size_t> read(asio::mutable_buffer into, error_code&) = 0;
};

template <class Stream> class wire_over final : public wire {
public:
  explicit wire_over(Stream& s) : stream_{s} {}

  asio::awaitable<void> write(std::string_view bytes, error_code& error) override {
    while (!bytes.empty() && !error)
      bytes.remove_prefix(co_await stream_.async_write_some(
          asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error)));
  }
  asio::awaitable<std::size_t> read(asio::mutable_buffer into, error_code& error) override {
    co_return co_await stream_.async_read_some(into,
                                               asio::redirect_error(asio::use_awaitable, error));
  }

private:
  Stream& stream_;
};

/// One more piece of the answer. That it ends is an error only before it is whole.
asio::awaitable<void> read_piece(wire& w, beast::flat_buffer& received, exchange& x) {
  const auto space = received.prepare(16 * 1024);
  error_code ended;
  received.commit(co_await w.read(space, ended));
  const bool at_end = ended == asio::error::eof || ended == ssl::error::stream_truncated;
  if (ended && !at_end) {
    x.error = ended;
    co_return;
  }
  // The bound is kept here: this Beast's parser forgets that it refused a Content-Length when body
  // bytes came with the header; and before room is made for the body.
  x.response.eager(false);
  const auto most = x.bounds.body;
  while (!x.error && received.size() > 0 && !x.response.is_done()) {
    received.consume(x.response.put(received.data(), x.error));
    if (x.response.is_header_done() &&
        (x.response.content_length().value_or(0) > most || x.response.get().body().size() > most))
      x.error = http::error::body_limit;
  }
  if (x.error == http::error::need_more)
    x.error = {};
  if (!at_end || x.error || x.response.is_done())
    co_return;
  if (x.response.got_some())
    x.response.put_eof(x.error);
  else
    x.error = http::error::end_of_stream;
}

asio::awaitable<void> talk(wire& w, exchange& x) {
  x.reached = stage::talking;
  co_await w.write(x.request, x.error);
  beast::flat_buffer received;
  while (!x.error && !x.response.is_done())
    co_await read_piece(w, received, x);
  if (!x.error)
    x.reached = stage::done;
}

// The resolver has no time-out of its own; the timer ends it.
asio::awaitable<tcp::resolver::results_type> resolve(asio::io_context& io, exchange& x) {
  tcp::resolver resolver{io};
  asio::steady_timer limit{io, x.bounds.connect};
  limit.async_wait([&resolver](error_code e) {
    if (!e)
      resolver.cancel();
  });
  auto found = co_await resolver.async_resolve(x.server.host, x.server.port,
                                               asio::redirect_error(asio::use_awaitable, x.error));
  if (x.error == asio::error::operation_aborted)
    x.error = beast::error::timeout;
  co_return found;
}

asio::awaitable<void> perform(asio::io_context& io, ssl::context& tls, exchange& x) {
  const auto told = [&x] { return asio::redirect_error(asio::use_awaitable, x.error); };
  const auto addresses = co_await resolve(io, x);
  if (x.error)
    co_return;
  x.reached = stage::connecting;
  if (!x.server.tls) {
    beast::tcp_stream stream{io};
    stream.expires_after(x.bounds.connect);
    co_await stream.async_connect(addresses, told());
    stream.expires_after(x.bounds.exchange);
    wire_over<beast::tcp_stream> clear{stream};
    if (!x.error)
      co_await talk(clear, x);
    co_return;
  }
  beast::ssl_stream<beast::tcp_stream> stream{io, tls};
  stream.next_layer().expires_after(x.bounds.connect);
  co_await stream.next_layer().async_connect(addresses, told());
  if (x.error)
    co_return;
  x.reached = stage::securing;
  stream.set_verify_callback(ssl::host_name_verification{x.server.host}, x.error);
  SSL_set_tlsext_host_name(stream.native_handle(), x.server.host.c_str());
  co_await stream.async_handshake(ssl::stream_base::client, told());
  stream.next_layer().expires_after(x.bounds.exchange);
  wire_over<beast::ssl_stream<beast::tcp_stream>> secure{stream};
  if (!x.error)
    co_await talk(secure, x);
}

std::string written(const access& to, const http_request& r) {
  const auto url = to_string(server_address{.host = to.server.host, .port = to.server.port});
  auto text = r.method + ' ' + to.server.prefix + r.target + " HTTP/1.1\r\nHost: " + url.substr(7) +
              "\r\nUser-Agent: tenon\r\nAccept: application/json\r\nConnection: close\r\n";
  if (!to.key.empty())
    text += "Authorization: Bearer " + to.key + "\r\n";
  if (!r.body.empty())
    text += "Content-Type: application/json\r\n";
  if (!r.body.empty() || r.method != "GET")
    text += "Content-Length: " + std::to_string(r.body.size()) + "\r\n";
  return text + "\r\n" + r.body;
}

failure explained(const exchange& x) {
  const auto where = to_string(x.server);
  if (x.error == http::error::body_limit || x.error == http::error::header_limit)
    return {.code = code::too_large,
            .why = "the answer is larger than " + std::to_string(x.bounds.body >> 20) + " MiB",
            .where = where,
            .remedy = "ask for less at once"};
  if (x.error == beast::error::timeout && x.reached == stage::talking)
    return {.code = code::timed_out,
            .why = "the server took the request and did not answer in time",
            .where = where,
            .remedy = "what was asked for may have happened: look before asking again"};
  const bool broke =
      x.error == http::error::end_of_stream || x.error == http::error::partial_message;
  if (x.error.category() == http::make_error_code(http::error{}).category() && !broke)
    return {.code = code::unavailable,
            .why = "what answers there does not speak HTTP (" + x.error.message() + ")",
            .where = where,
            .remedy = "check the address; a server with TLS is named https://…"};
  if (x.reached == stage::securing)
    return {.code = code::unavailable,
            .why = "no secure connection: " + x.error.message(),
            .where = where,
            .remedy = "check that the server speaks TLS under this name; SSL_CERT_FILE names a "
                      "file with the certificate of a private authority"};
  const auto reason = x.error == beast::error::timeout ? "no answer in time" : x.error.message();
  return {.code = code::unavailable,
          .why = x.reached == stage::resolving ? "the server's name is not known: " + reason
                 : x.reached == stage::talking ? "the connection broke: " + reason
                                               : "no server answers: " + reason,
          .where = where,
          .remedy = x.server.loopback()
                        ? "start one with `tenon node`, or name another with --server URL"
                        : "check the address and that the server runs"};
}

// TLS is prepared only where it is used: loading the system's certificates takes 20 ms.
ssl::context prepared(bool tls, error_code& error) {
  ssl::context made{ssl::context::tls_client};
  if (tls) {
    made.set_default_verify_paths(error);
    made.set_verify_mode(ssl::verify_peer, error);
    SSL_CTX_set_min_proto_version(made.native_handle(), TLS1_2_VERSION);
  }
  return made;
}

} // namespace

result<http_response> http_client::send(const http_request& r) const {
  asio::io_context io{1};
  exchange x{to_.server, bounds_, written(to_, r)};
  x.response.body_limit(std::numeric_limits<std::uint64_t>::max());
  x.response.header_limit(64 * 1024);
  auto tls = prepared(to_.server.tls, x.error);
  asio::co_spawn(io, perform(io, tls, x), asio::detached);
  io.run();
  if (x.reached != stage::done)
    return explained(x);
  auto& message = x.response.get();
  const auto header = [&message](http::field f) {
    const auto text = message[f];
    return std::string{text.data(), text.size()};
  };
  http_response answer{.status = message.result_int(),
                       .body = std::move(message.body()),
                       .content_type = header(http::field::content_type)};
  std::int64_t seconds = 0;
  const auto wait = header(http::field::retry_after);
  if (std::from_chars(wait.data(), wait.data() + wait.size(), seconds).ec == std::errc{} &&
      seconds >= 0 && seconds < 1'000'000)
    answer.retry_after = span{seconds * 1000};
  return answer;
}

} // namespace tenon::nodes::cli
