// Reads HTTP/1.1 requests strictly. The grammar is Beast's; around it stand guards for what Beast
// accepts and two servers could understand differently (request smuggling): every such request is
// refused, never repaired. Pure: bytes in, a verdict out.
//
// Refused beside what the grammar refuses: a Transfer-Encoding other than exactly `chunked`, one
// beside a Content-Length or in HTTP/1.0; a Content-Length written twice or as a list; folded
// lines; no Host or two; trailers that would change what the head said; a stray CR or LF anywhere;
// more or longer fields, chunk extensions and trailers than the limits.
#pragma once

#include "nodes/edge/http.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tenon::nodes::edge {

struct parse_limits {
  std::size_t header_bytes = 16u << 10; // request line and fields, and again all trailers
  std::size_t fields = 100;
  std::size_t extension_bytes = 4u << 10; // of all chunks of a body
};

/// Why a request cannot be understood: the status to answer before closing, and a sentence.
struct refusal {
  unsigned status = 400;
  std::string_view why{}; // of static storage
};

struct head {
  edge::method method = edge::method::other;
  std::string_view target; // origin form: begins with '/', or is "*"
  std::string_view path;
  std::string_view query; // behind the '?', not decoded
  bool http_1_0 = false;
  bool keep_alive = true;
  bool chunked = false;
  bool expects_continue = false;
  std::uint64_t length = 0; // of the body, unless chunked
  header_view headers;
  std::string_view authorization; // the two fields every request is asked for
  std::string_view traceparent;
  std::size_t bytes = 0; // of the whole head
};

enum class verdict : std::uint8_t { complete, need_more, refused };

/// Looks for one head at the start of `input`. `searched` remembers between calls how far an
/// incomplete head was looked through (start with 0): a head that drips in costs linear time.
verdict read_head(std::string_view input, const parse_limits&, std::size_t& searched, head&,
                  refusal&);

/// Decodes one chunked body; trailers are checked and dropped.
class chunked_body {
public:
  chunked_body(const parse_limits&, std::uint64_t most_bytes);
  ~chunked_body();

  /// Appends what `input` holds of the body and says how much of it was used. `need_more` keeps
  /// what was not used for the next call, together with what follows it.
  verdict read(std::string_view input, std::size_t& used, std::string& onto, refusal&);

private:
  class grammar;
  std::unique_ptr<grammar> grammar_;
};

} // namespace tenon::nodes::edge
