#include "nodes/edge/link.hpp"

#include "nodes/edge/connection.hpp"

#include <boost/asio/ssl/stream.hpp>

namespace tenon::nodes::edge {
namespace {

using boost::asio::const_buffer;

std::shared_ptr<connection> self_of(connection& c) {
  return c.shared_from_this();
}

class plain final : public connection {
public:
  plain(lane& home, stream_socket socket, const address& peer)
      : connection{home, peer}, socket_{std::move(socket)} {}

  void open() override { begin(); }

private:
  void start_read(char* to, std::size_t room) override {
    socket_.async_read_some(
        boost::asio::buffer(to, room),
        [this, self = self_of(*this)](const error& e, std::size_t n) { read_done(e, n); });
  }
  std::size_t try_write(std::string_view bytes, error& e) override {
    const auto n = socket_.write_some(boost::asio::buffer(bytes), e);
    if (e == boost::asio::error::would_block)
      e = {};
    return n;
  }
  void start_write(std::span<const const_buffer> buffers) override {
    socket_.async_write_some(buffers, [this, self = self_of(*this)](const error& e, std::size_t n) {
      write_done(e, n);
    });
  }
  void start_shutdown() override {
    error ignored;
    socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
  }
  void close_link() override {
    error ignored;
    socket_.close(ignored);
  }

  stream_socket socket_;
};

class secured final : public connection {
public:
  secured(lane& home, stream_socket socket, const address& peer, boost::asio::ssl::context& c)
      : connection{home, peer}, stream_{std::move(socket), c} {}

  void open() override {
    await_link();
    stream_.async_handshake(boost::asio::ssl::stream_base::server,
                            [this, self = self_of(*this)](const error& e) {
                              if (e)
                                cut();
                              else
                                begin();
                            });
  }

private:
  void start_read(char* to, std::size_t room) override {
    stream_.async_read_some(
        boost::asio::buffer(to, room),
        [this, self = self_of(*this)](const error& e, std::size_t n) { read_done(e, n); });
  }
  // A record that was only partly taken by the socket could not be taken back.
  std::size_t try_write(std::string_view, error&) override { return 0; }
  void start_write(std::span<const const_buffer> buffers) override {
    stream_.async_write_some(buffers, [this, self = self_of(*this)](const error& e, std::size_t n) {
      write_done(e, n);
    });
  }
  void start_shutdown() override {
    // The client's own goodbye is not waited for longer than any other lingering.
    stream_.async_shutdown([this, self = self_of(*this)](const error&) { cut(); });
  }
  void close_link() override {
    error ignored;
    stream_.next_layer().close(ignored);
  }

  boost::asio::ssl::stream<stream_socket> stream_;
};

} // namespace

std::shared_ptr<connection> plain_connection(lane& home, stream_socket socket,
                                             const address& peer) {
  return std::make_shared<plain>(home, std::move(socket), peer);
}

std::shared_ptr<connection> tls_connection(lane& home, stream_socket socket, const address& peer,
                                           boost::asio::ssl::context& context) {
  return std::make_shared<secured>(home, std::move(socket), peer, context);
}

} // namespace tenon::nodes::edge
