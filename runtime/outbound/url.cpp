#include "runtime/outbound/url.hpp"

#include "runtime/outbound/message.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace tenon::runtime::outbound {

namespace {

failure malformed(std::string why, std::string remedy) {
  return {.code = code::malformed,
          .why = std::move(why),
          .where = std::string{name_of(phase::url)},
          .remedy = std::move(remedy)};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// A last label that a C library could take for a number: all digits, or 0x….
bool ends_in_number(std::string_view host) {
  const auto label = host.substr(host.rfind('.') + 1);
  return std::ranges::all_of(label, is_digit) || label.starts_with("0x");
}

result<void> check_name(std::string_view host) {
  const auto bad = [&](std::string_view what) {
    return malformed("the host '" + std::string{host.substr(0, 64)} + "' " + std::string{what},
                     "write a name of letters, digits, '-' and '.', in its xn-- form where it has "
                     "other letters");
  };
  if (host.empty())
    return malformed("the URL has no host", "write https://HOST/PATH");
  if (host.size() > 253)
    return bad("is longer than 253 characters");
  for (std::size_t at = 0; at <= host.size();) {
    const auto end = std::min(host.find('.', at), host.size());
    const auto label = host.substr(at, end - at);
    if (label.empty())
      return bad("has an empty part");
    if (label.size() > 63)
      return bad("has a part longer than 63 characters");
    if (label.front() == '-' || label.back() == '-')
      return bad("has a part that begins or ends with '-'");
    // '_' is not for hosts, but names of containers have it.
    for (const char c : label)
      if (!is_lower(c) && !is_digit(c) && c != '-' && c != '_')
        return bad("has a character that names have not");
    at = end + 1;
  }
  return {};
}

/// Sets host and literal from the text between the scheme and the port.
result<void> read_host(std::string_view text, url& into) {
  if (text.starts_with('[')) {
    const auto inner = text.substr(1, text.size() - 2);
    const auto a = parse_address(inner);
    if (!a || !a->v6)
      return malformed("'" + std::string{text.substr(0, 64)} + "' is not an IPv6 address",
                       "write it like [2001:db8::1], without a zone");
    into.host = to_text(*a);
    into.literal = *a;
    return {};
  }
  into.host = lower(text);
  if (!into.host.empty() && ends_in_number(into.host)) {
    auto a = parse_address(into.host);
    if (!a || a->v6)
      return malformed("'" + into.host.substr(0, 64) + "' is an unusual way to write an address",
                       "write four decimal numbers, like 192.0.2.1");
    into.literal = *a;
    return {};
  }
  return check_name(into.host);
}

result<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0 || text[0] == '0')
    return malformed("the port '" + std::string{text.substr(0, 16)} + "' is not one",
                     "write 1 to 65535");
  return port;
}

result<void> check_characters(std::string_view text) {
  if (text.size() > max_url_bytes)
    return malformed("the URL is longer than " + std::to_string(max_url_bytes) + " bytes",
                     "send long parameters in the body");
  const auto bad = std::ranges::find_if(text, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f ||
           c == '\\' || c == '"' || c == '<' || c == '>';
  });
  if (bad != text.end())
    return malformed("the URL has a blank, a control character or another that must be escaped, at "
                     "byte " +
                         std::to_string(bad - text.begin()),
                     "escape it as % and two hexadecimal digits");
  return {};
}

/// RFC 3986, 5.2.4, of a path that begins with '/'.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool folder = false;
  for (std::size_t at = 1; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, end - at);
    folder = part == "." || part == "..";
    if (part == ".." && !kept.empty())
      kept.pop_back();
    if (!folder)
      kept.push_back(part);
    at = end + 1;
  }
  std::string out;
  for (const auto part : kept)
    out.append("/").append(part);
  if (folder || out.empty())
    out += '/';
  return out;
}

/// Escapes what servers forget to.
std::string escaped(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == ' ' || byte >= 0x80 || c == '"' || c == '<' || c == '>')
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    else
      out += c;
  }
  return out;
}

} // namespace

result<url> parse_url(std::string_view text) {
  if (auto checked = check_characters(text); !checked)
    return std::move(checked).error();
  url u;
  const auto colon = text.find("://");
  const auto scheme = lower(text.substr(0, colon));
  if (colon == text.npos || (scheme != "http" && scheme != "https"))
    return malformed("the URL does not begin with http:// or https://", "write https://HOST/PATH");
  u.tls = scheme == "https";
  auto rest = text.substr(colon + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(authority.size());
  if (authority.find('@') != authority.npos)
    return malformed("the URL has a user or password in it",
                     "take it out and send it in a header, from a credential");

  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == authority.npos)
    return malformed("the URL has a '[' without its ']'", "write it like [2001:db8::1]");
  const auto port = authority.find(':', bracket);
  if (bracket != 0 && bracket + 1 != std::min(port, authority.size()))
    return malformed("the URL has something between ']' and its port", "write [ADDRESS]:PORT");
  if (auto host = read_host(authority.substr(0, port), u); !host)
    return std::move(host).error();
  u.port = u.tls ? 443 : 80;
  if (port != authority.npos) {
    auto read = read_port(authority.substr(port + 1));
    if (!read)
      return std::move(read).error();
    u.port = *read;
  }
  u.target = rest.substr(0, rest.find('#'));
  if (!u.target.starts_with('/'))
    u.target.insert(0, "/");
  return u;
}

result<url> resolve_reference(const url& from, std::string_view reference) {
  const auto whole = escaped(reference);
  const std::string_view text{whole};
  const auto first = text.find_first_of("/?#:");
  if (first != text.npos && text[first] == ':')
    return parse_url(text);
  if (text.starts_with("//"))
    return parse_url((from.tls ? "https:" : "http:") + whole);
  if (auto checked = check_characters(text); !checked)
    return std::move(checked).error();

  url to = from;
  const auto relative = text.substr(0, text.find('#'));
  const auto old_path = std::string_view{from.target}.substr(0, from.target.find('?'));
  const auto question = std::min(relative.find('?'), relative.size());
  const auto path = relative.substr(0, question);
  if (relative.empty())
    return to;
  if (path.empty())
    to.target = std::string{old_path};
  else if (path.starts_with('/'))
    to.target = without_dots(path);
  else
    to.target =
        without_dots(std::string{old_path.substr(0, old_path.rfind('/') + 1)} + std::string{path});
  to.target += relative.substr(question);
  if (auto checked = check_characters(to.target); !checked)
    return std::move(checked).error();
  return to;
}

std::string to_text(const url& u) {
  return (u.tls ? "https://" : "http://") + authority_of(u) + u.target;
}

std::string endpoint_of(const url& u) {
  const bool brackets = u.literal && u.literal->v6;
  return (brackets ? '[' + u.host + ']' : u.host) + ':' + std::to_string(u.port);
}

std::string authority_of(const url& u) {
  auto text = endpoint_of(u);
  if (u.port == (u.tls ? 443 : 80))
    text.resize(text.rfind(':'));
  return text;
}

} // namespace tenon::runtime::outbound
