// What a request says and what a response is, as the routes see them. A request is views into the
// bytes it arrived in, which `bytes` keeps alive: copying one copies no header and no body, and it
// may be moved to any thread.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"
#include "runtime/telemetry/trace.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::nodes::edge {

struct route;
struct principal;
class piece_reply;

enum class method : std::uint8_t { get, head, post, put, patch, delete_, options, other };
inline constexpr std::size_t method_count = 8;

/// "GET", …; "" for any other method.
std::string_view name_of(method);
method method_of(std::string_view name);

struct field {
  std::string_view name;
  std::string_view value;

  bool operator==(const field&) const = default;
};

/// Whether two field names are the same one: ASCII letters compare without case.
bool same_name(std::string_view a, std::string_view b);

/// The header fields of a request in the order sent, read from their text when asked.
class header_view {
public:
  header_view() = default;
  /// Lines "name: value" each ended by CR LF, as the parser accepted them.
  explicit header_view(std::string_view text) : text_{text} {}

  /// The first field of that name, without the blanks around it.
  std::optional<std::string_view> find(std::string_view name) const;
  std::vector<field> all() const;

private:
  std::string_view text_;
};

/// What the {parts} of the route's pattern and the query said, decoded.
class argument_view {
public:
  static constexpr std::size_t most_path = 8;
  static constexpr std::size_t most_query = 64;

  /// The value of {name}, or "" when the pattern has none of that name.
  std::string_view path(std::string_view name) const;
  /// The first value of that name in the query.
  std::optional<std::string_view> query(std::string_view name) const;
  const std::vector<field>& queries() const { return queries_; }

  void names(const std::vector<std::string>* of_pattern) { names_ = of_pattern; }
  bool push_path(std::string_view value);
  void pop_path() { --count_; }
  /// Calls `decode` with each path value; false as soon as it says so.
  template <class F> bool decode_path(F decode) {
    for (std::size_t i = 0; i < count_; ++i)
      if (!decode(values_[i]))
        return false;
    return true;
  }
  bool push_query(field);
  void keep(blob storage) { storage_ = std::move(storage); }

private:
  const std::vector<std::string>* names_ = nullptr;
  std::array<std::string_view, most_path> values_{};
  std::size_t count_ = 0;
  std::vector<field> queries_;
  blob storage_; // of decoded text; what needed no decoding is a view of the target
};

/// The remote end's address, IPv4 as IPv6-mapped.
struct address {
  std::array<std::uint8_t, 16> bytes{};

  std::string text() const;
  bool operator==(const address&) const = default;
};

/// Unique within the node's life; 16 hex digits on the wire and in logs.
struct request_id {
  std::uint64_t number = 0;

  void write(std::string& onto) const;
  std::string text() const;
};

struct request {
  edge::method method = edge::method::other;
  std::string_view target; // as sent
  std::string_view path;   // of the target, not decoded
  argument_view arguments;
  header_view headers;
  blob body;
  const edge::route* route = nullptr;   // outlives the request
  std::shared_ptr<const principal> who; // null on routes that ask for no permission
  std::string_view tenant;              // {tenant} of the path, else the key's own
  request_id id;
  runtime::trace_context trace;
  edge::address peer;
  std::shared_ptr<void> admitted; // the tenant's place in flight: ends when nobody holds it
  blob bytes;                     // what the views look into
};

/// Media types, of static storage as response::content_type wants them.
namespace media {
inline constexpr std::string_view json = "application/json";
inline constexpr std::string_view problem = "application/problem+json";
inline constexpr std::string_view ndjson = "application/x-ndjson";
inline constexpr std::string_view text = "text/plain; charset=utf-8";
inline constexpr std::string_view html = "text/html; charset=utf-8";
inline constexpr std::string_view metrics = "text/plain; version=0.0.4; charset=utf-8";
} // namespace media

/// A body given piece by piece. `next` is asked for one piece at a time, and only once the pieces
/// before it have mostly left, so a slow client slows the source. Asked on an io thread: answer
/// there only what is at hand, anything else later from another thread.
class body_stream {
public:
  virtual ~body_stream() = default;
  virtual void next(piece_reply) = 0;
};

struct response {
  unsigned status = 200;
  std::string_view content_type = media::json; // of static storage
  std::variant<std::string, blob, std::shared_ptr<body_stream>> body{};
  std::vector<std::pair<std::string, std::string>> headers{}; // beside those the edge writes

  static response json(std::string text, unsigned status = 200) {
    return {status, media::json, std::move(text)};
  }
};

} // namespace tenon::nodes::edge
