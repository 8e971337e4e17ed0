// The records of files: `from: {csv: …}`, `{jsonl: …}`, `{json: …}`, `{xml: …}`. What is said of a
// format stands at the top of its file. Options of them all:
//
//   path:      a file, a directory (its files, but hidden ones), or a pattern: `orders/2024-*.csv`,
//              `**/*.csv.gz`. Absolute, or below a directory that the node may read. Files that are
//              packed with gzip or zstd are unpacked while they are read.
//   key:       the field, or the list of fields, whose text is the record's key. A record without
//              is a letter; of two with the same key the later one holds.
//   order:     name (unless told) or modified: in which order several files are read.
//   append:    true for files to which lines are added (csv, jsonl): they are read on where they
//              ended. A file that became shorter, or begins differently, is a new one.
//   page_size: records to a page, 5000 unless told; a page also ends after 8 MiB.
//
// A file that was read to its end is not read again before its size, its time or its first bytes
// change. A run that read every file from its beginning, and every record of them, shows all there
// is: what it did not see is deleted. A run with a letter shows less than all, and deletes nothing;
// neither does one that found a file without a single byte, or no file where there may be several.
// A letter has all that it takes to be read again (tenon letters --replay), and stays until that,
// or until it is discarded: when its file is read anew, nobody can tell whose line stands in its
// place.
//
// A file that changes while it is read is read again from the beginning, three times; then the run
// fails. One that is damaged, cut off or not of its format fails it with its name and the line.
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/sources/files/format.hpp"
#include "actors/sync/sources/local/allowed_path.hpp"

namespace tenon::actors::files {

struct reach {
  allowed_roots roots;
  runtime::executor& blocking; // where a page is read; a read holds its thread
};

/// The format lasts as long as the program, and `blocking` longer than every source.
std::unique_ptr<source_kind> file_source(const format_kind&, reach);

} // namespace tenon::actors::files
