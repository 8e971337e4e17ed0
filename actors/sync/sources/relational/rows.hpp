// Rows of one page as records, in one allocation: JSON objects with the columns in the order of the
// table. What cannot be a record becomes a letter that names the column: text that is not UTF-8, a
// value of more than 4 MiB, and a row without a usable key.
//
// The key is the text of its column. Several columns are joined by '|', with '\' before each '|'
// and '\' inside.
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/sources/relational/table.hpp"

namespace tenon::actors::relational {

inline constexpr std::size_t max_value_bytes = 4u << 20;
inline constexpr std::size_t max_key_bytes = 250; // as a collection stores it

class rows {
public:
  explicit rows(const table&);

  /// A row is begun, given each column's value and each key column's text in order, and ended.
  void begin();
  /// After this, the column's value is appended to `json()`.
  void name(std::size_t column) { text_ += names_[column]; }
  std::string& json() { return text_; }
  void null() { text_ += "null"; }
  void write(std::int64_t);
  /// As JSON text, or as base64 in a letter when it is not UTF-8.
  void write_text(std::size_t column, std::string_view bytes);
  void write_bytes(std::size_t column, std::string_view bytes);
  void key_part(std::string_view text);
  void key_part_is_null();
  void end(bool deleted);
  /// Whether the row that ended last is a letter. By its key it can be asked for again; and it is
  /// known to be there still.
  bool refused() const { return !spoiled_.empty(); }
  void known_by(const std::vector<cell>& key);

  /// The row at hand becomes a letter. The first reason counts.
  void spoil(std::size_t column, std::string why);
  /// Not a row itself: something else that a person should see.
  void note(std::string place, std::string reason);
  /// A record of a key alone.
  void deleted(std::string key);

  const relational::table& table() const { return table_; }
  std::size_t count() const { return taken_; }
  std::size_t bytes() const { return text_.size(); }
  void finish(source_page&) &&;

private:
  struct part {
    std::string key; // of a letter: its place
    std::string reason{};
    std::size_t begin = 0;
    std::size_t end = 0;
    bool deleted = false;
    blob again{};      // of a letter
    std::string row{}; // which it is about, where that can be known
  };

  bool fits(std::size_t column, std::string_view bytes);

  const relational::table& table_;
  std::vector<std::string> names_; // `,"name":`
  std::string text_;
  std::vector<part> records_;
  std::vector<part> letters_;
  part made_;
  std::string key_;
  std::size_t key_parts_ = 0;
  std::string spoiled_; // why the row at hand is a letter
  bool key_spoiled_ = false;
  std::size_t taken_ = 0;
};

/// The next of so many parts of a key.
void append_key_part(std::string& key, std::string_view text, std::size_t parts, std::size_t part);

std::size_t first_bad_byte(std::string_view text);

/// Whether text in a column that says whether its row is deleted means that it is: all but "", "0",
/// "false", "f", "no" and "n", in any case.
bool means_deleted(std::string_view text);

} // namespace tenon::actors::relational
