#include "actors/sync/sources/files/rows.hpp"

namespace tenon::actors::files {
namespace {

using connectors::json_path;
using connectors::json_text;

constexpr std::size_t max_page_bytes = 8u << 20; // then the page ends, however few rows it has
constexpr std::size_t first_reserve = 512u << 10;

void read_key(const json_text& record, const std::vector<json_path>& fields, record_key& into) {
  for (const auto& field : fields) {
    const auto raw = connectors::find(record, record.root(), field);
    const auto text = raw ? connectors::scalar_text(*raw) : std::nullopt;
    if (text)
      into.add(*text);
    else
      into.miss("field " + field.text + " of the key is " +
                (!raw                        ? "missing"
                 : connectors::is_null(*raw) ? "null"
                                             : "neither text nor a number"));
  }
}

} // namespace

std::string place_of(std::string_view file, spot s) {
  return (std::string{file} += s.sign) += std::to_string(s.number);
}

void record_key::clear() {
  added_ = 0;
  text_.clear();
  fault_.clear();
}

void record_key::add(std::string_view field) {
  if (added_++ > 0)
    text_ += '|';
  if (fields_ == 1) {
    text_ += field;
    return;
  }
  for (const char c : field) {
    if (c == '|' || c == '\\')
      text_ += '\\';
    text_ += c;
  }
}

void record_key::miss(std::string why) {
  if (fault_.empty())
    fault_ = std::move(why);
}

rows::rows(std::size_t most) : most_{most} {
  text_.reserve(first_reserve);
}

void rows::keep(std::size_t begin, record_key& key, spot at, std::string_view came,
                const blob& again) {
  const auto size = text_.size() - begin;
  const char* why = nullptr;
  if (!key.fault().empty())
    why = key.fault().c_str();
  else if (key.text().empty())
    why = "the key is empty";
  else if (key.text().size() > max_key_bytes)
    why = "the key is longer than 250 bytes";
  else if (size > max_record_bytes)
    why = "as JSON it has more than 4 MiB";
  if (why)
    return refuse(begin, at, why, came, again);
  records_.push_back({key.take(), {}, begin, text_.size()});
}

void rows::refuse(std::size_t begin, spot at, std::string reason, std::string_view bytes,
                  const blob& again) {
  text_.resize(begin);
  auto kept = fitting({std::move(reason), bytes, again});
  text_ += kept.bytes;
  beside_ += kept.again.size();
  letters_.push_back(
      {place_of(file_, at), std::move(kept.reason), begin, text_.size(), std::move(kept.again)});
}

void rows::refuse_long(spot at, std::string_view first) {
  refuse(text_.size(), at, "the record has more than 4 MiB", first);
}

const blob& rows::json_again() {
  static const auto words = words_for_again("json");
  return words;
}

void rows::keep_json(std::string_view json, const std::vector<json_path>& fields, spot at,
                     const blob& again) {
  if (json.size() > max_record_bytes)
    return refuse_long(at, json);
  const auto begin = text_.size();
  const auto record = json_text::check(json);
  if (!record) {
    const auto& f = record.error();
    return refuse(begin, at, f.why + (f.where.empty() ? "" : " (" + f.where + ')'), json, again);
  }
  if (!connectors::is_object(record->root()))
    return refuse(begin, at, "it is not a JSON object", json, again);
  record_key key{fields.size()};
  read_key(*record, fields, key);
  if (!key.fault().empty())
    return refuse(begin, at, key.fault(), json, again);
  text_ += record->root();
  keep(begin, key, at, json, again);
}

bool rows::full() const {
  return records_.size() + letters_.size() >= most_ || text_.size() + beside_ >= max_page_bytes;
}

void rows::finish(source_page& page) && {
  const auto whole = blob::from(std::move(text_));
  const auto bytes = [&](const part& p) {
    return whole.slice(whole.view().substr(p.begin, p.end - p.begin));
  };
  page.records.reserve(records_.size());
  for (auto& r : records_)
    page.records.push_back({std::move(r.name), bytes(r), false});
  for (auto& l : letters_)
    page.letters.push_back({.place = std::move(l.name),
                            .reason = std::move(l.reason),
                            .bytes = bytes(l),
                            .again = std::move(l.again)});
}

} // namespace tenon::actors::files
