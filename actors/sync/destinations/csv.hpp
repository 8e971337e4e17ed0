// The changes of a collection as CSV files that are only added to: a file for each page, whole from
// the moment it has its name, and each change of a run in one of them exactly once, whatever
// crashes.
//
//     to:
//       csv:
//         path: exports          # a directory, there already, that the node may write to
//         name: customers        # customers-00000001.csv, …; the sync's own name unless told
//         columns: [id, name]    # these alone; unless told, those that a page's records have
//         deleted: gone          # a column that says whether the record was deleted; unless told,
//                                # deletions are not written
//         nulls: \N              # what stands for null; nothing unless told
//         delimiter: tab         # a comma unless told; and quote, escape, header, as the source
//                                # has them (actors/sync/sources/csv.cpp)
//
// A text that says what stands for null is in quotes, and so is an empty one. Lists and objects are
// their JSON text. Files in the order of their names have the changes in their order; a hidden file
// beside them, .customers.last, says which changes the newest of them has.
#pragma once

#include "actors/sync/destination.hpp"
#include "actors/sync/destinations/local/writable_path.hpp"

namespace tenon::actors {

/// `blocking` must outlive every destination that was opened.
std::unique_ptr<destination_kind> csv_destination(written_files);

} // namespace tenon::actors
