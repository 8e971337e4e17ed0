// Where the next page begins and how far earlier runs have read, as the JSON texts that a sync
// keeps between pages; and which row a letter is about.
#pragma once

#include "actors/sync/sources/relational/table.hpp"

namespace tenon::actors::relational {

/// A run reads by key, or, when it continues from a cursor, by cursor: first the rows without one,
/// then the others.
enum class part : std::uint8_t { by_key, without_cursor, by_cursor };

struct place {
  relational::part part = part::by_key;
  std::vector<cell> after;    // the last row's key, after its cursor where it is read by it
  std::optional<cell> since;  // a run by cursor begins here, with the rows that have this very one
  std::optional<cell> newest; // the greatest cursor when the run began
  std::uint64_t expected = 0;
  std::uint64_t shape = 0; // the table's
};

std::string write_place(const place&);
/// `stale` when the text is not such a place, or is one in a table of another shape.
result<place> read_place(const std::string& text, const table&);

std::string write_cursor(const table&, const std::optional<cell>&);
/// Nothing when the text is empty: everything is to be read. A person may have given it, so that
/// what is no cursor of this table must not read everything unasked.
result<std::optional<cell>> read_cursor(const std::string& text, const table&);

/// A row by the columns of its key, for a letter about it.
std::string write_row_key(const table&, const std::vector<cell>&);
/// Nothing when rows of the table are known by other columns.
std::optional<std::vector<cell>> read_row_key(std::string_view, const table&);

} // namespace tenon::actors::relational
