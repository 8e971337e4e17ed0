// What the options ask for and what the file has: the table's columns, and whether its key really
// is one.
#pragma once

#include "actors/sync/sources/sqlite/database.hpp"
#include "protocols/value.hpp"

namespace tenon::actors::sqlite {

struct table_options {
  std::string file;
  relational::table_options rows;
};

result<table_options> read_options(const object& written);

result<relational::table> find_table(database&, const relational::table_options&);

} // namespace tenon::actors::sqlite
