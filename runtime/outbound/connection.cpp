#include "runtime/outbound/connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace tenon::runtime::outbound {

namespace {

asio::ip::tcp::endpoint endpoint(const address& a, std::uint16_t port) {
  if (!a.v6) {
    asio::ip::address_v4::bytes_type four;
    std::memcpy(four.data(), a.bytes.data(), four.size());
    return {asio::ip::address_v4{four}, port};
  }
  return {asio::ip::address_v6{a.bytes}, port};
}

} // namespace

bool connection::alive() {
  // Nothing is owed on an idle connection: a byte or an end is the server closing it. (Tickets of
  // TLS 1.3 come before the first answer and are read with it.)
  char byte;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

awaitable<void> connection::connect(const address& a, std::uint16_t port, error_code& ec) {
  co_await socket_.async_connect(endpoint(a, port), into(ec));
  if (!ec)
    socket_.set_option(asio::ip::tcp::no_delay{true}, ec);
}

awaitable<void> connection::secure(asio::ssl::context& context, const url& u, error_code& ec) {
  tls_.emplace(socket_, context);
  tls_->set_verify_mode(asio::ssl::verify_peer);
  tls_->set_verify_callback([this](bool good, asio::ssl::verify_context& found) {
    if (!good)
      noted_.note(found);
    return good;
  });
  expect_peer(tls_->native_handle(), u);
  co_await tls_->async_handshake(asio::ssl::stream_base::client, into(ec));
}

void connection::describe(examination& e) {
  auto* native = tls_->native_handle();
  e.protocol = SSL_get_version(native);
  if (const auto* cipher = SSL_get_cipher_name(native))
    e.cipher = cipher;
  if (auto* peer = SSL_get0_peer_certificate(native))
    e.shown = read_certificate(peer);
}

awaitable<std::size_t> connection::read_more(error_code& ec) {
  if (begin_ == end_)
    begin_ = end_ = 0;
  if (end_ == buffer_bytes && begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::span<char> space{buffer_.get() + end_, buffer_bytes - end_};
  const auto bytes = co_await read_into(space, ec);
  end_ += bytes;
  co_return bytes;
}

void connection::abort() {
  error_code ignored;
  socket_.close(ignored);
}

} // namespace tenon::runtime::outbound
