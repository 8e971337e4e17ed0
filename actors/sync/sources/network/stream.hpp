// Bytes to and from a server, in the clear or in TLS, for protocols that are spoken by us. Calls
// block, each until a time that it is told; the task's stop ends them at once. The connection is
// made to an address that was judged, and with TLS the certificate is judged by the server's name.
//
// A server at a public address is only spoken to in TLS, and has to prove its name, unless
// `sslmode` says otherwise.
#pragma once

#include "actors/sync/sources/network/url.hpp"

#include <chrono>
#include <memory>
#include <stop_token>

namespace tenon::actors::network {

class stream {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static result<std::unique_ptr<stream>> connect(const server&, const relational::database_options&,
                                                 const relational::option_names&, std::stop_token);
  ~stream();
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  /// Whose reading this is from now on.
  void use(std::stop_token);
  /// All of it.
  result<void> write(std::string_view bytes, time_point until);
  /// What has come, at least a byte; 0 when nothing came until then.
  result<std::size_t> read(char* to, std::size_t room, time_point until);

private:
  struct secured;

  stream(int socket, const server&, const relational::option_names&);

  result<void> secure(const server&, relational::protection, time_point until);
  result<void> flush(time_point until);
  result<void> send(std::string_view bytes, time_point until);
  result<std::size_t> receive(char* to, std::size_t room, time_point until);
  /// Whether the socket is ready before then.
  bool ready(short events, time_point until) const;
  failure lost(std::string why) const;

  const int socket_;
  const std::string where_; // host:port
  const relational::option_names& names_;
  std::stop_token stop_;
  std::unique_ptr<secured> tls_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

} // namespace tenon::actors::network
