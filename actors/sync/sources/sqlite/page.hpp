// One page of a table of a SQLite file: integers and reals are numbers, text is text, a blob is
// base64 text, NULL is null. An infinite number, for which JSON has no word, makes its row a
// letter.
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/sources/sqlite/table.hpp"

#include <stop_token>

namespace tenon::actors::sqlite {

/// Blocks while it reads. `unavailable` may pass; `stale`: the position no longer holds.
result<source_page> read_page(const table_options&, const std::filesystem::path& file,
                              const page_request&, std::stop_token);
/// The row that a letter is about.
result<source_page> read_row(const table_options&, const std::filesystem::path& file,
                             const protocols::letter_types::kept&, std::stop_token);

} // namespace tenon::actors::sqlite
