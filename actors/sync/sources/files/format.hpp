// A format of files, as a port: what a kind of source adds to paths, packings, pages and cursors,
// which all have in common. It reads its options, and then the next record from bytes. One format
// is one file in actors/sync/sources.
#pragma once

#include "actors/integration/form/form.hpp"
#include "actors/sync/sources/files/bytes/input.hpp"
#include "actors/sync/sources/files/rows.hpp"

namespace tenon::actors::files {

/// Where the next record of a file begins.
struct mark {
  std::uint64_t offset = 0;  // in the unpacked bytes
  std::uint64_t line = 1;    // at the offset
  std::uint64_t records = 0; // that came before, letters among them

  bool operator==(const mark&) const = default;
};

enum class step : std::uint8_t {
  taken,   // one record or one letter more
  nothing, // bytes that are neither, such as an empty line
  end,     // of the file, or of what of it is whole so far if it grows
};

/// Reads one file.
class reader {
public:
  virtual ~reader() = default;
  virtual result<step> next(rows&) = 0;
  virtual mark here() const = 0;
};

/// What a kind's own options ask for. Shared by threads.
class format {
public:
  virtual ~format() = default;
  /// From a mark that a reader of the same file gave, or the beginning. Input outlives the reader.
  virtual result<std::unique_ptr<reader>> open(input&, const mark&) const = 0;
  /// What a letter holds, as it would be read now.
  virtual result<void> read_again(const protocols::letter_types::kept&, rows&) const = 0;
};

/// What the options of every kind say that a format has to know.
struct asked {
  std::string place;            // of the options: "spec.from.csv"
  std::vector<std::string> key; // as written
  bool grows = false;           // a record without its end is not there yet
};

struct format_kind {
  std::string_view name;
  bool may_grow = false; // can be read on where it ended
  /// What is wrong becomes a problem of the form.
  std::shared_ptr<const format> (*read_options)(connectors::form&, const asked&);
};

// Each in its file.
extern const format_kind csv_kind, json_kind, jsonl_kind, xml_kind;

/// The key's fields as paths, for formats whose records are JSON.
std::vector<connectors::json_path> key_paths(connectors::form&, const asked&);
/// Of a letter that holds a JSON text, for the same.
result<void> read_json_again(const protocols::letter_types::kept&,
                             const std::vector<connectors::json_path>& key, rows&);

} // namespace tenon::actors::files
