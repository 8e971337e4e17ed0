#include "runtime/expression/evaluation/walk.hpp"

#include "runtime/expression/evaluation/json_cursor.hpp"

namespace tenon::runtime::expression {
namespace {

failure broken_json() {
  return {code::malformed, "what is looked up is not JSON: a bracket, quote or comma is missing"};
}

result<operand> member_of(const operand& from, std::string_view name, workspace& work,
                          bool& missing) {
  if (from.what == operand::kind::tree) {
    const auto* found = from.tree->find(name);
    missing = !found;
    return found ? operand::of(*found) : operand{};
  }
  if (from.what == operand::kind::json && from.text.starts_with('{')) {
    json_cursor members{from.text};
    while (members.next())
      if (members.key_is(name))
        return operand_of_json(members.element(), work);
    if (members.broken())
      return broken_json();
  }
  missing = true;
  return operand{};
}

result<operand> element_of(const operand& from, std::int64_t position, workspace& work,
                           bool& missing) {
  if (from.what == operand::kind::tree) {
    if (const auto* items = from.tree->as<list>()) {
      const auto size = static_cast<std::int64_t>(items->size());
      const auto at = position < 0 ? position + size : position;
      if (at >= 0 && at < size)
        return operand::of((*items)[static_cast<std::size_t>(at)]);
    }
  } else if (from.what == operand::kind::json && from.text.starts_with('[')) {
    std::int64_t size = 0;
    if (position < 0) {
      json_cursor counted{from.text};
      while (counted.next())
        ++size;
    }
    auto at = position < 0 ? position + size : position;
    json_cursor items{from.text};
    while (at >= 0 && items.next())
      if (at-- == 0)
        return operand_of_json(items.element(), work);
    if (items.broken())
      return broken_json();
  }
  missing = true;
  return operand{};
}

class collector {
public:
  collector(std::span<const path_step> steps, workspace& work) : steps_{steps}, work_{work} {}

  result<void> add(const operand& element) {
    if (auto affordable = work_.spend(1); !affordable)
      return affordable;
    bool missing = false;
    auto found = walk(element, steps_, work_, missing);
    if (!found)
      return std::move(found).error();
    if (missing)
      return {};
    auto owned = work_.own(*found);
    if (!owned)
      return std::move(owned).error();
    // One `*` after another gives one list and not a list of lists.
    if (auto* inner = owned->as<list>(); inner && has_every())
      std::move(inner->begin(), inner->end(), std::back_inserter(found_));
    else
      found_.push_back(std::move(*owned));
    return {};
  }
  list take() { return std::move(found_); }

private:
  bool has_every() const {
    for (const auto& step : steps_)
      if (step.what == path_step::kind::every)
        return true;
    return false;
  }

  std::span<const path_step> steps_;
  workspace& work_;
  list found_;
};

result<operand> every_element(const operand& from, std::span<const path_step> steps,
                              workspace& work, bool& missing) {
  collector found{steps, work};
  result<void> added;
  if (from.what == operand::kind::json) {
    json_cursor elements{from.text};
    while (added && elements.next()) {
      auto element = operand_of_json(elements.element(), work);
      if (!element)
        return element;
      added = found.add(*element);
    }
    if (elements.broken())
      return broken_json();
  } else if (from.what == operand::kind::tree && from.is_list()) {
    for (const auto& item : *from.tree->as<list>())
      if (added)
        added = found.add(operand::of(item));
  } else if (from.what == operand::kind::tree) {
    for (const auto& [name, member] : *from.tree->as<object>())
      if (added)
        added = found.add(operand::of(member));
  } else {
    missing = true;
    return operand{};
  }
  if (!added)
    return std::move(added).error();
  return work.keep(value{found.take()});
}

} // namespace

result<operand> walk(operand from, std::span<const path_step> steps, workspace& work,
                     bool& missing) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    if (step.what == path_step::kind::every)
      return every_element(from, steps.subspan(i + 1), work, missing);
    auto found = step.what == path_step::kind::name
                     ? member_of(from, step.name, work, missing)
                     : element_of(from, step.position, work, missing);
    if (!found || missing)
      return found;
    from = *found;
  }
  return from;
}

result<operand> element_at(const operand& from, const operand& key, workspace& work,
                           bool& missing) {
  if (key.is_text())
    return member_of(from, key.text, work, missing);
  if (key.what == operand::kind::integer)
    return element_of(from, key.integer, work, missing);
  if (key.is_null()) {
    missing = true;
    return operand{};
  }
  return failure{code::malformed,
                 "a key is a text or a whole number, this is " + names_of(key.type())};
}

} // namespace tenon::runtime::expression
