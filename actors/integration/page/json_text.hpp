// The body of an answer, checked once as strict JSON (RFC 8259, UTF-8, bounded depth) and from then
// on read in place: records are slices of it, and nothing is built or written again. Checking
// remembers where large lists and objects end, so that stepping over one costs a search, not a
// second reading. A key written twice means its first value here.
#pragma once

#include "protocols/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

class json_text {
public:
  static constexpr std::size_t max_depth = 64;
  static constexpr std::size_t max_bytes = 64u << 20;

  /// `malformed` with "byte N" as the place, or `too_large`. `bytes` must outlive the answer.
  static result<json_text> check(std::string_view bytes);

  /// The whole value, without the blanks around it.
  std::string_view root() const { return bytes_.substr(root_, end_ - root_); }

  /// Goes over the items of a list or the members of an object, which is a slice of this text.
  /// Anything else has none.
  class walk {
  public:
    walk(const json_text& text, std::string_view container);

    bool next();
    std::string_view key() const { return key_; } // of a member, with its quotes
    std::string_view content() const { return content_; }

  private:
    const json_text& text_;
    std::size_t at_;
    std::size_t end_;
    bool is_object_;
    std::string_view key_{};
    std::string_view content_{};
  };

  std::optional<std::string_view> member(std::string_view object, std::string_view name) const;
  /// The place of a slice, for messages.
  std::size_t offset_of(std::string_view slice) const {
    return static_cast<std::size_t>(slice.data() - bytes_.data());
  }

private:
  friend class json_checker;
  struct extent {
    std::uint32_t open;
    std::uint32_t end;
  };

  std::size_t end_of_value(std::size_t at) const;

  std::string_view bytes_;
  std::size_t root_ = 0;
  std::size_t end_ = 0;
  std::vector<extent> large_{}; // by their opening
};

/// Whether the raw key, with its quotes, says `name`.
bool is_key(std::string_view raw, std::string_view name);

/// What a raw text, number or truth value says as text; nothing for null, lists and objects.
std::optional<std::string> scalar_text(std::string_view raw);

inline bool is_null(std::string_view raw) {
  return raw == "null";
}
inline bool is_list(std::string_view raw) {
  return raw.starts_with('[');
}
inline bool is_object(std::string_view raw) {
  return raw.starts_with('{');
}
inline bool is_text(std::string_view raw) {
  return raw.starts_with('"');
}

} // namespace tenon::actors::connectors
