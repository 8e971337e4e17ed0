// The server's side of TLS: at least 1.2, forward secrecy, no renegotiation.
#pragma once

#include "nodes/edge/options.hpp"
#include "protocols/failure.hpp"

#include <utility>

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace tenon::nodes::edge {

/// `malformed` names the file at fault: missing, not PEM, or a key that is not the certificate's.
result<std::unique_ptr<boost::asio::ssl::context>> make_tls(const certificate_files&);

} // namespace tenon::nodes::edge
