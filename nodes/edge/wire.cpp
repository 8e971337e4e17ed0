#include "nodes/edge/wire.hpp"

#include "nodes/edge/problem.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace tenon::nodes::edge {
namespace {

constexpr std::string_view written_by_the_edge[]{
    "content-length", "transfer-encoding", "connection", "date", "content-type", "x-request-id"};

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
}

bool is_one_line(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u == '\t' || (u >= 0x20 && u != 0x7f);
  });
}

void append_number(std::size_t number, std::string& onto, int base = 10) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  onto.append(digits.data(), end);
}

bool has_no_body(unsigned status) {
  return status == 204 || status == 304;
}

bool has_field(const response& r, std::string_view name) {
  return std::ranges::any_of(r.headers, [&](const auto& h) { return same_name(h.first, name); });
}

/// Nothing for a stream.
std::optional<std::string_view> whole_body(const response& r) {
  if (const auto* text = std::get_if<std::string>(&r.body))
    return *text;
  if (const auto* bytes = std::get_if<blob>(&r.body))
    return bytes->view();
  return std::nullopt;
}

} // namespace

bool is_writable(const response& r) {
  return !reason_of(r.status).empty() && is_one_line(r.content_type) &&
         std::ranges::all_of(r.headers, [](const auto& h) {
           return is_token(h.first) && is_one_line(h.second) &&
                  std::ranges::none_of(written_by_the_edge, [&](std::string_view reserved) {
                    return same_name(h.first, reserved);
                  });
         });
}

void write_response(const response& r, const framing& f, std::string& onto) {
  if (r.status == 200) {
    onto += "HTTP/1.1 200 OK\r\nDate: ";
  } else {
    onto += "HTTP/1.1 ";
    append_number(r.status, onto);
    onto += ' ';
    onto += reason_of(r.status);
    onto += "\r\nDate: ";
  }
  onto += f.date;
  onto += "\r\nX-Request-Id: ";
  f.id.write(onto);
  for (const auto& [name, value] : r.headers) {
    onto += "\r\n";
    onto += name;
    onto += ": ";
    onto += value;
  }
  if (r.headers.empty() || !has_field(r, "cache-control"))
    onto += "\r\nCache-Control: no-store";
  onto += "\r\nX-Content-Type-Options: nosniff";
  if (!f.keep_alive)
    onto += "\r\nConnection: close";
  else if (f.http_1_0)
    onto += "\r\nConnection: keep-alive";
  if (has_no_body(r.status)) {
    onto += "\r\n\r\n";
    return;
  }
  onto += "\r\nContent-Type: ";
  onto += r.content_type;
  const auto body = whole_body(r);
  if (body) {
    onto += "\r\nContent-Length: ";
    append_number(body->size(), onto);
  } else if (!f.http_1_0) {
    onto += "\r\nTransfer-Encoding: chunked";
  }
  onto += "\r\n\r\n";
  if (body && !f.head_only && body->size() <= copied_body_bytes)
    onto += *body;
}

std::optional<blob> body_beside(response& r, const framing& f) {
  const auto body = whole_body(r);
  if (!body || body->size() <= copied_body_bytes || f.head_only || has_no_body(r.status))
    return std::nullopt;
  if (auto* text = std::get_if<std::string>(&r.body))
    return blob::from(std::move(*text));
  return std::get<blob>(std::move(r.body));
}

void write_chunk_head(std::size_t bytes, std::string& onto) {
  append_number(bytes, onto, 16);
  onto += "\r\n";
}

std::string http_date(std::int64_t seconds_since_epoch) {
  const auto t = static_cast<std::time_t>(seconds_since_epoch);
  std::tm parts{};
  gmtime_r(&t, &parts);
  std::array<char, 32> text{};
  // The process never sets a locale, so names are those of the C locale, which the standard wants.
  const auto n = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), n};
}

} // namespace tenon::nodes::edge
