#include "actors/sync/sources/network/url.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::actors::network {
namespace {

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const auto* from = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(from, from + 2, byte, 16).ptr != from + 2 ||
        byte == 0)
      return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

} // namespace

result<url> read_url(const relational::option_names& names, const url_shape& shape,
                     std::string_view text) {
  const auto wrong = [&](std::string why) {
    return names.wrong("url", std::move(why),
                       "Write " + shape.schemes.front() +
                           "://host:" + std::to_string(shape.usual_port) + shape.rest + '.');
  };
  const auto scheme = text.find("://");
  if (scheme == text.npos ||
      std::ranges::find(shape.schemes, text.substr(0, scheme)) == shape.schemes.end())
    return wrong("this is no address of such a server");
  url u{.scheme = std::string{text.substr(0, scheme)}};
  text.remove_prefix(scheme + 3);
  if (text.find_first_of("?# ") != text.npos)
    return wrong("the address has more than server and database");
  const auto slash = text.find('/');
  const auto rest = unescaped(slash == text.npos ? "" : text.substr(slash + 1));
  if (!rest || (shape.rest.empty() && !rest->empty()))
    return wrong("what follows the server cannot be read");
  u.rest = *rest;
  text = text.substr(0, slash);
  if (const auto at = text.rfind('@'); at != text.npos) {
    if (text.substr(0, at).find(':') != text.npos)
      return names.wrong("url", "a password does not belong into an address",
                         "Put user and password into a credential and name it here.");
    const auto user = unescaped(text.substr(0, at));
    if (!user)
      return wrong("the user cannot be read");
    u.user = *user;
    text.remove_prefix(at + 1);
  }
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == text.npos)
    return wrong("the host cannot be read");
  const auto colon = text.find(':', bracket);
  u.host = bracket > 0 ? text.substr(1, bracket - 1) : text.substr(0, colon);
  u.port =
      u.scheme == shape.secure && shape.secure_port != 0 ? shape.secure_port : shape.usual_port;
  if (colon != text.npos) {
    const auto digits = text.substr(colon + 1);
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), u.port);
    if (bad != std::errc{} || end != digits.data() + digits.size() || u.port == 0)
      return wrong("the port cannot be read");
  }
  // What is no host would be read in some other way by a library: several, or a path.
  const auto odd = [](char c) { return c == ',' || c == '/' || c == '\\' || c < '!'; };
  if (u.host.empty() || std::ranges::any_of(u.host, odd))
    return wrong("the address names no host");
  return u;
}

server read_server(connectors::form& f, const relational::option_names& names,
                   const url_shape& shape) {
  server s;
  const auto note = [&](std::string_view option, failure why) {
    f.note(option, std::move(why.why), std::move(why.remedy));
  };
  if (f.require("url", shape.schemes.front() + "://host:" + std::to_string(shape.usual_port)))
    if (const auto written = f.text("url")) {
      auto u = read_url(names, shape, *written);
      if (!u) {
        note("url", std::move(u).error());
      } else {
        s.tls = u->scheme == shape.secure;
        s.at.host = std::move(u->host);
        s.at.port = u->port;
        s.at.user = std::move(u->user);
        s.at.database = std::move(u->rest);
      }
    }
  for (const auto* option : {"credential", "sslmode", "ca"})
    if (const auto* v = f.take(option))
      if (auto read = relational::read_server_option(s.at, names, shape.schemes, shape.usual_port,
                                                     option, *v);
          !read)
        note(option, std::move(read).error());
  return s;
}

} // namespace tenon::actors::network
