// Cuts an expression into tokens, one at a time: a template's expression ends where the parser says
// so, because `}}` may also close two objects.
#pragma once

#include "protocols/failure.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::runtime::expression {

struct token {
  enum class kind : std::uint8_t { end, name, number, text, sign };
  kind what = kind::end;
  std::size_t at = 0;        // its first byte
  std::size_t end = 0;       // the byte after its last
  std::string_view spelling; // in the source; names and signs are told apart by it
  std::string text{};        // what a text in quotes says

  bool is(std::string_view s) const {
    return (what == kind::sign || what == kind::name) && spelling == s;
  }
};

/// The token that starts at or after `from`. `malformed` for what starts none.
result<token> next_token(std::string_view source, std::size_t from);

failure malformed_at(std::string_view source, std::size_t byte, std::string why,
                     std::string remedy = {});

} // namespace tenon::runtime::expression
