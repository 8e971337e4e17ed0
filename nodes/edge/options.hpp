// What an operator may choose about the edge, and its bounds.
#pragma once

#include "nodes/edge/parser.hpp"
#include "protocols/moment.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tenon::nodes::edge {

struct certificate_files {
  std::string chain; // PEM, own certificate first
  std::string key;   // PEM
};

struct options {
  std::string address = "127.0.0.1"; // others only when asked for: keys would cross in clear text
  std::uint16_t port = 8080;         // 0: any free one
  unsigned threads = 1;              // io threads, each with its own listener
  std::optional<certificate_files> tls{};

  parse_limits parse{};
  std::uint64_t body_bytes = 16u << 20;    // of one request
  std::uint64_t bodies_bytes = 256u << 20; // of all requests being received
  std::size_t connections = 10'000;        // beyond, 503 and closed
  std::size_t pipelined = 64;              // of one connection unanswered; beyond, not read
  std::size_t output_bytes = 1u << 20;     // of one connection unsent; beyond, not read

  span idle{75'000};   // between requests
  span header{10'000}; // from the first byte of a request, or the connection, to the last field
  span body{30'000};   // for the body, and longer by what `slowest_body` allows
  std::uint64_t slowest_body = 16u << 10; // bytes a second
  span write{30'000};                     // without the client taking a byte
  span answer{60'000};                    // for a route to answer, or to give the next piece
  span linger{2'000};                     // for the client to close after us
  span tick{100};                         // how punctual all these are
};

} // namespace tenon::nodes::edge
