// One TCP connection to a node, with TLS 1.3 or, in tests and benchmarks, without. Both sides show
// a certificate; what the library can judge (signature, dates by the node's clock) it judges during
// the handshake, and whom the certificate names is asked for afterwards. Nothing is resumed: every
// connection is judged anew.
//
// For one thread. What was asked for is answered by the io_context, also after `close`.
#pragma once

#include "cluster/identity/certificate.hpp"

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <memory>
#include <span>

namespace tenon::cluster::link {

using boost::system::error_code;
using security = std::shared_ptr<boost::asio::ssl::context>;

enum class side : std::uint8_t { dialling, accepting };

class wire {
public:
  using done = std::function<void(error_code, std::size_t)>;

  virtual ~wire() = default;
  virtual void handshake(side, moment now, std::function<void(error_code)>) = 0;
  virtual void read_some(std::span<char>, done) = 0;
  /// All of both, the first first. They stay valid until it is done.
  virtual void write(std::string_view, std::string_view, done) = 0;
  virtual void close() = 0;
  /// Nothing where there is no TLS.
  virtual std::optional<result<certified>> shown() const = 0;
  /// What an error of this connection means, for a person.
  virtual failure explain(error_code) const = 0;
};

/// `malformed` when the credentials cannot be used.
result<security> secure(const credentials&);
/// For the door: who accepts does not insist on a certificate, and one that is shown must be good.
result<security> secure_door(const credentials&);
/// For who has no certificate yet, and trusts whom this authority has certified.
result<security> secure_newcomer(const std::string& authority);

/// Without security: plain.
std::unique_ptr<wire> make_wire(boost::asio::ip::tcp::socket, const security&);

} // namespace tenon::cluster::link
