// A kind of destination that is a table: all of it but how its database is written to.
#pragma once

#include "actors/sync/destinations/tables/writer.hpp"

namespace tenon::actors::tables {

/// One page. `unavailable` may pass.
using page_writer = std::function<result<settled>(const target&, const relational::login&,
                                                  const delivery&, std::stop_token)>;

struct table_kind {
  const relational::option_names& names;
  tables::way way{};
  std::uint32_t page_size = 0;
  page_writer write{};
  std::function<result<void>(const target&)> check{}; // of more than how it is written; or nothing
};

/// `options.blocking` must outlive every destination that was opened.
std::unique_ptr<destination_kind> table_destination(relational::database_options options,
                                                    table_kind);

} // namespace tenon::actors::tables
