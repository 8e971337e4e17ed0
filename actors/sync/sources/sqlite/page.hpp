// One page of a table, by keyset: what comes after the last row's key, never "after n rows", so
// that rows that come and go in between shift nothing.
//
// A run without a cursor, a full run and the first one read by key. A later run of a source with a
// cursor column reads by cursor, beginning with the rows that have the very cursor that was the
// greatest when the run before began: rows that were written at the same tick, or during that run,
// are read again rather than lost. That is right as long as cursors never decrease. A row whose
// cursor is NULL may have changed at any time: every run reads it.
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/sources/sqlite/table.hpp"

#include <stop_token>

namespace tenon::actors::sqlite {

/// Blocks while it reads. `unavailable` may pass; `stale`: the position no longer holds.
result<source_page> read_page(const table_options&, const std::filesystem::path& file,
                              const page_request&, std::stop_token);

} // namespace tenon::actors::sqlite
