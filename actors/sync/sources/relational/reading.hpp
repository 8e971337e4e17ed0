// One page of a table, by keyset: what comes after the last row's key, never "after n rows", so
// that rows that come and go in between shift nothing.
//
// A run without a cursor, a full run and the first one read by key. A later run of a source with a
// cursor column reads by cursor, beginning with the rows that have the very cursor that was the
// greatest when the run before began (or, with a lookback, that distance before it): rows that were
// written at the same tick, or during that run, are read again rather than lost. That is right as
// long as cursors never decrease by more than the lookback. A row whose cursor is NULL may have
// changed at any time: every run reads it.
//
// Each page is true of its own moment. A row that is there from the beginning of a run to its end,
// under one key, is in the run; one that came, left or changed its key meanwhile may be or not, and
// the next run tells.
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/sources/relational/rows.hpp"

#include <functional>

namespace tenon::actors::relational {

inline constexpr std::size_t max_page_bytes = 8u << 20; // then it ends, however few rows it has

/// Which rows, in SQL.
struct query {
  std::vector<std::string> conditions{};
  std::vector<std::string> order{};
  std::size_t limit = 0; // 0: none
  std::vector<cell> parameters{};

  /// " WHERE … ORDER BY … LIMIT …"
  std::string clause() const;
};

/// A row where a connection's query stands.
class row {
public:
  virtual ~row() = default;
  virtual void write(rows&) const = 0;
  virtual std::optional<cell> at(std::size_t column) const = 0;
};

/// What a database does for a page of one table.
class connection {
public:
  virtual ~connection() = default;
  virtual std::string quoted(std::string_view identifier) const = 0;
  /// The cell as what a column is compared with. It may become a parameter, the last one.
  virtual std::string value_of(std::size_t column, const cell&, std::vector<cell>& parameters) = 0;
  /// That the terms, in their order, come after the values.
  virtual std::string after(const std::vector<std::string>& terms,
                            const std::vector<std::string>& values) const;
  /// How many rows there are; 0 when that costs too much.
  virtual result<std::uint64_t> count(const query&) = 0;
  virtual result<std::optional<cell>> greatest(std::size_t column) = 0;
  /// The cursor a lookback before this one.
  virtual result<cell> before(const cell& cursor) { return cursor; }
  /// Each row, until `take` says that it is enough.
  virtual result<void> each(const query&, const std::function<result<bool>(const row&)>& take) = 0;
};

/// `unavailable` may pass; `stale`: the position no longer holds.
result<source_page> read_page(connection&, const table&, const table_options&, const option_names&,
                              const page_request&);

/// The row that a letter is about, as it is now; nothing when it is gone.
result<source_page> read_row(connection&, const table&, const table_options&, const option_names&,
                             const protocols::letter_types::kept&);

} // namespace tenon::actors::relational
