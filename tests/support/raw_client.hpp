// A TCP client that sends exactly the bytes it is given and shows exactly those that come back.
// Waiting is bounded, so a server that stays silent fails a test instead of hanging it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::tests {

struct raw_response {
  unsigned status = 0; // 0: the connection ended first
  std::string head;
  std::string body;

  bool says(std::string_view line) const { return head.find(line) != std::string::npos; }
};

class raw_client {
public:
  explicit raw_client(std::uint16_t port, int patience_seconds = 10)
      : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    const timeval patience{patience_seconds, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~raw_client() {
    if (socket_ >= 0)
      ::close(socket_);
  }
  raw_client(raw_client&& other) noexcept
      : socket_{std::exchange(other.socket_, -1)},
        connected_{other.connected_}, unread_{std::move(other.unread_)} {}
  raw_client& operator=(raw_client&&) = delete;

  bool connected() const { return connected_; }

  /// How much of it could be sent.
  std::size_t send(std::string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const auto n = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0)
        break;
      sent += static_cast<std::size_t>(n);
    }
    return sent;
  }

  void send_nothing_more() { ::shutdown(socket_, SHUT_WR); }

  /// Closes with a reset instead of a goodbye.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(socket_, -1));
  }

  /// The next response; `head_only` for the answer to HEAD.
  raw_response response(bool head_only = false) {
    raw_response r;
    std::size_t end = 0;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos)
      if (!receive())
        return r;
    r.head = unread_.substr(0, end + 4);
    unread_.erase(0, end + 4);
    if (const auto blank = r.head.find(' '); blank != std::string::npos)
      r.status = static_cast<unsigned>(std::stoi(r.head.substr(blank + 1)));
    if (head_only || r.status == 204 || r.status / 100 == 1)
      return r;
    if (r.says("Transfer-Encoding: chunked"))
      read_chunks(r);
    else if (const auto at = r.head.find("Content-Length: "); at != std::string::npos)
      r.body = take(std::stoul(r.head.substr(at + 16)));
    else
      r.body = rest();
    return r;
  }

  /// Everything until the server closes.
  std::string rest() {
    while (receive()) {
    }
    return std::exchange(unread_, {});
  }

  /// Whether the server closes without sending anything more.
  bool ends() { return rest().empty() && ended_; }

  std::string take(std::size_t bytes) {
    while (unread_.size() < bytes && receive()) {
    }
    const auto taken = unread_.substr(0, bytes);
    unread_.erase(0, taken.size());
    return taken;
  }

private:
  bool receive() {
    char buffer[16384];
    const auto n = ::recv(socket_, buffer, sizeof buffer, 0);
    if (n > 0)
      unread_.append(buffer, static_cast<std::size_t>(n));
    else
      ended_ = n == 0 || errno == ECONNRESET;
    return n > 0;
  }

  void read_chunks(raw_response& r) {
    for (;;) {
      std::size_t end = 0;
      while ((end = unread_.find("\r\n")) == std::string::npos)
        if (!receive()) {
          r.status = 0; // cut in the middle
          return;
        }
      const auto size = std::stoul(unread_.substr(0, end), nullptr, 16);
      unread_.erase(0, end + 2);
      const auto bytes = take(size + 2);
      if (bytes.size() < size + 2) {
        r.status = 0;
        return;
      }
      if (size == 0)
        return;
      r.body += bytes.substr(0, size);
    }
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string unread_;
};

} // namespace tenon::tests
