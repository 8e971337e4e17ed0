// IP addresses and networks as values: strict texts in, canonical texts out, and which IPv4 address
// an IPv6 address really means.
#pragma once

#include "protocols/failure.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tenon::runtime::outbound {

struct address {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{}; // the first four for IPv4, zeros after

  std::span<const std::uint8_t> significant() const { return {bytes.data(), v6 ? 16u : 4u}; }
  auto operator<=>(const address&) const = default;
};

/// Four decimal numbers without leading zeros, or RFC 4291 without a zone; nothing else. 127.1,
/// 0x7f.0.0.1 and 2130706433, which C libraries take for loopback, are malformed.
result<address> parse_address(std::string_view text);

/// Canonical (RFC 5952): "10.0.0.1", "2001:db8::1".
std::string to_text(const address&);

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated, NAT64, 6to4.
std::optional<address> embedded_ipv4(const address&);

struct network {
  address base;
  unsigned bits = 0;

  bool operator==(const network&) const = default;
};

/// "10.0.0.0/8", "fd00::/8", or an address alone. Bits set beyond the prefix are malformed: which
/// of the two was meant cannot be known.
result<network> parse_network(std::string_view text);
std::string to_text(const network&);

bool contains(const network&, const address&);

} // namespace tenon::runtime::outbound
