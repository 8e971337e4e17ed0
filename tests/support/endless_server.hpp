// A server whose answer never ends: a head, then the same bytes for as long as anybody takes them.
// One connection at a time, as it is a single client that has to be saved from it.
#pragma once

#include <utility>

#include <boost/asio.hpp>

#include <atomic>
#include <string>
#include <thread>

namespace tenon::tests {

class endless_server {
public:
  endless_server(std::string head, std::string piece)
      : head_{std::move(head)}, piece_{std::move(piece)}, thread_{[this] { serve(); }} {}
  ~endless_server() {
    stopping_ = true;
    boost::system::error_code ignored;
    boost::asio::io_context io;
    tcp::socket last{io}; // wakes the accept
    last.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  endless_server(const endless_server&) = delete;
  endless_server& operator=(const endless_server&) = delete;

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  std::size_t connections() const { return connections_; }
  std::size_t sent() const { return sent_; }

private:
  using tcp = boost::asio::ip::tcp;

  void serve() {
    while (!stopping_) {
      boost::system::error_code error;
      auto socket = acceptor_.accept(error);
      if (error || stopping_)
        continue;
      ++connections_;
      std::string request;
      boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n", error);
      boost::asio::write(socket, boost::asio::buffer(head_), error);
      while (!error && !stopping_)
        sent_ += boost::asio::write(socket, boost::asio::buffer(piece_), error);
    }
  }

  std::string head_;
  std::string piece_;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::size_t> sent_ = 0;
  std::thread thread_; // last: everything above is there before it runs
};

} // namespace tenon::tests
