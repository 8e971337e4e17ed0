#include "runtime/outbound/message.hpp"

#include <algorithm>
#include <array>

namespace tenon::runtime::outbound {

namespace {

constexpr std::array<std::string_view, 10> phase_names{
    "url", "guard", "wait", "lookup", "connect", "tls", "send", "answer", "body", "redirect"};

/// One request's fields: what common servers take.
constexpr std::size_t max_head_bytes = 64 * 1024;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           marks.find(c) != marks.npos;
  });
}

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](auto n) { return same(n, name); });
}

/// They frame the message or concern the connection, which are this client's to say.
bool is_ours(std::string_view name) {
  return one_of(name, {"host", "content-length", "transfer-encoding", "connection", "keep-alive",
                       "proxy-connection", "upgrade", "te", "trailer", "expect"});
}

/// What says nothing about who asks.
bool is_harmless(std::string_view name) {
  return one_of(name, {"accept", "accept-encoding", "accept-language", "user-agent", "range",
                       "if-none-match", "if-modified-since", "content-type", "traceparent",
                       "tracestate"});
}

bool describes_body(std::string_view name) {
  return one_of(name, {"content-type", "content-encoding", "content-language", "digest",
                       "content-md5", "content-digest"});
}

failure malformed(std::string why, std::string remedy) {
  return {.code = code::malformed,
          .why = std::move(why),
          .where = std::string{name_of(phase::url)},
          .remedy = std::move(remedy)};
}

bool same_origin(const url& from, const url& to) {
  if (from.host != to.host)
    return false;
  const bool to_tls = !from.tls && to.tls && from.port == 80 && to.port == 443;
  return to_tls || (from.tls == to.tls && from.port == to.port);
}

bool matches(std::string_view pattern, std::string_view host) {
  if (pattern.starts_with("*."))
    return host.size() >= pattern.size() &&
           same(pattern.substr(1), host.substr(host.size() - pattern.size() + 1));
  return same(pattern, host);
}

} // namespace

std::optional<std::string_view> find_header(const headers& all, std::string_view name) {
  for (const auto& [n, v] : all)
    if (same(n, name))
      return v;
  return std::nullopt;
}

std::string_view name_of(phase p) {
  return phase_names[static_cast<std::size_t>(p)];
}

std::optional<phase> phase_of(const failure& f) {
  const auto at = std::ranges::find(phase_names, f.where);
  if (at == phase_names.end())
    return std::nullopt;
  return static_cast<phase>(at - phase_names.begin());
}

bool idempotent(std::string_view method) {
  for (const auto m : {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
    if (method == m)
      return true;
  return false;
}

result<void> check(const request& r) {
  if (!is_token(r.method) || r.method.size() > 32 || r.method == "CONNECT" || r.method == "TRACE")
    return malformed("the method is not one that can be sent", "use GET, POST, PUT, PATCH, DELETE");
  std::size_t bytes = 0;
  for (const auto& [name, v] : r.headers) {
    if (!is_token(name))
      return malformed("a header's name has a character that names have not",
                       "use letters, digits and '-'");
    if (is_ours(name))
      return malformed("the header " + name + " is the client's to set", "leave it out");
    const auto is_control = [](char c) {
      return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
    };
    if (std::ranges::any_of(v, is_control))
      return malformed("the header " + name + " has a line break or control character in its value",
                       "take it out, or encode it");
    bytes += name.size() + v.size() + 4;
  }
  if (bytes > max_head_bytes)
    return malformed("the headers are larger than " + std::to_string(max_head_bytes) + " bytes",
                     "send large values in the body");
  return {};
}

std::string head_of(const request& r, const url& u) {
  std::string head;
  head.reserve(256 + u.target.size());
  const auto add = [&](std::string_view name, std::string_view v) {
    head.append(name).append(": ").append(v).append("\r\n");
  };
  head.append(r.method).append(" ").append(u.target).append(" HTTP/1.1\r\n");
  add("Host", authority_of(u));
  if (!find_header(r.headers, "user-agent"))
    add("User-Agent", "tenon");
  if (!find_header(r.headers, "accept"))
    add("Accept", "*/*");
  if (!find_header(r.headers, "accept-encoding"))
    add("Accept-Encoding", "gzip");
  for (const auto& [name, v] : r.headers)
    add(name, v);
  // Servers answer 411 to these when they come without a length.
  if (!r.body.empty() || r.method == "POST" || r.method == "PUT" || r.method == "PATCH")
    add("Content-Length", std::to_string(r.body.size()));
  return head.append("\r\n");
}

request redirected(const request& r, unsigned status, const url& from, const url& to) {
  request next{r.method, to_text(to)};
  const bool to_get = (status == 303 && r.method != "HEAD") ||
                      ((status == 301 || status == 302) && r.method == "POST");
  if (to_get)
    next.method = "GET";
  else
    next.body = r.body;
  for (const auto& h : r.headers)
    if ((same_origin(from, to) || is_harmless(h.first)) && !(to_get && describes_body(h.first)))
      next.headers.push_back(h);
  return next;
}

result<void> may_redirect(const url& from, const url& to, const limits& l) {
  const auto refuse = [&](std::string why, std::string remedy) {
    return failure{.code = code::forbidden,
                   .why = std::move(why),
                   .where = std::string{name_of(phase::redirect)},
                   .remedy = std::move(remedy)};
  };
  if (from.tls && !to.tls)
    return refuse(endpoint_of(from) + " redirected from https to http, to " + endpoint_of(to),
                  "ask the server's owner, or use the https address it should lead to");
  if (from.host == to.host)
    return {};
  if (std::ranges::any_of(l.redirect_hosts, [&](const auto& h) { return matches(h, to.host); }))
    return {};
  return refuse(endpoint_of(from) + " redirected to another host, " + to.host,
                "allow that host for redirects, or use its address in the first place");
}

} // namespace tenon::runtime::outbound
