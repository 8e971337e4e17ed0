// A line between two nodes that a test can cut, or leave hanging: bytes are taken and go nowhere.
#pragma once

#include <utility>

#include <boost/asio.hpp>

#include <array>
#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace tenon::tests {

class line {
public:
  explicit line(std::uint16_t to) : to_{to} {
    accept();
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~line() {
    io_.stop();
    thread_.join();
  }
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  std::string address() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  void hang(bool on) { hangs_ = on; }
  void cut() {
    boost::asio::post(io_, [this] {
      for (const auto& each : std::exchange(pairs_, {}))
        each->close();
    });
  }

private:
  using tcp = boost::asio::ip::tcp;
  struct pair {
    pair(tcp::socket a, tcp::socket b) : ends{std::move(a), std::move(b)} {}
    void close() {
      boost::system::error_code ignored;
      for (auto& end : ends)
        end.close(ignored);
    }
    std::array<tcp::socket, 2> ends;
    std::array<std::array<char, 65'536>, 2> bytes;
  };

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code e, tcp::socket from) {
      if (e)
        return;
      tcp::socket to{io_};
      boost::system::error_code failed;
      to.connect({boost::asio::ip::address_v4::loopback(), to_}, failed);
      if (!failed) {
        const auto both = std::make_shared<pair>(std::move(from), std::move(to));
        pairs_.push_back(both);
        carry(both, 0);
        carry(both, 1);
      }
      accept();
    });
  }
  void carry(const std::shared_ptr<pair>& p, std::size_t from) {
    p->ends[from].async_read_some(
        boost::asio::buffer(p->bytes[from]), [this, p, from](auto e, std::size_t count) {
          if (e)
            return p->close();
          if (hangs_)
            return carry(p, from);
          boost::asio::async_write(p->ends[1 - from],
                                   boost::asio::buffer(p->bytes[from].data(), count),
                                   [this, p, from](auto failed, std::size_t) {
                                     if (failed)
                                       return p->close();
                                     carry(p, from);
                                   });
        });
  }

  const std::uint16_t to_;
  boost::asio::io_context io_{1};
  tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::list<std::shared_ptr<pair>> pairs_;
  std::atomic<bool> hangs_ = false;
  std::thread thread_;
};

} // namespace tenon::tests
