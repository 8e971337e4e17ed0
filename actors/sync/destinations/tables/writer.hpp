// A page of changes into one table, as one transaction. What the database refuses for its content
// is found and refused record by record, and the others are written; any other failure is trouble,
// and what was written before it stays settled.
#pragma once

#include "actors/sync/destinations/tables/records.hpp"

namespace tenon::actors::tables {

/// What the newest failure was about.
struct fault {
  bool of_content = false;          // another content could have been written
  std::optional<std::size_t> row{}; // of the rows given, when that is known
  std::string words{};              // the database's own
};

struct written_rows {
  std::size_t changed = 0; // rows that are not as they were
  std::vector<std::pair<std::size_t, std::string>> refused{};
};

/// A table on one connection, as its database writes to it. `commit` and `roll_back` end what
/// `begin` began; after any failure it is rolled back.
class open_table {
public:
  virtual ~open_table() = default;
  virtual result<void> begin() = 0;
  virtual result<written_rows> upsert(const some_rows&) = 0;
  /// Given their keys.
  virtual result<written_rows> erase(const some_rows&) = 0;
  virtual result<void> commit() = 0;
  virtual result<void> roll_back() = 0;
  virtual fault newest_fault() const = 0;
};

settled write_page(open_table&, const columns&, const relational::option_names&,
                   std::span<const outgoing_change>);

} // namespace tenon::actors::tables
