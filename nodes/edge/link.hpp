// What carries a connection's bytes: a socket, or TLS over one.
#pragma once

#include "nodes/edge/lane.hpp"

#include <memory>

namespace tenon::nodes::edge {

class connection;

std::shared_ptr<connection> plain_connection(lane&, stream_socket, const address& peer);
std::shared_ptr<connection> tls_connection(lane&, stream_socket, const address& peer,
                                           boost::asio::ssl::context&);

} // namespace tenon::nodes::edge
