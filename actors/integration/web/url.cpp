#include "actors/integration/web/url.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

std::string lower(std::string_view text) {
  std::string small{text};
  std::ranges::transform(small, small.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return small;
}

bool has_scheme(std::string_view text) {
  const auto colon = text.find(':');
  return colon != text.npos && colon < text.find_first_of("/?#");
}

} // namespace

result<url> join(const url& base, std::string_view path) {
  if (has_scheme(path))
    return parse_url(path);
  std::string text{base.tls ? "https://" : "http://"};
  text += authority_of(base);
  auto below = path_of(base);
  if (below.ends_with('/'))
    below.remove_suffix(1);
  text += below;
  if (!path.empty() && !path.starts_with('/') && !path.starts_with('?'))
    text += '/';
  return parse_url(text.append(path));
}

std::string_view path_of(const url& u) {
  return std::string_view{u.target}.substr(0, u.target.find('?'));
}

bool has_query(const url& u) {
  return u.target.find('?') != u.target.npos;
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
  if (more.empty())
    return;
  const bool open = u.target.ends_with('?') || u.target.ends_with('&');
  u.target += !has_query(u) ? "?" : open ? "" : "&";
  u.target += more;
}

bool is_allowed(const url& target, const url& base, const std::vector<std::string>& hosts) {
  if (base.tls && !target.tls)
    return false;
  const auto usual_port = [](const url& u) { return u.port == (u.tls ? 443 : 80); };
  const bool same_port = target.port == base.port || (usual_port(target) && usual_port(base));
  if (target.host == base.host && same_port)
    return true;
  const auto endpoint = authority_of(target);
  return std::ranges::any_of(hosts, [&](const std::string& host) {
    const auto known = lower(host);
    if (!known.starts_with("*."))
      return known == endpoint;
    return endpoint.size() >= known.size() && endpoint.ends_with(known.substr(1));
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
