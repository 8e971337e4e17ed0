// One connection to a server: a socket, TLS over it for https, and the bytes read but not yet used.
#pragma once

#include "runtime/outbound/pool.hpp"
#include "runtime/outbound/tls.hpp"

#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace tenon::runtime::outbound {

namespace asio = boost::asio;
using boost::system::error_code;

// The polymorphic executor costs almost a microsecond a request.
using io_executor = asio::io_context::executor_type;
template <class T> using awaitable = asio::awaitable<T, io_executor>;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, io_executor>;
using io_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, io_executor>;

/// Completes an awaited operation into an error code instead of an exception.
inline auto into(error_code& ec) {
  return asio::redirect_error(asio::use_awaitable_t<io_executor>{}, ec);
}

class connection final : public pooled {
public:
  explicit connection(asio::io_context& io) : socket_{io.get_executor()} {}

  bool alive() override;

  awaitable<void> connect(const address&, std::uint16_t port, error_code&);
  /// The handshake; `noted` says what was wrong with the certificate.
  awaitable<void> secure(asio::ssl::context&, const url&, error_code&);
  const objection& noted() const { return noted_; }
  /// What the handshake agreed on, and the peer's certificate.
  void describe(examination&);

  awaitable<std::size_t> write(const std::array<asio::const_buffer, 2>& bytes, error_code& ec) {
    return tls_ ? asio::async_write(*tls_, bytes, into(ec))
                : asio::async_write(socket_, bytes, into(ec));
  }
  awaitable<std::size_t> read_into(std::span<char> space, error_code& ec) {
    const auto buffer = asio::buffer(space.data(), space.size());
    return tls_ ? tls_->async_read_some(buffer, into(ec))
                : socket_.async_read_some(buffer, into(ec));
  }

  /// Read, and not yet consumed.
  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) { begin_ += bytes; }
  bool full() const { return buffered().size() == buffer_bytes; }
  /// Reads behind what is buffered; the number of bytes, zero with an error.
  awaitable<std::size_t> read_more(error_code&);

  /// Whatever is under way ends with an error.
  void abort();

private:
  static constexpr std::size_t buffer_bytes = 64 * 1024; // the longest head, or chunk header

  tcp_socket socket_;
  std::optional<asio::ssl::stream<tcp_socket&>> tls_;
  objection noted_;
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(buffer_bytes);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

} // namespace tenon::runtime::outbound
