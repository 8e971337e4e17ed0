#include "runtime/expression/evaluation/operand.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tenon::runtime::expression {
namespace {

struct viewer {
  const value& whole;

  operand operator()(std::monostate) const { return {}; }
  operand operator()(bool b) const { return operand::of(b); }
  operand operator()(std::int64_t n) const { return operand::of(n); }
  operand operator()(double d) const { return operand::of(d); }
  operand operator()(const std::string& s) const { return operand::of(std::string_view{s}); }
  operand operator()(moment m) const { return operand::of(m); }
  operand operator()(span s) const { return operand::of(s); }
  template <class Container> operand operator()(const Container&) const {
    operand o;
    o.what = operand::kind::tree;
    o.tree = &whole;
    return o;
  }
};

bool equal_containers(const value& a, const value& b) {
  if (const auto* left = a.as<list>()) {
    const auto* right = b.as<list>();
    if (!right || left->size() != right->size())
      return false;
    for (std::size_t i = 0; i < left->size(); ++i)
      if (!equal_trees(operand::of((*left)[i]), operand::of((*right)[i])))
        return false;
    return true;
  }
  const auto* left = a.as<object>();
  const auto* right = b.as<object>();
  if (!left || !right || left->size() != right->size())
    return false;
  for (const auto& [name, v] : *left) {
    const auto* other = right->find(name);
    if (!other || !equal_trees(operand::of(v), operand::of(*other)))
      return false;
  }
  return true;
}

} // namespace

operand operand::of(const value& v) {
  return std::visit(viewer{v}, v.alternatives());
}

bool operand::is_list() const {
  return what == kind::tree ? tree->is<list>() : what == kind::json && text.starts_with('[');
}

types operand::type() const {
  constexpr std::array<types, 7> scalars{type::null, type::boolean, type::number, type::number,
                                         type::text, type::moment,  type::span};
  if (is_container())
    return is_list() ? type::list : type::object;
  return scalars[static_cast<std::size_t>(what)];
}

void append_number(std::string& onto, double d) {
  std::array<char, 64> digits;
  const bool plain = d == 0 || (std::fabs(d) >= 1e-7 && std::fabs(d) < 1e21);
  const auto end = plain ? std::to_chars(digits.data(), digits.data() + digits.size(), d,
                                         std::chars_format::fixed)
                         : std::to_chars(digits.data(), digits.data() + digits.size(), d);
  onto.append(digits.data(), end.ptr);
}

void append_scalar(std::string& onto, const operand& o) {
  switch (o.what) {
  case operand::kind::boolean:
    onto += o.boolean() ? "true" : "false";
    break;
  case operand::kind::integer:
    onto += std::to_string(o.integer);
    break;
  case operand::kind::real:
    append_number(onto, o.real);
    break;
  case operand::kind::text:
    onto += o.text;
    break;
  case operand::kind::moment:
    onto += to_text(o.as_moment());
    break;
  case operand::kind::span:
    onto += to_text(o.as_span());
    break;
  default:
    break;
  }
}

bool equal_trees(const operand& a, const operand& b) {
  if (a.is_number() && b.is_number()) {
    // A long double holds every 64-bit integer and every double.
    const auto exact = [](const operand& o) {
      return o.what == operand::kind::real ? static_cast<long double>(o.real)
                                           : static_cast<long double>(o.integer);
    };
    return exact(a) == exact(b);
  }
  if (a.what != b.what)
    return false;
  switch (a.what) {
  case operand::kind::null:
    return true;
  case operand::kind::text:
    return a.text == b.text;
  case operand::kind::tree:
    return equal_containers(*a.tree, *b.tree);
  default:
    return a.integer == b.integer;
  }
}

} // namespace tenon::runtime::expression
