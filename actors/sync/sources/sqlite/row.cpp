#include "actors/sync/sources/sqlite/row.hpp"

#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tenon::actors::sqlite {
namespace {

constexpr std::size_t first_reserve = 256u << 10;

std::string_view bytes_of(sqlite3_stmt* row, int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
  return {bytes, bytes ? static_cast<std::size_t>(sqlite3_column_bytes(row, column)) : 0};
}

void write_number(std::int64_t n, std::string& onto) {
  std::array<char, 24> digits;
  onto.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr);
}

std::size_t first_bad_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto length = utf8_sequence_length(text.substr(at));
    if (length == 0)
      break;
    at += length;
  }
  return at;
}

/// Whether it is what some integer is written as.
bool reads_as_integer(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  return wrong == std::errc{} && end == text.data() + text.size() && std::to_string(n) == text;
}

bool is_any_of(std::string_view word, std::initializer_list<const char*> those) {
  const std::string spelled{word};
  return std::ranges::any_of(
      those, [&](const char* w) { return sqlite3_stricmp(spelled.c_str(), w) == 0; });
}

/// A number that is not zero; text other than "", "0", "false", "f", "no", "n"; a blob with bytes.
bool truthy(sqlite3_stmt* row, int column) {
  switch (sqlite3_column_type(row, column)) {
  case SQLITE_INTEGER:
    return sqlite3_column_int64(row, column) != 0;
  case SQLITE_FLOAT:
    return sqlite3_column_double(row, column) != 0;
  case SQLITE_TEXT: {
    const auto word = bytes_of(row, column);
    return word.size() > 5 || !is_any_of(word, {"", "0", "false", "f", "no", "n"});
  }
  case SQLITE_BLOB:
    return !bytes_of(row, column).empty();
  default:
    return false;
  }
}

} // namespace

rows::rows(const table& t) : table_{t} {
  text_.reserve(first_reserve);
  for (const auto& c : t.columns) {
    std::string name{names_.empty() ? '{' : ','};
    write_json_text(c.name, name);
    names_.push_back(name += ':');
  }
}

void rows::take(const statement& row) {
  ++taken_;
  spoiled_.clear();
  part made{.begin = text_.size()};
  for (std::size_t i = 0; i < names_.size(); ++i) {
    text_ += names_[i];
    write(row, i);
  }
  text_ += '}';
  made.end = text_.size();
  write_key(row);
  made.key = key_;
  if (!spoiled_.empty()) {
    made.key = "row " + made.key;
    made.reason = spoiled_;
    letters_.push_back(std::move(made));
    return;
  }
  made.deleted = table_.deleted && truthy(row.handle(), static_cast<int>(*table_.deleted));
  records_.push_back(std::move(made));
}

void rows::note(std::string place, std::string reason) {
  letters_.push_back({.key = std::move(place), .reason = std::move(reason)});
}

void rows::write(const statement& from, std::size_t column) {
  auto* const row = from.handle();
  const auto at = static_cast<int>(column);
  switch (sqlite3_column_type(row, at)) {
  case SQLITE_INTEGER:
    return write_number(sqlite3_column_int64(row, at), text_);
  case SQLITE_FLOAT: {
    const auto d = sqlite3_column_double(row, at);
    if (!std::isfinite(d))
      spoil(column, "is infinite, for which JSON has no number");
    return write_json(value{d}, text_);
  }
  case SQLITE_TEXT:
    return write_text(row, column);
  case SQLITE_BLOB: {
    const auto bytes = bytes_of(row, at);
    if (bytes.size() <= max_value_bytes) {
      ((text_ += '"') += to_base64(bytes)) += '"';
      return;
    }
    spoil(column, "has " + std::to_string(bytes.size()) + " bytes, more than 4 MiB");
    [[fallthrough]];
  }
  default:
    text_ += "null";
  }
}

void rows::write_text(sqlite3_stmt* row, std::size_t column) {
  const auto at = static_cast<int>(column);
  sqlite3_column_text(row, at); // as UTF-8, whatever the database keeps
  const auto bytes = bytes_of(row, at);
  if (bytes.size() > max_value_bytes) {
    spoil(column, "has " + std::to_string(bytes.size()) + " bytes, more than 4 MiB");
    text_ += "null";
  } else if (is_utf8(bytes)) {
    write_json_text(bytes, text_);
  } else {
    spoil(column,
          "is not UTF-8 at byte " + std::to_string(first_bad_byte(bytes)) + "; below it is base64");
    ((text_ += '"') += to_base64(bytes)) += '"';
  }
}

void rows::write_key(const statement& from) {
  auto* const row = from.handle();
  key_.clear();
  for (const auto k : table_.key) {
    const auto at = static_cast<int>(k);
    if (k != table_.key.front())
      key_ += '|';
    switch (sqlite3_column_type(row, at)) {
    case SQLITE_INTEGER:
      write_number(sqlite3_column_int64(row, at), key_);
      break;
    case SQLITE_TEXT: {
      const auto word = bytes_of(row, at).substr(0, max_key_bytes + 1);
      // In a column of both, 5 and '5' are two rows.
      if (!table_.columns[k].holds_text && reads_as_integer(word))
        spoil(k, "is text that reads as a number, and a key of that number would be the same");
      for (const char c : word) {
        if (table_.key.size() > 1 && (c == '|' || c == '\\'))
          key_ += '\\';
        key_ += c;
      }
      break;
    }
    case SQLITE_NULL:
      spoil(k, "of the key is NULL");
      break;
    default:
      spoil(k, "of the key is neither an integer nor text");
    }
  }
  if (spoiled_.empty() && key_.empty())
    spoil(table_.key.front(), "of the key is empty");
  if (key_.size() > max_key_bytes) {
    if (spoiled_.empty())
      spoil(table_.key.front(), "makes a key of more than 250 bytes");
    key_.resize(max_key_bytes);
  }
  if (!is_utf8(key_)) // of a letter, cut or bad: what is left must be text
    key_.resize(first_bad_byte(key_));
}

void rows::spoil(std::size_t column, std::string why) {
  if (spoiled_.empty())
    spoiled_ = "column " + table_.columns[column].name + ' ' + std::move(why);
}

void rows::finish(source_page& page) && {
  const auto whole = blob::from(std::move(text_));
  const auto bytes = [&](const part& p) {
    return whole.slice(whole.view().substr(p.begin, p.end - p.begin));
  };
  page.bytes = whole.size();
  page.records.reserve(records_.size());
  for (auto& r : records_)
    page.records.push_back({std::move(r.key), bytes(r), r.deleted});
  for (auto& l : letters_)
    page.letters.push_back(
        {.place = std::move(l.key), .reason = std::move(l.reason), .bytes = bytes(l)});
}

} // namespace tenon::actors::sqlite
