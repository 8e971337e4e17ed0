#include "actors/sync/sources/network/entries.hpp"

#include "actors/integration/page/json_text.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

namespace tenon::actors {

void entries::keep(std::string key, std::string json, const std::string& place) {
  if (key.empty())
    return refuse(place, "the key is empty", json);
  if (key.size() > max_key_bytes)
    return refuse(place, "the key is longer than 250 bytes", json);
  if (json.size() > max_record_bytes)
    return refuse(place, "as JSON it has more than 4 MiB", json);
  bytes_ += json.size();
  page_.records.push_back({std::move(key), blob::from(std::move(json)), false});
}

void entries::remove(std::string key, std::string json) {
  bytes_ += json.size();
  page_.records.push_back({std::move(key), blob::from(std::move(json)), true});
}

void entries::refuse(std::string place, std::string reason, std::string_view bytes) {
  if (bytes.size() > max_letter_bytes)
    reason += "; here are its first 64 KiB";
  bytes = bytes.substr(0, max_letter_bytes);
  bytes_ += bytes.size();
  page_.letters.push_back(
      {.place = std::move(place), .reason = std::move(reason), .bytes = blob::copy_of(bytes)});
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
