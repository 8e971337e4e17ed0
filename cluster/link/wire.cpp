#include "cluster/link/wire.hpp"

#include "cluster/identity/openssl_values.hpp"
#include "cluster/link/wire_failure.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace tenon::cluster::link {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

using two_buffers = std::array<asio::const_buffer, 2>;

two_buffers buffers_of(std::string_view first, std::string_view second) {
  return {asio::buffer(first.data(), first.size()), asio::buffer(second.data(), second.size())};
}

void cut(tcp::socket& socket) {
  error_code ignored;
  socket.close(ignored);
}

class plain_wire final : public wire {
public:
  explicit plain_wire(tcp::socket socket) : socket_{std::move(socket)} {}

  void handshake(side, moment, std::function<void(error_code)> next) override {
    asio::post(socket_.get_executor(), [next = std::move(next)] { next({}); });
  }
  void read_some(std::span<char> into, done next) override {
    socket_.async_read_some(asio::buffer(into.data(), into.size()), std::move(next));
  }
  void write(std::string_view first, std::string_view second, done next) override {
    asio::async_write(socket_, buffers_of(first, second), std::move(next));
  }
  void close() override { cut(socket_); }
  std::optional<result<certified>> shown() const override { return std::nullopt; }
  failure explain(error_code error) const override { return explained(error, X509_V_OK); }

private:
  tcp::socket socket_;
};

class tls_wire final : public wire {
public:
  tls_wire(tcp::socket socket, security held)
      : held_{std::move(held)}, stream_{std::move(socket), *held_} {}

  void handshake(side which, moment now, std::function<void(error_code)> next) override {
    X509_VERIFY_PARAM_set_time(
        SSL_get0_param(stream_.native_handle()),
        std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    stream_.async_handshake(which == side::dialling ? asio::ssl::stream_base::client
                                                    : asio::ssl::stream_base::server,
                            std::move(next));
  }
  void read_some(std::span<char> into, done next) override {
    stream_.async_read_some(asio::buffer(into.data(), into.size()), std::move(next));
  }
  void write(std::string_view first, std::string_view second, done next) override {
    asio::async_write(stream_, buffers_of(first, second), std::move(next));
  }
  void close() override { cut(stream_.next_layer()); }

  std::optional<result<certified>> shown() const override {
    auto* const ssl = const_cast<tls_wire*>(this)->stream_.native_handle();
    const owned_certificate held{SSL_get1_peer_certificate(ssl)};
    unsigned char* der = nullptr;
    const int size = held ? i2d_X509(held.get(), &der) : 0;
    const std::string bytes{reinterpret_cast<const char*>(der),
                            static_cast<std::size_t>(std::max(size, 0))};
    OPENSSL_free(der);
    return read_shown_certificate(bytes);
  }

  failure explain(error_code error) const override {
    auto* const ssl = const_cast<tls_wire*>(this)->stream_.native_handle();
    return explained(error, SSL_get_verify_result(ssl));
  }

private:
  security held_; // of the moment the connection began, whatever is renewed meanwhile
  asio::ssl::stream<tcp::socket> stream_;
};

} // namespace

result<security> secure(const credentials& held) {
  auto made = secure_newcomer(held.trusted);
  if (!made)
    return made;
  const auto certificate = certificate_from(held.certificate);
  if (!certificate)
    return certificate.error();
  const auto key = key_from(held.key);
  if (!key)
    return key.error();
  auto* const native = (*made)->native_handle();
  if (SSL_CTX_use_certificate(native, certificate->get()) != 1 ||
      SSL_CTX_use_PrivateKey(native, key->get()) != 1)
    return failure{code::malformed, "certificate and key cannot be used: " + openssl_reason(),
                   "certificate",
                   "Restore both from the same backup, or have the node join again."};
  return made;
}

result<security> secure_door(const credentials& held) {
  auto made = secure(held);
  if (made)
    SSL_CTX_set_verify((*made)->native_handle(), SSL_VERIFY_PEER, nullptr);
  return made;
}

result<security> secure_newcomer(const std::string& authority) {
  auto trust = trust_from(authority);
  if (!trust)
    return trust.error();
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tlsv13);
  auto* const native = context->native_handle();
  SSL_CTX_set_cert_store(native, trust->release());
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  return context;
}

std::unique_ptr<wire> make_wire(tcp::socket socket, const security& held) {
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  if (!held)
    return std::make_unique<plain_wire>(std::move(socket));
  return std::make_unique<tls_wire>(std::move(socket), held);
}

} // namespace tenon::cluster::link
