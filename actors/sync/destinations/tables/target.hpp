// What a destination that is a table is told: where it is, by which key its rows are known, and
// where fields go for which there is no column.
#pragma once

#include "actors/sync/sources/relational/server.hpp"

namespace tenon::actors::tables {

struct target {
  relational::server_options server{}; // of what is reached over the network
  std::string file{};                  // of what is a file
  relational::table_options rows{};
  std::string extra{}; // the column that keeps, as a JSON object, the fields without one
};

/// What the kind of database is reached by, beside its options' names.
struct way {
  std::vector<std::string> schemes{}; // of its address; none: it is a file
  std::uint16_t usual_port = 0;
};

result<target> read_target(const object& written, const relational::option_names&, const way&);

/// The parts that sources and destinations share speak of spec.from.
failure at_destination(failure);

} // namespace tenon::actors::tables
