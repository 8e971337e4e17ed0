// Responses as bytes. Pure. What cannot be written without changing its meaning (a line break in a
// field, a framing field of the route's own) is found out before anything is written.
#pragma once

#include "nodes/edge/http.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenon::nodes::edge {

struct framing {
  bool http_1_0 = false; // of the request
  bool keep_alive = true;
  bool head_only = false; // the answer to HEAD
  std::string_view date{};
  request_id id{};
};

/// Whether every field the route added is a token with a value on one line, and none of those that
/// only the edge writes; and the status is one that ends an exchange.
bool is_writable(const response&);

/// The head, and the body when it is small. A large one, or a stream, is left
/// for the caller to send; a stream's pieces are chunked unless the client speaks HTTP/1.0.
void write_response(const response&, const framing&, std::string& onto);

/// Bodies beyond are not copied into the output.
inline constexpr std::size_t copied_body_bytes = 32u << 10;

/// The body that `write_response` left to the caller, if any.
std::optional<blob> body_beside(response&, const framing&);

/// One chunk of a stream: its line and its end.
void write_chunk_head(std::size_t bytes, std::string& onto);
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::int64_t seconds_since_epoch);

} // namespace tenon::nodes::edge
