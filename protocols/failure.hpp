// Why something that was asked for did not happen, as a value that crosses the wire, and `result`,
// which carries either an answer or such a failure. Bugs are not failures: see
// protocols/ensure.hpp.
#pragma once

#include "protocols/moment.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tenon {

/// A code exists only if some caller acts differently on it.
enum class code : std::uint8_t {
  malformed,       // the request itself is wrong: change it, do not repeat it
  unauthenticated, // nobody knows who is asking
  forbidden,       // known, and not allowed
  not_found,
  conflict,    // true of the present state, may be false of the next: read again, then decide
  stale,       // the caller's version is not the current one (If-Match)
  too_large,   // a stated limit was passed
  overloaded,  // refused by a limit on load: wait `retry_after`, then repeat as it is
  unavailable, // the target cannot answer now: wait, then repeat as it is
  timed_out,   // no answer in time; it may or may not have happened
  uncertain,   // it may have happened and nobody can be asked: a person decides
  internal,    // a bug was contained
};

struct failure {
  tenon::code code{};
  std::string why;      // one sentence, for a person
  std::string where{};  // the field or place at fault: "spec.page.size", "line 3, column 9"
  std::string remedy{}; // what to do about it, when that is known
  std::optional<span> retry_after{}; // how long to wait before repeating

  bool operator==(const failure&) const = default;
};

/// "malformed", "not_found", …: stable, part of the API's problem types.
constexpr std::string_view name_of(code c) {
  constexpr std::string_view names[]{"malformed",   "unauthenticated", "forbidden", "not_found",
                                     "conflict",    "stale",           "too_large", "overloaded",
                                     "unavailable", "timed_out",       "uncertain", "internal"};
  return names[static_cast<std::size_t>(c)];
}

/// An answer or a failure; spelled so that std::expected<T, failure> can take its place.
template <class T> class [[nodiscard]] result {
public:
  using value_type = T;

  result(T answer) : held_{std::in_place_index<0>, std::move(answer)} {}
  result(failure f) : held_{std::in_place_index<1>, std::move(f)} {}

  bool has_value() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& operator*() & { return std::get<0>(held_); }
  const T& operator*() const& { return std::get<0>(held_); }
  T&& operator*() && { return std::get<0>(std::move(held_)); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  T& value() & { return std::get<0>(held_); }
  const T& value() const& { return std::get<0>(held_); }
  T&& value() && { return std::get<0>(std::move(held_)); }

  failure& error() & { return std::get<1>(held_); }
  const failure& error() const& { return std::get<1>(held_); }
  failure&& error() && { return std::get<1>(std::move(held_)); }

  bool operator==(const result&) const = default;

private:
  std::variant<T, failure> held_;
};

template <> class [[nodiscard]] result<void> {
public:
  using value_type = void;

  result() = default;
  result(failure f) : failure_{std::move(f)} {}

  bool has_value() const noexcept { return !failure_; }
  explicit operator bool() const noexcept { return has_value(); }
  failure& error() & { return *failure_; }
  const failure& error() const& { return *failure_; }
  failure&& error() && { return *std::move(failure_); }

  bool operator==(const result&) const = default;

private:
  std::optional<failure> failure_;
};

} // namespace tenon
