// What the options ask for and what the file has: the table's columns, and whether its key really
// is one. A key that the database does not keep unique is refused, because two rows that share it
// would be one record.
#pragma once

#include "actors/sync/sources/sqlite/database.hpp"
#include "protocols/value.hpp"

namespace tenon::actors::sqlite {

struct table_options {
  std::string file;
  std::string table;
  std::vector<std::string> key;
  std::string cursor;  // empty: none
  std::string deleted; // empty: none
  std::size_t page_size = 500;
};

result<table_options> read_options(const object& written);

struct column {
  std::string name;
  std::string type;  // as declared
  std::string term;  // as it is compared and ordered by: byte by byte
  bool holds_text{}; // declared so that every number in it is stored as text
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

result<table> find_table(database&, const table_options&);

} // namespace tenon::actors::sqlite
