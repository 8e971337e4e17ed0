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

using outgoing = http::request<http::string_body>;
using incoming = http::response_parser<http::string_body>;

enum class stage : std::uint8_t { resolving, connecting, securing, talking, done };

struct exchange {
  const server_address& server;
  const http_bounds& bounds;
  outgoing request;
  incoming response{};
  stage reached = stage::resolving;
  error_code error{};
};

template <class Stream> asio::awaitable<void> talk(Stream& stream, exchange& x) {
  const auto told = [&x] { return asio::redirect_error(asio::use_awaitable, x.error); };
  x.reached = stage::talking;
  beast::get_lowest_layer(stream).expires_after(x.bounds.exchange);
  co_await http::async_write(stream, x.request, told());
  if (x.error)
    co_return;
  // The bound is kept here: this Beast's parser forgets that it refused a Content-Length when body
  // bytes came with the header.
  const auto most = x.bounds.body;
  beast::flat_buffer received;
  co_await http::async_read_header(stream, received, x.response, told());
  if (!x.error && x.response.content_length().value_or(0) > most)
    x.error = http::error::body_limit;
  while (!x.error && !x.response.is_done()) {
    co_await http::async_read_some(stream, received, x.response, told());
    if (!x.error && x.response.get().body().size() > most)
      x.error = http::error::body_limit;
  }
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
    if (!x.error)
      co_await talk(stream, x);
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
  if (!x.error)
    co_await talk(stream, x);
}

outgoing made(const access& to, const http_request& r) {
  outgoing out;
  out.method_string(r.method);
  out.target(to.server.prefix + r.target);
  const auto url = to_string(server_address{.host = to.server.host, .port = to.server.port});
  out.set(http::field::host, url.substr(7));
  out.set(http::field::user_agent, "tenon");
  out.set(http::field::accept, "application/json");
  out.set(http::field::connection, "close");
  if (!to.key.empty())
    out.set(http::field::authorization, "Bearer " + to.key);
  if (!r.body.empty()) {
    out.set(http::field::content_type, "application/json");
    out.body() = r.body;
  }
  out.prepare_payload();
  return out;
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
  exchange x{to_.server, bounds_, made(to_, r)};
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
