#include "actors/sync/sources/relational/rows.hpp"

#include "actors/sync/sources/relational/place.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tenon::actors::relational {
namespace {

constexpr std::size_t first_reserve = 256u << 10;

} // namespace

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

void append_key_part(std::string& key, std::string_view text, std::size_t parts, std::size_t part) {
  if (part > 0)
    key += '|';
  text = text.substr(0, max_key_bytes + 1);
  if (parts == 1) {
    key += text;
    return;
  }
  for (const char c : text) {
    if (c == '|' || c == '\\')
      key += '\\';
    key += c;
  }
}

bool means_deleted(std::string_view text) {
  if (text.size() > 5)
    return true;
  std::string word;
  for (const char c : text)
    word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::array<std::string_view, 6> no{"", "0", "false", "f", "no", "n"};
  return std::ranges::find(no, word) == no.end();
}

rows::rows(const relational::table& t) : table_{t} {
  text_.reserve(first_reserve);
  for (const auto& c : t.columns) {
    std::string name{names_.empty() ? '{' : ','};
    write_json_text(c.name, name);
    names_.push_back(name += ':');
  }
}

void rows::begin() {
  spoiled_.clear();
  key_spoiled_ = false;
  key_.clear();
  key_parts_ = 0;
  made_ = part{.begin = text_.size()};
}

void rows::write(std::int64_t n) {
  std::array<char, 24> digits;
  text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr);
}

bool rows::fits(std::size_t column, std::string_view bytes) {
  if (bytes.size() <= max_value_bytes)
    return true;
  spoil(column, "has " + std::to_string(bytes.size()) + " bytes, more than 4 MiB");
  null();
  return false;
}

void rows::write_text(std::size_t column, std::string_view bytes) {
  if (!fits(column, bytes))
    return;
  if (is_utf8(bytes))
    return write_json_text(bytes, text_);
  spoil(column,
        "is not UTF-8 at byte " + std::to_string(first_bad_byte(bytes)) + "; below it is base64");
  ((text_ += '"') += to_base64(bytes)) += '"';
}

void rows::write_bytes(std::size_t column, std::string_view bytes) {
  if (fits(column, bytes))
    ((text_ += '"') += to_base64(bytes)) += '"';
}

void rows::key_part(std::string_view text) {
  append_key_part(key_, text, table_.key.size(), key_parts_++);
}

void rows::key_part_is_null() {
  spoil(table_.key[key_parts_], "of the key is NULL");
  if (key_parts_++ > 0)
    key_ += '|';
}

void rows::end(bool deleted) {
  ++taken_;
  text_ += '}';
  made_.end = text_.size();
  if (spoiled_.empty() && key_.empty())
    spoil(table_.key.front(), "of the key is empty");
  if (key_.size() > max_key_bytes) {
    spoil(table_.key.front(), "makes a key of more than 250 bytes");
    key_.resize(max_key_bytes);
  }
  if (!is_utf8(key_)) { // of a letter, cut or bad: what is left must be text
    spoil(table_.key.front(), "of the key is not UTF-8");
    key_.resize(first_bad_byte(key_));
  }
  if (!spoiled_.empty()) {
    made_.key = "row " + key_;
    made_.reason = spoiled_;
    letters_.push_back(std::move(made_));
    return;
  }
  made_.key = key_;
  made_.deleted = deleted;
  records_.push_back(std::move(made_));
}

void rows::known_by(const std::vector<cell>& key) {
  auto& letter = letters_.back();
  auto kept =
      fitting({std::move(letter.reason), {}, words_for_again("row", write_row_key(table_, key))});
  letter.reason = std::move(kept.reason);
  letter.again = std::move(kept.again);
  if (!key_spoiled_ && !key_.empty() && !letter.again.empty())
    letter.row = key_;
}

void rows::spoil(std::size_t column, std::string why) {
  key_spoiled_ |= std::ranges::count(table_.key, column) != 0;
  if (spoiled_.empty())
    spoiled_ = "column " + table_.columns[column].name + ' ' + std::move(why);
}

void rows::note(std::string place, std::string reason) {
  letters_.push_back({.key = std::move(place), .reason = std::move(reason)});
}

void rows::deleted(std::string key) {
  ++taken_;
  records_.push_back({.key = std::move(key), .deleted = true});
}

void rows::finish(source_page& page) && {
  const auto whole = blob::from(std::move(text_));
  const auto bytes = [&](const part& p) {
    return whole.slice(whole.view().substr(p.begin, p.end - p.begin));
  };
  page.bytes += whole.size();
  page.records.reserve(page.records.size() + records_.size());
  for (auto& r : records_)
    page.records.push_back({std::move(r.key), bytes(r), r.deleted});
  for (auto& l : letters_)
    page.letters.push_back({.place = std::move(l.key),
                            .reason = std::move(l.reason),
                            .bytes = bytes(l),
                            .key = std::move(l.row),
                            .again = std::move(l.again)});
}

} // namespace tenon::actors::relational
