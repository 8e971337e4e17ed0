// What PostgreSQL's built-in output plug-in says, version 1 of its protocol, as values. Pure: bytes
// in, one message out; texts point into the bytes.
#pragma once

#include "protocols/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tenon::actors::postgres::pgoutput {

using position = std::uint64_t; // in the write-ahead log

/// "16/B374D848"; nothing when the text is none.
std::string to_text(position);
std::optional<position> to_position(std::string_view text);

struct relation {
  struct column {
    std::string name;
    unsigned type = 0;
    bool operator==(const column&) const = default;
  };
  unsigned number = 0;
  std::string schema;
  std::string name;
  std::vector<column> columns;
  bool operator==(const relation&) const = default;
};

struct field {
  enum class state : std::uint8_t { null, unchanged, text } is = state::null;
  std::string_view text{};
};
using tuple = std::vector<field>;

struct row_change {
  unsigned relation = 0;
  std::optional<tuple> before; // of a key alone, unless `whole`
  bool whole = false;
  std::optional<tuple> after; // none: the row is gone
};

struct began {};
struct committed {
  position end = 0;
};
struct truncated {
  std::vector<unsigned> relations;
};
struct other {};

using message = std::variant<other, began, committed, relation, row_change, truncated>;

result<message> read(std::string_view bytes);

} // namespace tenon::actors::postgres::pgoutput
