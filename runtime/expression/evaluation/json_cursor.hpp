// Finds fields in the bytes of a JSON text without building its tree. What is passed over is
// checked only for its brackets and quotes; what is taken out is checked in full.
#pragma once

#include "runtime/expression/evaluation/workspace.hpp"

#include <string_view>

namespace tenon::runtime::expression {

/// Goes over the elements of a list or the members of an object in JSON text.
class json_cursor {
public:
  /// `container` starts with its bracket.
  explicit json_cursor(std::string_view container) : rest_{container} {}

  /// Whether there is one more, which is then what `key` and `element` say.
  bool next();
  /// Whether the bytes were not JSON; `next` is false from then on.
  bool broken() const { return broken_; }

  /// The member's key as written, without its quotes.
  std::string_view key() const { return key_; }
  bool key_is(std::string_view name) const;
  /// The bytes of the element or of the member's value.
  std::string_view element() const { return element_; }

private:
  bool stop(bool broken);
  bool take(char c);

  std::string_view rest_;
  std::string_view key_{};
  std::string_view element_{};
  bool inside_ = false;
  bool object_ = false;
  bool broken_ = false;
};

/// The bytes of the value at the front, without the blanks around it; empty when there is none.
std::string_view json_value_at_front(std::string_view bytes);

/// What the bytes of one value say; a list or object stays bytes.
result<operand> operand_of_json(std::string_view bytes, workspace& work);

} // namespace tenon::runtime::expression
