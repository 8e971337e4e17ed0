#include "tests/support/canned_server.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace tenon::tests {

std::string canned_request::header(std::string_view name) const {
  for (const auto& [n, content] : headers)
    if (boost::beast::iequals(n, name))
      return content;
  return "";
}

class canned_server::listener {
public:
  listener(answers a, boost::asio::ssl::context* tls)
      : answers_{std::move(a)}, tls_{tls}, thread_{[this] { serve(); }} {}

  ~listener() {
    stopping_ = true;
    boost::system::error_code ignored;
    boost::asio::io_context io;
    tcp::socket last{io}; // wakes the accept
    last.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  std::string url() const {
    return std::string{tls_ == nullptr ? "http" : "https"} +
           "://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  std::vector<canned_request> requests() const {
    const std::scoped_lock lock{mutex_};
    return requests_;
  }

private:
  using tcp = boost::asio::ip::tcp;

  void serve() {
    while (!stopping_) {
      boost::system::error_code error;
      auto socket = acceptor_.accept(error);
      if (error || stopping_)
        continue;
      if (tls_ == nullptr) {
        converse(socket);
      } else {
        boost::beast::ssl_stream<tcp::socket> stream{std::move(socket), *tls_};
        stream.handshake(boost::asio::ssl::stream_base::server, error);
        if (!error)
          converse(stream);
      }
    }
  }

  template <class Stream> void converse(Stream& stream) {
    namespace http = boost::beast::http;
    boost::beast::flat_buffer received;
    http::request<http::string_body> r;
    boost::system::error_code error;
    http::read(stream, received, r, error);
    if (error)
      return;
    const auto text = [](auto view) { return std::string{view.data(), view.size()}; };
    canned_request asked{text(r.method_string()), text(r.target()),
                         text(r[http::field::authorization]), r.body()};
    for (const auto& field : r)
      asked.headers.emplace_back(text(field.name_string()), text(field.value()));
    {
      const std::scoped_lock lock{mutex_};
      requests_.push_back(asked);
    }
    const auto a = answers_(asked);
    if (a.raw) {
      boost::asio::write(stream, boost::asio::buffer(*a.raw), error);
      return;
    }
    http::response<http::string_body> answer{http::int_to_status(a.status), 11};
    answer.set(http::field::content_type, a.type);
    answer.set(http::field::connection, "close");
    for (const auto& [name, content] : a.headers)
      answer.set(name, content);
    answer.body() = a.body;
    answer.prepare_payload();
    http::write(stream, answer, error);
  }

  answers answers_;
  boost::asio::ssl::context* tls_;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<canned_request> requests_;
  std::thread thread_; // last: everything above is there before it runs
};

canned_server::canned_server(answers a, boost::asio::ssl::context* tls)
    : listener_{std::make_unique<listener>(std::move(a), tls)} {}
canned_server::~canned_server() = default;

std::string canned_server::url() const {
  return listener_->url();
}
std::vector<canned_request> canned_server::requests() const {
  return listener_->requests();
}

} // namespace tenon::tests
