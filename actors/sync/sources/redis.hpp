// The entries of streams of a Redis server, in the order in which they were added:
//
//     from:
//       redis:
//         url: redis://cache.example.com:6379/0   # rediss:// with TLS; 0 is the database
//         credential: cache         # its secrets: user (of an ACL; else none), password
//         stream: orders            # or a list; each may be a pattern: "orders:*"
//         decode: text              # the fields' values: text, json (what is JSON is embedded, all
//                                   # else is text) or base64
//         id_as: id                 # the member that says the entry's id
//         sslmode: verify-full      # or require
//         ca: "-----BEGIN …"        # instead of the system's authorities
//         page_size: 5000
//
// A record is {"id": "1526919030474-55", field: value, …} under its id; of several streams it also
// says its "stream", which stands before its key: "orders:7|1526919030474-55". A field that an
// entry has twice is a list.
//
// The place is the id of the last entry, so nothing is acknowledged on the server and nothing is
// taken away from its consumer groups. A run ends at the end that a stream had when the run came to
// it. What was deleted or trimmed before it was read is a letter that says between which entries
// and how much: the server counts what was ever added (before Redis 7 it does not; then the letter
// says that something may be missing).
#pragma once

#include "actors/sync/sources/relational/server.hpp"

namespace tenon::actors {

/// `blocking` must outlive every source that was opened.
std::unique_ptr<source_kind> redis_source(relational::database_options);

} // namespace tenon::actors
