#include "actors/integration/web/url.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string lower(std::string_view text) {
  std::string small{text};
  std::ranges::transform(small, small.begin(), [](char c) { return lower(c); });
  return small;
}

failure wrong(std::string why) {
  return {code::malformed, std::move(why), "url",
          "Use an address such as https://api.example.com/v1."};
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 253)
    return false;
  if (host.front() == '[')
    return host.size() > 3 && host.back() == ']' &&
           host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdef:.") == host.npos;
  return host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") == host.npos &&
         host.front() != '.' && host.front() != '-';
}

result<void> read_authority(std::string_view authority, url& into) {
  if (authority.find('@') != authority.npos)
    return wrong("an address must not carry a user name or password");
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  const bool has_port = colon != authority.npos && (bracket == authority.npos || colon > bracket);
  into.host = lower(authority.substr(0, has_port ? colon : authority.npos));
  if (!is_host(into.host))
    return wrong("the host of the address is not a host name");
  if (!has_port)
    return {};
  const auto port = authority.substr(colon + 1);
  unsigned number = 0;
  for (const char c : port) {
    if (c < '0' || c > '9' || port.size() > 5)
      return wrong("the port of the address is not a number");
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  if (port.empty() || number == 0 || number > 65535)
    return wrong("the port of the address is not between 1 and 65535");
  if (number != (into.scheme == "https" ? 443u : 80u))
    into.port = std::to_string(number);
  return {};
}

/// RFC 3986, 5.2.4: `.` and `..` are gone, and nothing climbs above the root.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  bool ends_in_slash = false;
  for (std::size_t at = 1; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, end - at);
    const bool last = end == path.size();
    if (part == "..") {
      if (!parts.empty())
        parts.pop_back();
    } else if (part != "." && !(last && part.empty())) {
      parts.push_back(part);
    }
    ends_in_slash = last && (part.empty() || part == "." || part == "..");
    at = end + 1;
  }
  std::string plain;
  for (const auto part : parts)
    (plain += '/') += part;
  if (ends_in_slash || plain.empty())
    plain += '/';
  return plain;
}

void read_tail(std::string_view tail, url& into) {
  tail = tail.substr(0, tail.find('#'));
  const auto mark = tail.find('?');
  const auto path = tail.substr(0, mark);
  into.path = without_dots(path.empty() ? "/" : path);
  into.query = mark == tail.npos ? "" : std::string{tail.substr(mark + 1)};
}

bool has_scheme(std::string_view text) {
  const auto colon = text.find(':');
  return colon != text.npos && colon < text.find_first_of("/?#");
}

result<void> check_characters(std::string_view text) {
  if (text.size() > max_url_bytes)
    return failure{code::too_large,
                   "an address has " + std::to_string(text.size()) + " bytes, more than " +
                       std::to_string(max_url_bytes),
                   "url"};
  if (std::ranges::any_of(text, [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\' || c == '"' ||
               c == '<' || c == '>' || c == '`' || c == '{' || c == '}';
      }))
    return wrong("an address contains a blank or another character that must be encoded");
  return {};
}

} // namespace

result<url> parse_url(std::string_view text) {
  if (auto ok = check_characters(text); !ok)
    return std::move(ok).error();
  const auto slashes = text.find("://");
  if (slashes == text.npos)
    return wrong("an address starts with http:// or https://");
  url read;
  read.scheme = lower(text.substr(0, slashes));
  if (read.scheme != "http" && read.scheme != "https")
    return wrong("an address starts with http:// or https://");
  const auto rest = text.substr(slashes + 3);
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  if (auto ok = read_authority(rest.substr(0, end), read); !ok)
    return std::move(ok).error();
  read_tail(rest.substr(end), read);
  return read;
}

result<url> resolve(const url& from, std::string_view reference) {
  if (auto ok = check_characters(reference); !ok)
    return std::move(ok).error();
  if (has_scheme(reference))
    return parse_url(reference);
  if (reference.starts_with("//"))
    return parse_url(from.scheme + ":" + std::string{reference});
  url target = from;
  if (reference.starts_with('/')) {
    read_tail(reference, target);
  } else if (reference.empty() || reference.starts_with('#')) {
    // the page itself
  } else if (reference.starts_with('?')) {
    target.query = reference.substr(1, reference.find('#') - 1);
  } else {
    const auto folder = from.path.substr(0, from.path.rfind('/') + 1);
    read_tail(folder + std::string{reference}, target);
  }
  return target;
}

std::string to_text(const url& u) {
  return u.scheme + "://" + u.host + (u.port.empty() ? "" : ":" + u.port) + u.path +
         (u.query.empty() ? "" : "?" + u.query);
}

result<url> join(const url& base, std::string_view path) {
  if (has_scheme(path))
    return parse_url(path);
  if (auto ok = check_characters(path); !ok)
    return std::move(ok).error();
  url target = base;
  std::string under =
      base.path.ends_with('/') ? base.path.substr(0, base.path.size() - 1) : base.path;
  if (!path.empty() && !path.starts_with('/') && !path.starts_with('?'))
    under += '/';
  under += path;
  read_tail(under, target);
  return target;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view hex{"0123456789ABCDEF"};
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      encoded += c;
    else
      ((encoded += '%') += hex[byte >> 4]) += hex[byte & 15];
  }
  return encoded;
}

std::string form_encoded(const parameters& all) {
  std::string text;
  for (const auto& [name, content] : all) {
    text += (text.empty() ? "" : "&");
    (text += percent_encoded(name)) += '=';
    text += percent_encoded(content);
  }
  return text;
}

void append_query(url& u, const parameters& all) {
  const auto more = form_encoded(all);
  if (!u.query.empty() && !more.empty())
    u.query += '&';
  u.query += more;
}

bool is_allowed(const url& target, const url& base, const std::vector<std::string>& hosts) {
  if (target.scheme != base.scheme && target.scheme != "https")
    return false;
  const auto with_port = [](const url& u) { return u.host + (u.port.empty() ? "" : ":" + u.port); };
  const bool same_port = target.port == base.port || target.scheme != base.scheme;
  if (target.host == base.host && same_port)
    return true;
  return std::ranges::any_of(hosts, [&](const std::string& host) {
    const auto known = lower(host);
    if (!known.starts_with("*."))
      return known == with_port(target);
    return with_port(target).size() > known.size() - 1 &&
           with_port(target).ends_with(known.substr(1));
  });
}

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  auto star = pattern.npos; // the last one, and where the text was then
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

} // namespace tenon::actors::connectors
