// Which server the client talks to, and with which key. What is given on the command line or in the
// environment counts first. On the node's own machine neither is needed: a node leaves a pointer,
// `${XDG_RUNTIME_DIR:-/tmp}/tenon-<uid>.json`, with its address and a key, readable by its user
// alone.
#pragma once

#include "protocols/failure.hpp"

#include <filesystem>
#include <string>

namespace tenon::nodes::cli {

struct server_address {
  bool tls = false;
  std::string host; // an IPv6 address without its brackets
  std::string port;
  std::string prefix; // "" or "/tenon": what stands before /api

  bool operator==(const server_address&) const = default;
  bool loopback() const;
};

/// "http://127.0.0.1:7070"; `malformed` unless http or https with a host.
result<server_address> parse_server(std::string_view url);
std::string to_string(const server_address&);

struct access {
  server_address server;
  std::string key; // may be empty: some servers and some paths need none
};

/// Where a node of this user leaves its pointer.
std::filesystem::path pointer_file();

/// Joins what was given with the pointer. The pointer's key goes to the pointer's server alone.
///   `unavailable`     nothing given and no pointer: no node runs here
///   `unauthenticated` the pointer belongs to somebody else or others may read it
///   `malformed`       a URL or a pointer that says nothing
result<access> find_access(std::string_view given_server, std::string_view given_key,
                           const std::filesystem::path& pointer);

} // namespace tenon::nodes::cli
