// The rows of one table of a MariaDB server, by key or by a cursor column:
//
//     from:
//       mariadb:
//         url: mariadb://db.example.com:3306/shop
//         credential: shop          # its secrets: user, password
//         table: customers
//         key: id                   # or [a, b]; columns that the database keeps unique
//         cursor: updated_at        # later runs read what is new by it
//         lookback: 1m              # before the last cursor; a number for a cursor that is one
//         columns: [id, name]       # usually all
//         where: country = 'CH'     # in the database's words
//         deleted: is_gone          # a column that marks rows as deleted
//         sslmode: verify-full      # or require, prefer
//         ca: "-----BEGIN …"        # instead of the system's authorities
//         page_size: 5000
#pragma once

#include "actors/sync/sources/relational/server.hpp"

namespace tenon::actors {

/// `blocking` must outlive every source that was opened.
std::unique_ptr<source_kind> mariadb_source(relational::database_options);

} // namespace tenon::actors
