// A JSON document as it streams by: where its values end, by brackets and quotes alone. Nothing is
// checked beyond that, and nothing kept but the value at hand.
#pragma once

#include "actors/sync/sources/files/bytes/input.hpp"

#include <optional>

namespace tenon::actors::files {

class json_scan {
public:
  explicit json_scan(input& in) : in_{in} {}

  /// The next character that is no blank; it is the first of the window. A failure at the end.
  result<char> next();
  /// Whether only blanks are left.
  result<bool> at_end();

  /// A member's key with its quotes, and behind the colon. Valid until the next call.
  result<std::string_view> key();

  /// The bytes of the value that begins with the window, which then holds all of them; 0 when it
  /// has more than `most`.
  result<std::size_t> value_within(std::size_t most);
  /// Takes the value that comes next, however large.
  result<void> skip_value();

  failure wrong(const char* why) const;

private:
  /// Goes through bytes of a value, as many calls as it takes.
  class ending {
  public:
    /// Behind the value's last byte, if that is among them.
    std::optional<std::size_t> find(std::string_view bytes, std::size_t from);

    /// Whether the end of the document would end the value too.
    bool of_a_word() const { return begun_ && depth_ == 0 && !in_text_; }

  private:
    std::size_t depth_ = 0;
    bool begun_ = false;
    bool in_text_ = false;
    bool escaped_ = false;
    bool is_word_ = false;
  };

  failure cut_off() const;

  input& in_;
  std::string key_;
};

} // namespace tenon::actors::files
