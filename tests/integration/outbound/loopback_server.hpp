// A server on a port of its own whose every byte the test decides: each connection is a plain
// function on a thread, given the connection and its number. With a certificate it speaks TLS.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tenon::tests {

namespace asio = boost::asio;
using boost::system::error_code;

/// One accepted connection. Errors end nothing here: the client under test sees their effect.
class peer {
public:
  peer(asio::ip::tcp::socket socket, asio::ssl::context* tls) : socket_{std::move(socket)} {
    if (!tls)
      return;
    tls_.emplace(socket_, *tls);
    error_code ec;
    tls_->handshake(asio::ssl::stream_base::server, ec);
    failed_ = bool{ec};
  }

  /// The next request's head, with its empty line; the body, if it has one, is in `body`. Empty
  /// when the client is gone.
  std::string request() {
    error_code ec;
    const auto bytes = read_until(ec);
    if (ec)
      return {};
    auto head = taken(bytes);
    body.clear();
    if (const auto at = head.find("Content-Length: "); at != head.npos) {
      const auto length = std::stoul(head.substr(at + 16));
      while (buffer_.size() < length && !ec)
        read_some(ec);
      body = taken(std::min(length, buffer_.size()));
    }
    return head;
  }

  bool send(std::string_view bytes) {
    error_code ec;
    if (tls_)
      asio::write(*tls_, asio::buffer(bytes), ec);
    else
      asio::write(socket_, asio::buffer(bytes), ec);
    return !ec;
  }

  bool answer(std::string_view body, std::string_view more_headers = {}) {
    return send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                std::string{more_headers} + "\r\n" + std::string{body});
  }

  /// Until the client closes: what a server does that never answers.
  void wait_for_close() {
    error_code ec;
    while (!ec)
      read_some(ec);
  }

  /// Ends with a reset instead of a proper end.
  void reset() {
    error_code ec;
    socket_.set_option(asio::socket_base::linger{true, 0}, ec);
    socket_.close(ec);
  }

  /// TLS's proper end.
  void close_notify() {
    error_code ec;
    tls_->shutdown(ec);
  }

  bool failed() const { return failed_; }
  asio::ip::tcp::socket& socket() { return socket_; }

  std::string body;

private:
  void read_some(error_code& ec) {
    char bytes[16 * 1024];
    const auto n = tls_ ? tls_->read_some(asio::buffer(bytes), ec)
                        : socket_.read_some(asio::buffer(bytes), ec);
    buffer_.append(bytes, n);
  }
  std::size_t read_until(error_code& ec) {
    for (;;) {
      if (const auto at = buffer_.find("\r\n\r\n"); at != buffer_.npos)
        return at + 4;
      read_some(ec);
      if (ec)
        return 0;
    }
  }
  std::string taken(std::size_t bytes) {
    auto part = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return part;
  }

  asio::ip::tcp::socket socket_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  std::string buffer_;
  bool failed_ = false;
};

class loopback_server {
public:
  /// `number` counts connections from zero. After the function returns the connection is closed.
  using conversation = std::function<void(peer&, unsigned number)>;

  explicit loopback_server(conversation talk, asio::ssl::context* tls = nullptr)
      : talk_{std::move(talk)}, tls_{tls} {
    port_ = acceptor_.local_endpoint().port();
    accepting_ = std::jthread{[this] { accept(); }};
  }

  ~loopback_server() {
    ended_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR); // wakes accept
    accepting_.join();
    {
      std::lock_guard lock{mutex_};
      for (const int native : natives_)
        ::shutdown(native, SHUT_RDWR);
    }
    talking_.clear();
  }

  unsigned short port() const { return port_; }
  std::string url(std::string_view target = "/") const {
    return (tls_ ? "https://" : "http://") + ("127.0.0.1:" + std::to_string(port_)) +
           std::string{target};
  }
  unsigned connections() const { return connections_; }
  unsigned open() const { return open_; }

private:
  void accept() {
    while (!ended_) {
      error_code ec;
      asio::ip::tcp::socket socket{io_};
      acceptor_.accept(socket, ec);
      if (ec)
        return;
      socket.set_option(asio::ip::tcp::no_delay{true}, ec);
      std::lock_guard lock{mutex_};
      const int native = socket.native_handle();
      natives_.push_back(native);
      const unsigned number = connections_++;
      ++open_;
      talking_.emplace_back([this, native, number, s = std::move(socket)]() mutable {
        {
          peer p{std::move(s), tls_};
          if (!p.failed())
            talk_(p, number);
          std::lock_guard inner{mutex_};
          std::erase(natives_, native);
        }
        --open_;
      });
    }
  }

  conversation talk_;
  asio::ssl::context* tls_;
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_{io_,
                                    asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  unsigned short port_ = 0;
  std::atomic<bool> ended_{false};
  std::atomic<unsigned> connections_{0};
  std::atomic<unsigned> open_{0};
  std::mutex mutex_;
  std::vector<int> natives_;
  std::list<std::jthread> talking_;
  std::jthread accepting_;
};

} // namespace tenon::tests
