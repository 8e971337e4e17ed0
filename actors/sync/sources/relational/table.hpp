// A table as every relational source sees it: what the options ask for, which columns there are,
// and which of them a row is known, ordered and deleted by. What a database answers comes from its
// own folder; what follows from the answers is here.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/value.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tenon::actors::relational {

struct text {
  std::string bytes;
  bool operator==(const text&) const = default;
};
struct octets {
  std::string bytes;
  bool operator==(const octets&) const = default;
};

/// What a column can hold, NULL aside, as a place among the rows. Databases with exact types of
/// their own say all of them as text.
using cell = std::variant<std::int64_t, double, text, octets>;

struct table_options {
  std::string table;
  std::vector<std::string> key;
  std::vector<std::string> columns{};     // empty: all of them
  std::string cursor{};                   // empty: none
  std::string deleted{};                  // empty: none
  std::string where{};                    // the database's own words; empty: every row
  std::optional<std::int64_t> lookback{}; // behind the last cursor: seconds, or a number
  std::size_t page_size = 500;
  bool sized = false; // somebody said so
};

/// What the options of one kind are called.
struct option_names {
  std::string_view kind;          // "sqlite"
  std::string_view spoken;        // "a SQLite source"
  std::string_view example;       // "{sqlite: {file: …, table: …, key: …}}"
  std::vector<std::string> known; // of all, those that this kind has
  std::int64_t max_page_size = 5'000;

  /// "spec.from.sqlite.table".
  std::string place_of(std::string_view option) const;
  failure wrong(std::string_view option, std::string why, std::string remedy) const;
  /// The option's text, which is not empty.
  result<std::string> text_of(std::string_view option, const value&) const;
};

/// Those that are not about the table are given to `other`.
result<table_options>
read_table_options(const object& written, const option_names&, table_options defaults,
                   const std::function<result<void>(const std::string&, const value&)>& other);

struct column {
  std::string name;
  std::string type;     // as declared
  std::string term;     // as it is compared and ordered by
  bool nullable = true; // as far as the database says
  bool holds_text{};    // every value in it is text
};

struct table {
  std::string name; // as the database spells it
  std::vector<column> columns;
  std::vector<std::size_t> key; // places in `columns`
  std::optional<std::size_t> cursor;
  std::optional<std::size_t> deleted;
  std::uint64_t shape = 0; // of all of this: another one means that positions no longer hold

  const column& cursor_column() const { return columns[*cursor]; }
};

using same_name = std::function<bool(const std::string&, const std::string&)>;

/// Finds key, cursor and deleted among the columns, leaves out those that are not asked for, and
/// sets the shape.
result<void> choose_columns(table&, const table_options&, const option_names&, const same_name&);

/// Refuses a key that the database does not keep unique, because two rows that share it would be
/// one record. `unique`: the names of each unique index; the primary key's first, if there is one.
result<void> check_unique(const table&, const option_names&, const same_name&, bool has_primary,
                          const std::vector<std::vector<std::string>>& unique);

/// "There is a, b and c." with the one that was probably meant in front.
std::string what_there_is(std::string_view meant, std::vector<std::string> names, const char* none);

std::string joined(const std::vector<std::string>& parts, std::string_view with);

/// The identifier between two of this mark, doubled inside.
std::string quoted_by(char mark, std::string_view identifier);

} // namespace tenon::actors::relational
