// Values made to be looked at: every field set, none to its default, and the same in every run and
// build. What golden bytes are made of.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/catalog.hpp"
#include "protocols/codec.hpp"
#include "protocols/field.hpp"
#include "protocols/moment.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::protocols {

namespace specimens {

/// A small number that depends on the name alone, never 0 or 1.
constexpr std::uint8_t number_for(std::string_view name) {
  std::uint32_t h = 2166136261u;
  for (const char c : name)
    h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<std::uint8_t>(h % 97 + 11);
}

template <class T> struct fill;

template <class T> void set(T& x, std::string_view name) {
  fill<T>::set(x, name);
}

template <class T>
requires std::integral<T> || std::floating_point<T>
struct fill<T> {
  static void set(T& x, std::string_view name) {
    if constexpr (std::same_as<T, bool>)
      x = !x;
    else
      x = static_cast<T>(x == static_cast<T>(number_for(name)) ? number_for(name) + 1
                                                               : number_for(name));
  }
};

template <is_enumeration T> struct fill<T> {
  static void set(T& x, std::string_view) {
    x = static_cast<T>((static_cast<std::size_t>(x) + 1) % names_of<T>::names.size());
  }
};

template <is_structure T> struct fill<T> {
  static void set(T& x, std::string_view) {
    T::each(x, [](const field& f, auto& member) {
      if constexpr (std::same_as<std::remove_cvref_t<decltype(member)>, std::string>)
        if (f.json) {
          member = "{\"some\":\"" + std::string{f.name} + "\"}";
          return;
        }
      specimens::set(member, f.name);
    });
  }
};

template <> struct fill<std::string> {
  static void set(std::string& x, std::string_view name) { x = "some " + std::string{name}; }
};
template <> struct fill<blob> {
  static void set(blob& x, std::string_view name) {
    x = blob::from("\x01\xff bytes of " + std::string{name});
  }
};
template <> struct fill<moment> {
  static void set(moment& x, std::string_view name) {
    x = moment{span{1'700'000'000'000 + number_for(name)}};
  }
};
template <> struct fill<span> {
  static void set(span& x, std::string_view name) { x += span{1000 + number_for(name)}; }
};
template <class T> struct fill<std::optional<T>> {
  static void set(std::optional<T>& x, std::string_view name) { specimens::set(x.emplace(), name); }
};
template <class T> struct fill<std::vector<T>> {
  static void set(std::vector<T>& x, std::string_view name) {
    for (int i = 0; i < 2; ++i) {
      T element{}; // by hand, because vector<bool> has no elements to refer to
      specimens::set(element, name);
      x.push_back(std::move(element));
    }
  }
};
template <class... Alternatives> struct fill<std::variant<Alternatives...>> {
  static void set(std::variant<Alternatives...>& x, std::string_view name) {
    std::visit([&](auto& held) { specimens::set(held, name); }, x);
  }
};

/// Calls take(name, value) for the specimen of a struct, or for one of each alternative of a union.
template <class T, class Take> void each_specimen(std::string_view type_name, Take&& take) {
  const std::string own{type_name.substr(type_name.find('.') + 1)};
  if constexpr (is_structure<T>) {
    T x{};
    set(x, own);
    take(own, x);
  } else {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto one = [&]<std::size_t Index>(std::in_place_index_t<Index> index) {
        T x{index};
        set(x, own);
        take(own + '.' + std::string{alternatives_of<T>::names[Index].name}, x);
      };
      (one(std::in_place_index<I>), ...);
    }
    (std::make_index_sequence<std::variant_size_v<T>>{});
  }
}

} // namespace specimens

template <class T> message_type message_type_of() {
  return {.type_name = type_name_of<T>(),
          .specimens =
              [] {
                std::vector<message_type::specimen> all;
                specimens::each_specimen<T>(type_name_of<T>(), [&](std::string name, const T& x) {
                  all.push_back({std::move(name), encode(x)});
                });
                return all;
              },
          .recode = [](const blob& bytes) -> result<blob> {
            const auto read = decode<T>(bytes);
            if (!read)
              return read.error();
            return encode(*read);
          }};
}

} // namespace tenon::protocols
