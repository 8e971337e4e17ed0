// Records as lines of CSV in a dialect, which the CSV source reads back as they were.
#pragma once

#include "actors/formats/csv/record_scan.hpp"
#include "protocols/failure.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::csv_files {

struct dialect {
  formats::dialect marks{};
  std::string null{};
  bool header = true;
  std::string deleted{}; // the column that says so; empty: none
};

class lines {
public:
  /// Without columns, each record may add its own.
  lines(const dialect& d, std::vector<std::string> columns)
      : dialect_{d}, columns_{std::move(columns)}, fixed_{!columns_.empty()} {}

  /// "" or why the record can be no line.
  std::string add(std::string_view json, bool deleted);

  std::size_t count() const { return rows_.size(); }
  /// The header and all lines.
  std::string text() const;

private:
  std::optional<std::size_t> column_of(std::string_view raw_name, std::string& why);
  std::string append(std::string& line, std::string_view text, bool first) const;

  const dialect& dialect_;
  std::vector<std::string> columns_;
  const bool fixed_;
  std::vector<std::vector<std::string>> rows_{}; // fields as they stand in the file
  std::vector<std::string> raw_names_{};         // of the record before, as JSON
  std::vector<std::optional<std::size_t>> places_{};
  std::vector<bool> deleted_{};
};

} // namespace tenon::actors::csv_files
