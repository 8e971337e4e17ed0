// The columns of a CSV text: their names, what their values are written as in JSON, and which are
// the key. A text is a text unless something else is asked for:
//
//   integer  decimal, within 64 bits       number   as JSON writes it
//   boolean  true or false, in any case    infer    what it looks like, value by value
//
// An empty field of a column that is no text is null. Inferred is only what can be written back
// unchanged: `007` and `1e400` stay texts.
#pragma once

#include "actors/formats/csv/record_scan.hpp"
#include "actors/sync/sources/files/rows.hpp"

#include <map>

namespace tenon::actors::files {

using formats::csv_field;
using formats::record_scan;
using formats::scanned;

enum class csv_type : std::uint8_t { text, integer, number, boolean, infer };
inline const std::vector<std::string> csv_types{"text", "integer", "number", "boolean", "infer"};

struct csv_options {
  formats::dialect dialect;
  std::string place; // "spec.from.csv"
  std::vector<std::string> key;
  bool header = true;
  std::vector<std::string> columns; // empty: the header names them
  std::vector<std::string> nulls;   // a field without quotes that says one of these is null
  bool fill = false;                // a record may have fewer fields, and empty ones too many
  csv_type type = csv_type::text;   // of columns that are not among `types`
  std::map<std::string, csv_type> types;
  bool grows = false;

  bool is_null(const csv_field&) const;
};

class csv_columns {
public:
  /// `not_found` when a column of the key, or one with a type, is not there.
  static result<csv_columns> make(const csv_options&, std::vector<std::string> names);

  /// Writes the record that was scanned; a letter when it is not as it should be, with what it
  /// takes to read it again.
  void write(const record_scan&, const csv_options&, rows& onto, spot, const blob& again);

private:
  struct column {
    std::string name;
    std::string prefix; // `,"name":`
    csv_type type;
  };

  explicit csv_columns(std::size_t key_fields) : key_text_{key_fields} {}

  bool right_number(const record_scan&, const csv_options&);
  bool write_value(const record_scan&, const csv_field&, const column&, std::string& onto);
  void write_key(const record_scan&, const csv_options&);

  std::vector<column> columns_;
  std::vector<std::size_t> key_;
  record_key key_text_;
  std::string room_;
  std::string fault_;
};

} // namespace tenon::actors::files
