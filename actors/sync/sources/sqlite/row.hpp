// A row as a record: a JSON object with the columns in the order of the table. Integers and reals
// are numbers, text is text, a blob is base64 text, NULL is null. What JSON cannot say (text that
// is not UTF-8, an infinite number), a value of more than 4 MiB, and a row without a usable key
// become letters that name the column.
//
// The key is the text of its column: an integer in decimal, text as it is. Several columns are
// joined by '|', with '\' before each '|' and '\' inside.
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/sources/sqlite/table.hpp"

namespace tenon::actors::sqlite {

inline constexpr std::size_t max_value_bytes = 4u << 20;
inline constexpr std::size_t max_key_bytes = 250; // as a collection stores it

/// Rows of one page, in one allocation.
class rows {
public:
  explicit rows(const table&);

  /// The row that the statement, which selects every column in order, stands at.
  void take(const statement&);
  /// Not a row itself: something else that a person should see.
  void note(std::string place, std::string reason);

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
  };

  void write(const statement&, std::size_t column);
  void write_text(sqlite3_stmt*, std::size_t column);
  void write_key(const statement&);
  void spoil(std::size_t column, std::string why);

  const table& table_;
  std::vector<std::string> names_; // `,"name":`
  std::string text_;
  std::vector<part> records_;
  std::vector<part> letters_;
  std::string key_;
  std::string spoiled_; // why the row at hand is a letter
  std::size_t taken_ = 0;
};

} // namespace tenon::actors::sqlite
