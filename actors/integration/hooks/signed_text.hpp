// The bytes that a sender has signed, put together from the request as it came. Not an expression:
// every byte of the body counts, also those that are no text.
//
//   "v0:{{ts}}:{{raw}}"      raw, ts, id, method, url, form_sorted, query_sorted, secret
#pragma once

#include "actors/integration/hooks/inbound.hpp"

#include <vector>

namespace tenon::actors::connectors {

/// What is not in the request itself.
struct signing_words {
  std::string ts;
  std::string id;
  std::string url; // of several ways to write it, one
  std::string secret;
  std::string left_out; // of the query: where the signature itself is
};

/// Some frameworks sign the address with its port although it is the usual one, some without.
std::vector<std::string> ways_to_write(const std::string& address);

class signed_text {
public:
  enum class word : std::uint8_t {
    literal,
    raw,
    ts,
    id,
    method,
    url,
    form_sorted,  // each name and its content, joined, in the order of the names
    query_sorted, // name=content&…, in the order of the names, without the signature
    secret,
  };

  static result<signed_text> compile(std::string_view text);

  bool uses(word) const;
  std::string evaluate(const inbound&, const signing_words&) const;
  /// Whether that of some request with a body that brings something could be just this text.
  bool may_be(std::string_view text) const;

private:
  struct part {
    word what = word::literal;
    std::string text{};
  };
  bool fits(std::size_t from, std::string_view text) const;

  std::vector<part> parts_;
};

} // namespace tenon::actors::connectors
