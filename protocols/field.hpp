// What a generated type says about itself: its members with their documentation, the alternatives
// of a union, the names of an enumeration. Reading and writing documents (protocols/binding.hpp),
// their schemas and the specimens of tests all walk types by this; nothing names a member twice.
//
// Every generated struct T has
//     static constexpr std::string_view type_name = "breaker.policy", type_doc = "…";
//     template <class Self, class Visit> static constexpr void each(Self&, Visit&& visit);
// which calls visit(field, member) for each member, in the order of the schema.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace tenon::protocols {

struct field {
  std::string_view name; // as people write it: snake_case
  std::string_view doc{};
  bool required = false;
  bool optional = false;
  bool secret = false; // never shown
  bool json = false;   // text that holds a JSON document
};

/// For a std::variant made from a schema's union: `type_name`, `type_doc`, and `names`, an array of
/// `field` with the name and the documentation of each alternative, by index.
template <class Union> struct alternatives_of;

/// For an enumeration of a schema: `type_name`, `type_doc`, and `names`, an array of `field`, by
/// value.
template <class Enumeration> struct names_of;

template <class T>
concept is_structure = requires {
  T::type_name;
};
template <class T>
concept is_union = requires {
  alternatives_of<T>::type_name;
};
template <class T>
concept is_enumeration = requires {
  names_of<T>::type_name;
};

namespace field_parts {
template <class T> struct secrets_of {
  static bool held() {
    bool any = false;
    if constexpr (is_structure<T>) {
      const T x{};
      T::each(x, [&](const field& f, const auto& member) {
        any = any || f.secret || secrets_of<std::remove_cvref_t<decltype(member)>>::held();
      });
    }
    return any;
  }
};
template <class T> struct secrets_of<std::optional<T>> : secrets_of<T> {};
template <class T> struct secrets_of<std::vector<T>> : secrets_of<T> {};
template <class... Ts> struct secrets_of<std::variant<Ts...>> {
  static bool held() { return (secrets_of<Ts>::held() || ...); }
};
} // namespace field_parts

/// Whether something in such a value, however deep, must never be shown. For types without cycles,
/// as those of schemas for storage are.
template <class T> bool holds_secrets() {
  return field_parts::secrets_of<T>::held();
}

template <class T> constexpr std::string_view type_name_of() {
  if constexpr (is_structure<T>)
    return T::type_name;
  else if constexpr (is_union<T>)
    return alternatives_of<T>::type_name;
  else
    return names_of<T>::type_name;
}

/// The enumerator of that name, or nothing.
template <class Enumeration>
constexpr std::optional<Enumeration> parse_name(std::string_view name) {
  const auto& names = names_of<Enumeration>::names;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].name == name)
      return static_cast<Enumeration>(i);
  return std::nullopt;
}

} // namespace tenon::protocols
