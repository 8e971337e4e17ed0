#include "protocols/value.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace tenon {

object::object(std::initializer_list<member> members) : members_{members} {}

const value* object::find(std::string_view key) const {
  for (const auto& [name, v] : members_)
    if (name == key)
      return &v;
  return nullptr;
}

value* object::find(std::string_view key) {
  for (auto& [name, v] : members_)
    if (name == key)
      return &v;
  return nullptr;
}

value& object::operator[](std::string_view key) {
  if (auto* found = find(key))
    return *found;
  return members_.emplace_back(std::string{key}, value{}).second;
}

bool object::erase(std::string_view key) {
  return std::erase_if(members_, [&](const member& m) { return m.first == key; }) != 0;
}

void object::append(std::string key, value v) {
  members_.emplace_back(std::move(key), std::move(v));
}

std::size_t object::size() const {
  return members_.size();
}

bool object::empty() const {
  return members_.empty();
}

bool object::operator==(const object& other) const {
  if (size() != other.size())
    return false;
  // The same order is the rule and costs one pass.
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto& [name, v] = members_[i];
    const auto* same =
        other.members_[i].first == name ? &other.members_[i].second : other.find(name);
    if (!same || !(*same == v))
      return false;
  }
  return true;
}

value::value(std::uint64_t n) {
  if (n <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    held_ = static_cast<std::int64_t>(n);
  else
    held_ = static_cast<double>(n);
}

const value* value::find(std::string_view key) const {
  const auto* members = as<object>();
  return members ? members->find(key) : nullptr;
}

std::string_view value::type_name() const {
  constexpr std::array<std::string_view, std::variant_size_v<held>> names{
      "null", "bool", "number", "number", "text", "moment", "span", "list", "object"};
  return names[held_.index()];
}

} // namespace tenon
