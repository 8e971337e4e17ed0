// What one evaluation has made and may still spend. Operands point into it; it ends with the
// evaluation.
#pragma once

#include "protocols/failure.hpp"
#include "runtime/expression/evaluation/operand.hpp"
#include "runtime/expression/expression.hpp"

#include <forward_list>
#include <optional>
#include <string>

namespace tenon::runtime::expression {

class workspace {
public:
  explicit workspace(std::optional<moment> now) : now_{now} {}

  result<moment> now() const;

  /// `too_large` when the evaluation has done its steps.
  result<void> spend(std::size_t steps) {
    if (steps > steps_left_)
      return too_many_steps();
    steps_left_ -= steps;
    return {};
  }

  /// Holds on to what was made, within the limits on one text and on all that is made.
  result<operand> keep(std::string made);
  result<operand> keep(value made);

  /// The list or object an operand is, read from JSON text if it is that.
  result<const value*> tree_of(const operand& container);
  /// A value of its own.
  result<value> own(const operand&);
  /// The operand as it stands in a text, lists and objects as JSON.
  result<void> append_text(std::string& onto, const operand&);

private:
  static failure too_many_steps();
  result<void> take_bytes(std::size_t bytes);

  std::optional<moment> now_;
  std::size_t steps_left_ = max_steps;
  std::size_t bytes_left_ = max_made_bytes;
  std::forward_list<value> kept_;
};

} // namespace tenon::runtime::expression
