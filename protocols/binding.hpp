// Between documents that people write and the value types of the schemas: from_value reads a spec
// into a type and says precisely what is wrong with it, to_value shows a state with its secrets
// covered, schema_of tells editors what may be written.
//
// In documents, members have their snake_case names; a span is a number of milliseconds or a text
// such as "1h30m"; a moment is RFC 3339; an enumerator is its name; a union is an object with one
// member, the alternative; $json text is the document itself; bytes are text, or "base64:…" when
// they are not UTF-8. What is left out keeps its default.
#pragma once

#include "protocols/binding_parts.hpp"
#include "protocols/field.hpp"
#include "protocols/value.hpp"

#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::protocols {

enum class show_secrets : bool { no, yes };

/// `malformed` with the path of what is at fault behind `where` ("spec.items[2].size"), and in the
/// remedy what could have been meant.
template <class T> result<T> from_value(const value& document, std::string_view where = {});

/// Members at "absent" are left out. Secrets are covered unless asked for.
template <class T> value to_value(const T& x, show_secrets secrets = show_secrets::no);

/// JSON Schema (2020-12) of what from_value<T> takes.
template <class T> value schema_of();

namespace binding {

template <class T> struct optional_of : std::false_type {};
template <class T> struct optional_of<std::optional<T>> : std::true_type {};
template <class T> struct list_of : std::false_type {};
template <class T> struct list_of<std::vector<T>> : std::true_type {};

template <class T> std::vector<field> fields_of(const T& x) {
  std::vector<field> fields;
  T::each(x, [&](const field& f, const auto&) { fields.push_back(f); });
  return fields;
}

// Reading.

template <class T> result<void> read(const value& v, const place& at, T& into);

template <class T>
result<void> read_field(const field& f, const value& v, const place& at, T& into) {
  if (f.secret && is_covered(v))
    return covered(at);
  if constexpr (optional_of<T>::value) {
    if (v.is_null()) {
      into.reset();
      return {};
    }
    return read_field(f, v, at, into.emplace());
  } else if constexpr (std::is_same_v<T, std::string>) {
    return f.json ? read_document(v, at, into) : read(v, at, into);
  } else {
    return read(v, at, into);
  }
}

template <class T> result<void> read_structure(const value& v, const place& at, T& into) {
  const auto* members = v.as<object>();
  if (!members)
    return wrong_type(at, "object", v);
  if (auto known = check_known(*members, at, fields_of(into)); !known)
    return known;
  result<void> done;
  T::each(into, [&](const field& f, auto& member) {
    if (!done)
      return;
    const place inside{&at, f.name};
    if (const auto* given = members->find(f.name))
      done = read_field(f, *given, inside, member);
    else if (f.required)
      done = missing(inside, f);
  });
  return done;
}

template <class T> result<void> read_union(const value& v, const place& at, T& into) {
  const auto chosen = read_choice(v, at, alternatives_of<T>::names);
  if (!chosen)
    return chosen.error();
  result<void> done;
  const auto take = [&]<std::size_t I>(std::in_place_index_t<I>) {
    if (chosen->index != I)
      return;
    const place inside{&at, alternatives_of<T>::names[I].name};
    auto& held = into.template emplace<I>();
    using alternative = std::variant_alternative_t<I, T>;
    // "nothing:" with nothing behind it, where there is nothing to say.
    if constexpr (is_structure<alternative>)
      if (chosen->content->is_null() && fields_of(held).empty())
        return;
    done = read(*chosen->content, inside, held);
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (take(std::in_place_index<I>), ...);
  }
  (std::make_index_sequence<std::variant_size_v<T>>{});
  return done;
}

template <class T> result<void> read_list(const value& v, const place& at, T& into) {
  const auto* elements = v.as<list>();
  if (!elements)
    return wrong_type(at, "list", v);
  into.clear();
  into.reserve(elements->size());
  for (std::size_t i = 0; i < elements->size(); ++i) {
    typename T::value_type element{}; // by hand: vector<bool> has no elements to refer to
    if (auto done = read((*elements)[i], place{&at, {}, i}, element); !done)
      return done;
    into.push_back(std::move(element));
  }
  return {};
}

template <class T> result<void> read_number(const value& v, const place& at, T& into) {
  using limits = std::numeric_limits<T>;
  if constexpr (std::is_signed_v<T>) {
    const auto n = read_signed(v, at, limits::min(), limits::max());
    if (!n)
      return n.error();
    into = static_cast<T>(*n);
  } else {
    const auto n = read_unsigned(v, at, limits::max());
    if (!n)
      return n.error();
    into = static_cast<T>(*n);
  }
  return {};
}

template <class T> result<void> read(const value& v, const place& at, T& into) {
  if constexpr (is_structure<T>) {
    return read_structure(v, at, into);
  } else if constexpr (is_union<T>) {
    return read_union(v, at, into);
  } else if constexpr (is_enumeration<T>) {
    const auto index = read_name(v, at, names_of<T>::names);
    if (!index)
      return index.error();
    into = static_cast<T>(*index);
    return {};
  } else if constexpr (list_of<T>::value) {
    return read_list(v, at, into);
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return read_number(v, at, into);
  } else {
    return read_scalar(v, at, into);
  }
}

// Writing.

template <class T> value write(const T& x, show_secrets secrets);

template <class T>
void write_field(const field& f, const T& x, show_secrets secrets, object& onto) {
  if constexpr (optional_of<T>::value) {
    if (x)
      write_field(f, *x, secrets, onto);
  } else if (f.secret && secrets == show_secrets::no) {
    onto.append(std::string{f.name}, cover());
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (f.json)
      write_document(f.name, x, onto);
    else
      onto.append(std::string{f.name}, x);
  } else {
    onto.append(std::string{f.name}, write(x, secrets));
  }
}

template <class T> value write(const T& x, show_secrets secrets) {
  if constexpr (is_structure<T>) {
    object members;
    T::each(x,
            [&](const field& f, const auto& member) { write_field(f, member, secrets, members); });
    return members;
  } else if constexpr (is_union<T>) {
    object members;
    members.append(std::string{alternatives_of<T>::names[x.index()].name},
                   std::visit([&](const auto& held) { return write(held, secrets); }, x));
    return members;
  } else if constexpr (is_enumeration<T>) {
    return names_of<T>::names[static_cast<std::size_t>(x)].name;
  } else if constexpr (list_of<T>::value) {
    list elements;
    for (const auto& element : x)
      elements.push_back(write<typename T::value_type>(element, secrets));
    return elements;
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return write_number(x);
  } else {
    return write_scalar(x);
  }
}

// Describing.

template <class T> value describe(const T& sample);

template <class T> object describe_field(const field& f, const T& sample) {
  if constexpr (optional_of<T>::value) {
    return describe_field(f, typename T::value_type{});
  } else {
    const auto described = f.json ? value{object{}} : describe(sample);
    auto schema = *described.template as<object>();
    add_words(f, schema);
    if constexpr (!is_structure<T> && !is_union<T> && !list_of<T>::value)
      if (!f.required && !f.optional && !f.secret && !f.json)
        schema["default"] = write(sample, show_secrets::no);
    return schema;
  }
}

template <class T> object describe_structure(const T& sample) {
  object properties;
  list required;
  T::each(sample, [&](const field& f, const auto& member) {
    properties.append(std::string{f.name}, describe_field(f, member));
    if (f.required)
      required.push_back(f.name);
  });
  return object_schema(T::type_name, T::type_doc, std::move(properties), std::move(required));
}

template <class T> object describe_union() {
  list alternatives;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (alternatives.push_back(alternative_schema(alternatives_of<T>::names[I],
                                               describe(std::variant_alternative_t<I, T>{}))),
     ...);
  }
  (std::make_index_sequence<std::variant_size_v<T>>{});
  return union_schema(alternatives_of<T>::type_name, alternatives_of<T>::type_doc,
                      std::move(alternatives));
}

template <class T> value describe(const T& sample) {
  if constexpr (is_structure<T>) {
    return describe_structure(sample);
  } else if constexpr (is_union<T>) {
    return describe_union<T>();
  } else if constexpr (is_enumeration<T>) {
    return names_schema(names_of<T>::names);
  } else if constexpr (list_of<T>::value) {
    return list_schema(describe(typename T::value_type{}));
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    using limits = std::numeric_limits<T>;
    return number_schema(write_number(limits::min()), write_number(limits::max()));
  } else {
    return scalar_schema(sample);
  }
}

} // namespace binding

template <class T> result<T> from_value(const value& document, std::string_view where) {
  result<T> into{T{}};
  const binding::place at{nullptr, where};
  if (auto done = binding::read(document, at, *into); !done)
    into = std::move(done).error();
  return into;
}

template <class T> value to_value(const T& x, show_secrets secrets) {
  return binding::write(x, secrets);
}

template <class T> value schema_of() {
  auto schema = binding::describe(T{});
  binding::add_dialect(schema);
  return schema;
}

} // namespace tenon::protocols
