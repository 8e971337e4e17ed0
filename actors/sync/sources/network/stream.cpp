#include "actors/sync/sources/network/stream.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tenon::actors::network {
namespace {

using clock = std::chrono::steady_clock;
using relational::protection;

constexpr auto connect_limit = std::chrono::seconds{10};
constexpr std::size_t piece_bytes = 16u << 10; // a record of TLS

std::string last_words_of_openssl() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_peek_last_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

/// A socket that does not wait, on its way to the address.
int begin_connection(const runtime::outbound::address& a, std::uint16_t port) {
  const int s = ::socket(a.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s < 0)
    return -1;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  std::memcpy(&four.sin_addr, a.bytes.data(), sizeof four.sin_addr);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  std::memcpy(&six.sin6_addr, a.bytes.data(), sizeof six.sin6_addr);
  const auto* to =
      a.v6 ? reinterpret_cast<const sockaddr*>(&six) : reinterpret_cast<const sockaddr*>(&four);
  const int on = 1;
  ::setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(s, to, a.v6 ? sizeof six : sizeof four) != 0 && errno != EINPROGRESS) {
    ::close(s);
    return -1;
  }
  return s;
}

int error_of(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

/// With TLS unless told otherwise: whoever answers has to prove who it is.
result<protection> protection_of(const server& s, protection usual,
                                 const relational::option_names& names) {
  if (s.tls)
    return s.at.protection.value_or(protection::verify_full);
  const auto wanted = s.at.protection.value_or(usual);
  if (wanted == protection::prefer)
    return wanted;
  return failure{code::forbidden, "the way to " + s.at.host + " would not be protected",
                 names.place_of("url"),
                 "Write its address with TLS (" + std::string{names.kind} +
                     "s://); or `sslmode: prefer`, and everybody on the way can read along."};
}

} // namespace

/// Bytes go through memory, so that every wait is ours.
struct stream::secured {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> made{nullptr, SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> session{nullptr, SSL_free};
  BIO* in = nullptr; // the session's
  BIO* out = nullptr;
};

stream::stream(int socket, const server& s, const relational::option_names& names)
    : socket_{socket}, where_{s.at.host + ':' + std::to_string(s.at.port)}, names_{names} {}

stream::~stream() {
  on_stop_.reset();
  ::close(socket_);
}

result<std::unique_ptr<stream>> stream::connect(const server& s,
                                                const relational::database_options& o,
                                                const relational::option_names& names,
                                                std::stop_token stop) {
  const auto there = relational::find_server(s.at, o, names);
  if (!there)
    return there.error();
  const auto protected_by = protection_of(s, there->protection, names);
  if (!protected_by)
    return protected_by.error();
  failure why{code::unavailable, "the host has no address", names.place_of("url"), {}};
  for (const auto& address : there->addresses) {
    const int socket = begin_connection(address, s.at.port);
    if (socket < 0)
      continue;
    std::unique_ptr<stream> made{new stream{socket, s, names}};
    made->use(stop);
    const auto until = clock::now() + connect_limit;
    if (!made->ready(POLLOUT, until)) {
      why = made->lost("nobody answers");
      continue;
    }
    if (const int error = error_of(socket); error != 0) {
      why = made->lost(std::strerror(error));
      continue;
    }
    if (s.tls)
      if (auto fine = made->secure(s, *protected_by, until); !fine)
        return std::move(fine).error();
    return made;
  }
  return why;
}

void stream::use(std::stop_token stop) {
  on_stop_.reset();
  stop_ = stop;
  on_stop_.emplace(std::move(stop), [socket = socket_] { ::shutdown(socket, SHUT_RDWR); });
}

failure stream::lost(std::string why) const {
  if (stop_.stop_requested())
    return {code::unavailable, "the reading was stopped", {}, "It is tried again."};
  return {code::unavailable, "no connection to " + where_ + ": " + why, names_.place_of("url"),
          "Check host and port, and that the server runs."};
}

bool stream::ready(short events, time_point until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
    pollfd watched{socket_, events, 0};
    const int n = ::poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (n > 0 || (n == 0 && left <= 0))
      return n > 0;
    if (n < 0 && errno != EINTR)
      return false;
  }
}

result<void> stream::send(std::string_view bytes, time_point until) {
  while (!bytes.empty()) {
    const auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (errno != EAGAIN && errno != EINTR)
      return lost(std::strerror(errno));
    else if (!ready(POLLOUT, until))
      return lost("it takes nothing any more");
  }
  return {};
}

result<std::size_t> stream::receive(char* to, std::size_t room, time_point until) {
  for (;;) {
    const auto n = ::recv(socket_, to, room, 0);
    if (n > 0)
      return static_cast<std::size_t>(n);
    if (n == 0)
      return lost("it was closed there");
    if (errno != EAGAIN && errno != EINTR)
      return lost(std::strerror(errno));
    if (!ready(POLLIN, until))
      return std::size_t{0};
  }
}

result<void> stream::secure(const server& s, protection how, time_point until) {
  auto t = std::make_unique<secured>();
  t->made.reset(SSL_CTX_new(TLS_client_method()));
  auto* const all = t->made.get();
  SSL_CTX_set_min_proto_version(all, TLS1_2_VERSION);
  if (how == protection::verify_full) {
    SSL_CTX_set_verify(all, SSL_VERIFY_PEER, nullptr);
    if (s.at.ca.empty())
      SSL_CTX_set_default_verify_paths(all);
    const std::unique_ptr<BIO, decltype(&BIO_free)> pem{
        BIO_new_mem_buf(s.at.ca.data(), static_cast<int>(s.at.ca.size())), BIO_free};
    while (X509* const one = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(all), one);
      X509_free(one);
    }
    ERR_clear_error();
  }
  t->session.reset(SSL_new(all));
  auto* const session = t->session.get();
  t->in = BIO_new(BIO_s_mem());
  t->out = BIO_new(BIO_s_mem());
  SSL_set_bio(session, t->in, t->out);
  if (runtime::outbound::parse_address(s.at.host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), s.at.host.c_str());
  } else {
    SSL_set1_host(session, s.at.host.c_str());
    SSL_set_tlsext_host_name(session, s.at.host.c_str());
  }
  SSL_set_connect_state(session);
  tls_ = std::move(t);
  std::array<char, piece_bytes> piece;
  for (;;) {
    const int done = SSL_do_handshake(session);
    if (auto told = flush(until); !told)
      return told;
    if (done == 1)
      return {};
    if (SSL_get_error(session, done) != SSL_ERROR_WANT_READ)
      return failure{code::forbidden,
                     "no protected connection to " + where_ + ": " + last_words_of_openssl(),
                     names_.place_of("sslmode"),
                     "Give the authority's certificate with `ca`; or choose `sslmode: require`, "
                     "which believes whoever answers."};
    const auto n = receive(piece.data(), piece.size(), until);
    if (!n)
      return n.error();
    if (*n == 0)
      return lost("it does not speak TLS");
    BIO_write(tls_->in, piece.data(), static_cast<int>(*n));
  }
}

result<void> stream::flush(time_point until) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(tls_->out, &bytes);
  if (size <= 0)
    return {};
  auto sent = send({bytes, static_cast<std::size_t>(size)}, until);
  (void)BIO_reset(tls_->out);
  return sent;
}

result<void> stream::write(std::string_view bytes, time_point until) {
  if (!tls_)
    return send(bytes, until);
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, piece_bytes);
    if (SSL_write(tls_->session.get(), part.data(), static_cast<int>(part.size())) <= 0)
      return lost(last_words_of_openssl());
    bytes.remove_prefix(part.size());
    if (auto told = flush(until); !told)
      return told;
  }
  return {};
}

result<std::size_t> stream::read(char* to, std::size_t room, time_point until) {
  if (!tls_)
    return receive(to, room, until);
  std::array<char, piece_bytes> piece;
  for (;;) {
    const int n = SSL_read(tls_->session.get(), to, static_cast<int>(std::min(room, piece_bytes)));
    if (n > 0)
      return static_cast<std::size_t>(n);
    const int why = SSL_get_error(tls_->session.get(), n);
    if (why == SSL_ERROR_ZERO_RETURN)
      return lost("it was closed there");
    if (why != SSL_ERROR_WANT_READ)
      return lost(last_words_of_openssl());
    if (auto told = flush(until); !told)
      return std::move(told).error();
    const auto came = receive(piece.data(), piece.size(), until);
    if (!came || *came == 0)
      return came;
    BIO_write(tls_->in, piece.data(), static_cast<int>(*came));
  }
}

} // namespace tenon::actors::network
