// What a connection to a server is like, found out by making one: where its name leads, how long
// each part takes, which TLS is spoken and whose certificate is shown. No request is sent.
#pragma once

#include "protocols/failure.hpp"
#include "runtime/outbound/address.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tenon::runtime::outbound {

struct certificate {
  std::string subject; // common names
  std::string issuer;
  std::string names; // hosts that it is for: "a.example.com, *.b.example.com", the first few
  moment valid_from{};
  moment valid_until{};
};

struct examination {
  std::string endpoint; // "api.example.com:443"
  bool tls = false;     // is asked for
  std::vector<address> addresses{};
  std::optional<address> reached{};
  span lookup{}; // each zero where it did not come to that
  span connect{};
  span handshake{};
  std::string protocol{}; // "TLSv1.3"
  std::string cipher{};
  std::optional<certificate> shown{}; // also one that was refused
  std::optional<failure> trouble{};   // what kept it from being whole; `phase_of` says where
};

} // namespace tenon::runtime::outbound
