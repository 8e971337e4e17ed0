// What came from a stream of messages, as one page: records under their keys, and letters for what
// cannot be one. And how the bytes of a message become JSON.
#pragma once

#include "actors/sync/source.hpp"

namespace tenon::actors {

class entries {
public:
  static constexpr std::size_t max_record_bytes = 4u << 20; // as JSON
  static constexpr std::size_t max_page_bytes = 8u << 20;   // then the page ends
  static constexpr std::size_t max_key_bytes = 250;         // as a collection stores it

  explicit entries(std::size_t most) : most_{most} {}

  /// A JSON object. Null; or, if the key or the size is wrong, why it is for the caller to refuse.
  const char* keep(std::string key, std::string json);
  void remove(std::string key, std::string json);
  /// A letter. `place` names it there.
  void refuse(std::string place, unread);

  bool full() const { return count() >= most_ || bytes_ >= max_page_bytes; }
  bool empty() const { return count() == 0; }
  std::size_t count() const { return page_.records.size() + page_.letters.size(); }
  source_page finish() &&;

private:
  const std::size_t most_;
  std::size_t bytes_ = 0;
  source_page page_;
};

/// How the bytes of a message are to be read.
enum class reading : std::uint8_t { text, json, base64 };
inline const std::vector<std::string> reading_names{"text", "json", "base64"};

/// Adds them as JSON, and says whether they can be read so. As JSON, they are embedded.
bool write_read(std::string_view bytes, reading, std::string& onto);

} // namespace tenon::actors
