#include "runtime/outbound/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tenon::runtime::outbound {

namespace {

address ipv4_of(std::span<const std::uint8_t> bytes) {
  address a;
  std::copy_n(bytes.begin(), 4, a.bytes.begin());
  return a;
}

/// The number, and only digits; nothing when it is none or too large.
std::optional<unsigned> small_number(std::string_view text, unsigned most) {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n > most)
    return std::nullopt;
  return n;
}

constexpr std::uint8_t mapped[12]{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::uint8_t translated[12]{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0};
constexpr std::uint8_t nat64[12]{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr std::uint8_t zeros[12]{};

} // namespace

result<address> parse_address(std::string_view text) {
  const std::string terminated{text};
  address a;
  a.v6 = text.find(':') != text.npos;
  // glibc's inet_pton takes exactly the forms wanted here: no octal, no hex, no short forms, no
  // zones. A zero byte inside would end the text early.
  if (text.size() <= 45 && text.find('\0') == text.npos &&
      inet_pton(a.v6 ? AF_INET6 : AF_INET, terminated.c_str(), a.bytes.data()) == 1)
    return a;
  return failure{.code = code::malformed,
                 .why = "'" + terminated.substr(0, 64) + "' is not an IP address",
                 .remedy =
                     "write four decimal numbers (192.0.2.1) or an IPv6 address (2001:db8::1)"};
}

std::string to_text(const address& a) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(a.v6 ? AF_INET6 : AF_INET, a.bytes.data(), text, sizeof text);
}

std::optional<address> embedded_ipv4(const address& a) {
  if (!a.v6)
    return std::nullopt;
  const std::span bytes{a.bytes};
  const auto begins = [&](const std::uint8_t(&prefix)[12]) {
    return std::memcmp(a.bytes.data(), prefix, 12) == 0;
  };
  if (begins(mapped) || begins(translated) || begins(nat64))
    return ipv4_of(bytes.subspan(12));
  // ::a.b.c.d, long deprecated. :: and ::1 are addresses of their own.
  if (begins(zeros) && (a.bytes[12] != 0 || a.bytes[13] != 0))
    return ipv4_of(bytes.subspan(12));
  if (a.bytes[0] == 0x20 && a.bytes[1] == 0x02)
    return ipv4_of(bytes.subspan(2));
  return std::nullopt;
}

result<network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  auto base = parse_address(text.substr(0, slash));
  if (!base)
    return std::move(base).error();
  const auto most = static_cast<unsigned>(base->significant().size() * 8);
  network n{*base, most};
  if (slash == text.npos)
    return n;
  const auto bits = small_number(text.substr(slash + 1), most);
  if (!bits)
    return failure{.code = code::malformed,
                   .why = "'" + std::string{text.substr(0, 64)} + "' is not a network",
                   .remedy = "write an address, '/' and 0 to " + std::to_string(most)};
  n.bits = *bits;
  address first = n.base;
  for (unsigned bit = n.bits; bit < most; ++bit)
    first.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
  if (first != n.base)
    return failure{.code = code::malformed,
                   .why = "'" + std::string{text} + "' has bits set beyond its prefix",
                   .remedy = "write " + to_text(network{first, n.bits}) + " or a longer prefix"};
  return n;
}

std::string to_text(const network& n) {
  return to_text(n.base) + '/' + std::to_string(n.bits);
}

bool contains(const network& n, const address& a) {
  if (n.base.v6 != a.v6)
    return false;
  const auto whole = n.bits / 8;
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, n.base.bytes.begin()))
    return false;
  const auto rest = n.bits % 8;
  return rest == 0 || (a.bytes[whole] ^ n.base.bytes[whole]) >> (8 - rest) == 0;
}

} // namespace tenon::runtime::outbound
