#include "tests/support/paged_api/server.hpp"

#include <utility>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <csignal>

namespace tenon::tests::paged_api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t most_header_bytes = 16 * 1024;
constexpr std::size_t most_body_bytes = 1024 * 1024; // an /admin/touch with 100,000 keys
constexpr std::size_t most_connections = 4096;
constexpr auto longest_idle = std::chrono::seconds{60};

instant now_since(std::chrono::steady_clock::time_point start) {
  using namespace std::chrono;
  return {duration_cast<nanoseconds>(steady_clock::now() - start).count(),
          duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

void write_head(const answer& a, bool keep, std::string& head) {
  const auto reason = http::obsolete_reason(http::int_to_status(a.status));
  head = "HTTP/1.1 " + std::to_string(a.status) + ' ';
  head.append(reason.data(), reason.size());
  head.append("\r\nContent-Type: ").append(a.type);
  head.append("\r\nContent-Length: ").append(std::to_string(a.body.size()));
  head.append("\r\n").append(a.headers);
  head += keep ? "\r\n" : "Connection: close\r\n\r\n";
}

struct shared_state {
  asio::io_context& io;
  vendor& sells;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::size_t connections = 0;
};

asio::awaitable<void> converse(shared_state& shared, boost::beast::tcp_stream stream) {
  boost::beast::flat_buffer received{most_header_bytes + most_body_bytes};
  std::string head;
  for (bool keep = true; keep;) {
    error_code error;
    const auto told = [&error] { return asio::redirect_error(asio::use_awaitable, error); };
    http::request_parser<http::string_body> parser;
    parser.header_limit(most_header_bytes);
    parser.body_limit(most_body_bytes);
    stream.expires_after(longest_idle);
    co_await http::async_read(stream, received, parser, told());
    if (error)
      break; // gone, silent too long, or not HTTP: a vendor says nothing
    const auto& r = parser.get();
    keep = r.keep_alive();
    const request asked{.method = view(r.method_string()),
                        .target = view(r.target()),
                        .host = view(r[http::field::host]),
                        .authorization = view(r[http::field::authorization]),
                        .api_key = view(r["X-Api-Key"]),
                        .body = r.body()};
    const auto a = shared.sells.respond(asked, now_since(shared.start));
    if (a.delay > 0) {
      asio::steady_timer timer{shared.io, std::chrono::nanoseconds{a.delay}};
      co_await timer.async_wait(told());
    }
    const auto sent = std::min(a.sent, a.body.size());
    keep = keep && sent == a.body.size();
    write_head(a, keep, head);
    stream.expires_after(longest_idle);
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head),
                                                  asio::buffer(a.body.data(), sent)};
    co_await asio::async_write(stream, parts, told());
    if (error)
      break;
  }
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  --shared.connections;
}

asio::awaitable<void> accept(shared_state& shared, tcp::acceptor& acceptor) {
  for (;;) {
    error_code error;
    auto accepted =
        co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted)
      co_return;
    if (error || shared.connections == most_connections)
      continue; // the socket closes: a vendor at its limit hangs up
    accepted.set_option(tcp::no_delay{true}, error);
    ++shared.connections;
    asio::co_spawn(shared.io, converse(shared, boost::beast::tcp_stream{std::move(accepted)}),
                   asio::detached);
  }
}

} // namespace

void serve(vendor& sells, const std::string& address, std::uint16_t port,
           const std::function<void(std::uint16_t)>& listening) {
  asio::io_context io{1};
  shared_state shared{io, sells};
  tcp::acceptor acceptor{io, tcp::endpoint{asio::ip::make_address(address), port}};
  asio::signal_set signals{io, SIGTERM, SIGINT};
  signals.async_wait([&io](error_code, int) { io.stop(); });
  std::signal(SIGPIPE, SIG_IGN);
  asio::co_spawn(io, accept(shared, acceptor), asio::detached);
  listening(acceptor.local_endpoint().port());
  io.run();
}

} // namespace tenon::tests::paged_api
