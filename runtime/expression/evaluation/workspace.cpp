#include "runtime/expression/evaluation/workspace.hpp"

#include "protocols/json.hpp"

namespace tenon::runtime::expression {
namespace {

/// About the bytes a tree takes, which is about the work that copying it is.
std::size_t weight_of(const value& v) {
  std::size_t weight = sizeof(value);
  if (const auto* text = v.as<std::string>())
    weight += text->size();
  else if (const auto* items = v.as<list>())
    for (const auto& item : *items)
      weight += weight_of(item);
  else if (const auto* members = v.as<object>())
    for (const auto& [name, member] : *members)
      weight += name.size() + weight_of(member);
  return weight;
}

} // namespace

failure workspace::too_many_steps() {
  return {code::too_large,
          "the expression needs more than " + std::to_string(max_steps) + " steps",
          {},
          "Use smaller lists, or split the work."};
}

result<void> workspace::take_bytes(std::size_t bytes) {
  if (bytes > bytes_left_)
    return failure{code::too_large, "the expression makes more than " +
                                        std::to_string(max_made_bytes >> 20) + " MiB"};
  bytes_left_ -= bytes;
  return {};
}

result<moment> workspace::now() const {
  if (!now_)
    return failure{code::malformed, "there is no present time here", {}, "Do not use now() here."};
  return *now_;
}

result<operand> workspace::keep(std::string made) {
  if (made.size() > max_text_bytes)
    return failure{code::too_large, "the text that is made is longer than " +
                                        std::to_string(max_text_bytes) + " bytes"};
  if (auto fits = take_bytes(made.size()); !fits)
    return std::move(fits).error();
  kept_.emplace_front(std::move(made));
  return operand::of(kept_.front());
}

result<operand> workspace::keep(value made) {
  if (auto fits = take_bytes(weight_of(made)); !fits)
    return std::move(fits).error();
  kept_.emplace_front(std::move(made));
  return operand::of(kept_.front());
}

result<const value*> workspace::tree_of(const operand& container) {
  if (container.what == operand::kind::tree)
    return container.tree;
  auto read = read_json(container.text);
  if (!read)
    return std::move(read).error();
  auto kept = keep(std::move(*read));
  if (!kept)
    return std::move(kept).error();
  return kept->tree;
}

result<value> workspace::own(const operand& o) {
  switch (o.what) {
  case operand::kind::null:
    return value{};
  case operand::kind::boolean:
    return value{o.boolean()};
  case operand::kind::integer:
    return value{o.integer};
  case operand::kind::real:
    return value{o.real};
  case operand::kind::moment:
    return value{o.as_moment()};
  case operand::kind::span:
    return value{o.as_span()};
  case operand::kind::text:
    if (auto fits = take_bytes(o.text.size()); !fits)
      return std::move(fits).error();
    return value{o.text};
  case operand::kind::tree:
    if (auto fits = take_bytes(weight_of(*o.tree)); !fits)
      return std::move(fits).error();
    return *o.tree;
  case operand::kind::json:
    break;
  }
  return read_json(o.text);
}

result<void> workspace::append_text(std::string& onto, const operand& o) {
  if (!o.is_container()) {
    append_scalar(onto, o);
  } else {
    // JSON text is read and written again: what goes into a text has been checked.
    auto tree = tree_of(o);
    if (!tree)
      return std::move(tree).error();
    if (auto fits = take_bytes(weight_of(**tree)); !fits)
      return fits;
    write_json(**tree, onto);
  }
  if (onto.size() > max_text_bytes)
    return failure{code::too_large, "the text that is made is longer than " +
                                        std::to_string(max_text_bytes) + " bytes"};
  return {};
}

} // namespace tenon::runtime::expression
