// One record of a CSV text: where its fields are, and whether what stands in them has to be looked
// at again. RFC 4180 with another delimiter, quote or escape if the dialect has one; a line ends
// with LF, CR LF or CR.
//
// A quote inside a field that does not begin with one is text. Something between a closing quote
// and the next delimiter is a fault of the record.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::formats {

struct dialect {
  char delimiter = ',';
  char quote = '"';   // none when '\0'
  char escape = '\0'; // makes the next character text; '\0': a quote is doubled
  char comment = '\0';
};

struct csv_field {
  std::string_view bytes; // without the quotes around it
  bool quoted = false;
  bool escaped = false; // it is not what it says: quotes are doubled, or characters escaped
  bool special = false; // JSON has to escape something in it
  bool wide = false;    // not all ASCII
};

enum class scanned : std::uint8_t {
  record,
  cut,      // its end is not among the bytes
  unclosed, // the text ends within quotes
};

class record_scan {
public:
  explicit record_scan(const dialect&);

  /// `at_end`: nothing follows the bytes. They are not empty.
  scanned scan(std::string_view bytes, bool at_end);

  // Of the record found:
  const std::vector<csv_field>& fields() const { return fields_; }
  std::size_t size() const { return at_; } // with the end of its line
  std::string_view bytes() const { return bytes_.substr(0, at_); }
  std::size_t lines() const { return lines_; }
  bool faulty() const { return faulty_; }
  bool wide() const { return wide_; }

  /// What the field says.
  std::string_view decoded(const csv_field&, std::string& room) const;

  /// Of a record that is too long to be held, some bytes at a time, `begins` with the first of
  /// them: how many belong to it, and whether it has ended there.
  std::size_t pass(std::string_view bytes, bool begins, bool& ended);
  bool within_quotes() const { return passing_ == passing::quoted; }

private:
  enum class passing : std::uint8_t { at_field, plain, quoted, quote };
  enum class kind : std::uint8_t { plain, delimiter, line, quote, escape, special, wide };

  bool read_quoted(csv_field&, bool at_end);
  bool read_plain(csv_field&, bool at_end);
  bool end_of_line(bool at_end);
  kind kind_of(char c) const { return kinds_[static_cast<unsigned char>(c)]; }

  const dialect dialect_;
  std::array<kind, 256> kinds_{};
  std::vector<csv_field> fields_;
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t lines_ = 0;
  bool faulty_ = false;
  bool wide_ = false;
  bool unclosed_ = false;
  passing passing_ = passing::at_field;
  bool skips_one_ = false;
};

} // namespace tenon::actors::formats
