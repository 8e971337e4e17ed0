// The changes of a page as rows of a table: sorted by which columns they say, each value a JSON
// text that stands in its record. A record that can be no row is refused here, whatever the
// database would say of it; a field without a column fails the page, unless there is a column for
// such fields. The table's key need not be the collection's: where two changes may be of one row,
// the earlier has to be written before the later.
#pragma once

#include "actors/sync/destination.hpp"
#include "actors/sync/destinations/tables/target.hpp"

#include <deque>
#include <map>
#include <span>

namespace tenon::actors::tables {

/// What can be written of a table, as it is now.
struct columns {
  std::string table; // as a person knows it
  std::vector<std::string> names;
  bool any_case = false; // names that differ in case alone are one
  std::vector<std::size_t> key{};
  std::optional<std::size_t> extra{};
};

/// Finds the key, and the column for fields without one.
result<void> choose(columns&, const target&, const relational::option_names&);

/// Rows that say the same columns.
struct some_rows {
  const std::vector<std::size_t>& columns; // in the order of the table
  std::span<const std::string_view> values;

  std::size_t count() const { return values.size() / columns.size(); }
  std::span<const std::string_view> row(std::size_t i) const {
    return values.subspan(i * columns.size(), columns.size());
  }
};

struct group {
  std::vector<std::size_t> columns;
  std::vector<std::string_view> values{};
  std::vector<std::size_t> changes{}; // which change each row is, ascending

  /// Those of the changes from `first` up to before `end`, and the place of the first of them.
  std::pair<some_rows, std::size_t> between(std::size_t first, std::size_t end) const;
};

struct sorted {
  std::map<std::vector<std::size_t>, group> live;
  group dead;                                 // with the columns of the key alone
  std::map<std::size_t, std::string> refused; // by their change: why
  std::vector<std::size_t> begins;            // changes of a row that an earlier one changes too
  std::deque<std::string> made;               // values that stand in no record
};

/// The changes must outlive the answer.
result<sorted> sort_out(std::span<const outgoing_change>, const columns&,
                        const relational::option_names&);

} // namespace tenon::actors::tables
