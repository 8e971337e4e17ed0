// Where the next page begins and which files have been read, as the JSON texts that a sync keeps
// between pages.
#pragma once

#include "actors/sync/sources/files/format.hpp"
#include "actors/sync/sources/files/listing.hpp"

#include <map>
#include <optional>

namespace tenon::actors::files {

/// A file as it was when it was read, and how far that was.
struct known_file {
  files::stamp stamp;
  mark end;
};
using known_files = std::map<std::string, known_file>;

struct place {
  found_file file; // without its path
  files::stamp stamp;
  mark at;
  bool whole = true; // so far the run has left nothing out
};

/// `shape` is that of the options: what was read with others is not what is wanted now.
std::string write_place(const place&, std::uint64_t shape);
/// `stale` when the text is no such place, or one of other options.
result<place> read_place(const std::string& text, std::uint64_t shape);

std::string write_cursor(const known_files&, std::uint64_t shape);
/// Nothing is known when the text is empty or of other options.
result<known_files> read_cursor(const std::string& text, std::uint64_t shape);

} // namespace tenon::actors::files
