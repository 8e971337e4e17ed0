// What the options of a PostgreSQL source ask for, and what the server's catalogue says about the
// table.
#pragma once

#include "actors/sync/sources/postgres/session.hpp"
#include "actors/sync/sources/postgres/types.hpp"

namespace tenon::actors::postgres {

/// Change capture: the names of what the server keeps for us.
struct change_options {
  std::string slot;        // empty: made of the sync's name
  std::string publication; // empty: as the slot
};

struct source_options {
  relational::server_options server;
  relational::table_options rows;
  std::optional<change_options> changes;
};

result<source_options> read_options(const object& written);

/// Schema and name of the table that is meant.
result<std::pair<std::string, std::string>> name_of(const relational::table_options&);

struct described_column {
  std::string name;
  unsigned number = 0;      // of its type
  unsigned base_number = 0; // of the type below a domain
  postgres::type type;
  bool ordered = false; // can be a key, or a cursor
  bool varies = false;  // in length
};

/// A table as it is now; `columns` beside those of `table`.
struct described_table {
  relational::table table;
  std::vector<described_column> columns;
  std::string spelled;      // "public"."customers"
  std::string schema, name; // without quotes
  bool partitioned = false;
  bool large_values = false; // there may be values beyond what lies in a row
  char identity = 'd';       // what the server tells of a row that is gone; f: all of it
  std::vector<std::string> identifying{}; // the columns of it
};

result<described_table> describe_table(session&, const relational::table_options&);

} // namespace tenon::actors::postgres
