#include "actors/sync/sources/network/entries.hpp"

#include "actors/integration/page/json_text.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

namespace tenon::actors {

const char* entries::keep(std::string key, std::string json) {
  if (key.empty())
    return "the key is empty";
  if (key.size() > max_key_bytes)
    return "the key is longer than 250 bytes";
  if (json.size() > max_record_bytes)
    return "as JSON it has more than 4 MiB";
  bytes_ += json.size();
  page_.records.push_back({std::move(key), blob::from(std::move(json)), false});
  return nullptr;
}

void entries::remove(std::string key, std::string json) {
  bytes_ += json.size();
  page_.records.push_back({std::move(key), blob::from(std::move(json)), true});
}

void entries::refuse(std::string place, unread what) {
  auto kept = fitting(std::move(what));
  bytes_ += kept.bytes.size() + kept.again.size();
  page_.letters.push_back({.place = std::move(place),
                           .reason = std::move(kept.reason),
                           .bytes = blob::copy_of(kept.bytes),
                           .again = std::move(kept.again)});
}

source_page entries::finish() && {
  page_.bytes = bytes_;
  return std::move(page_);
}

bool write_read(std::string_view bytes, reading how, std::string& onto) {
  if (how == reading::base64) {
    write_json_text(to_base64(bytes), onto);
    return true;
  }
  if (how == reading::json) {
    const auto read = connectors::json_text::check(bytes);
    if (read)
      onto += read->root();
    return read.has_value();
  }
  if (!is_utf8(bytes))
    return false;
  write_json_text(bytes, onto);
  return true;
}

} // namespace tenon::actors
