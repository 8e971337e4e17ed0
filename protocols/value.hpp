// A document: what JSON and YAML texts say, and what expressions compute with. A plain value type;
// objects keep the order in which their members were written, because people read them.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/moment.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tenon {

class value;
using list = std::vector<value>;

/// Members in the order written. Documents are small, so finding is a scan.
class object {
public:
  using member = std::pair<std::string, value>;

  object() = default;
  object(std::initializer_list<member> members);

  const value* find(std::string_view key) const; // null when absent
  value* find(std::string_view key);
  value& operator[](std::string_view key); // inserts null at the end when absent
  bool erase(std::string_view key);        // whether it was there
  void append(std::string key, value v);   // does not look for an earlier one of that key

  std::size_t size() const;
  bool empty() const;
  auto begin() const { return members_.begin(); }
  auto end() const { return members_.end(); }
  auto begin() { return members_.begin(); }
  auto end() { return members_.end(); }

  bool operator==(const object& other) const; // order does not matter

private:
  std::vector<member> members_;
};

class value {
public:
  using held = std::variant<std::monostate, bool, std::int64_t, double, std::string, moment, span,
                            list, object>;

  value() = default;
  value(std::nullptr_t) {}
  value(bool b) : held_{b} {}
  value(std::int64_t n) : held_{n} {}
  value(int n) : held_{static_cast<std::int64_t>(n)} {}
  value(unsigned n) : held_{static_cast<std::int64_t>(n)} {}
  value(std::uint64_t n); // a double beyond what int64 holds
  value(double d) : held_{d} {}
  value(std::string s) : held_{std::move(s)} {}
  value(std::string_view s) : held_{std::string{s}} {}
  value(const char* s) : held_{std::string{s}} {}
  value(moment m) : held_{m} {}
  value(span s) : held_{s} {}
  value(list l) : held_{std::move(l)} {}
  value(object o) : held_{std::move(o)} {}

  bool is_null() const { return held_.index() == 0; }
  template <class T> bool is() const { return std::holds_alternative<T>(held_); }
  template <class T> const T* as() const {
    return std::get_if<T>(&held_);
  } // null when another type
  template <class T> T* as() { return std::get_if<T>(&held_); }

  /// The member of an object, or null for anything that has none of that key.
  const value* find(std::string_view key) const;
  /// "null", "bool", "number", "text", "moment", "span", "list" or "object", for messages.
  std::string_view type_name() const;

  const held& alternatives() const { return held_; }
  bool operator==(const value&) const = default; // 1 and 1.0 differ; expressions compare them equal

private:
  held held_;
};

} // namespace tenon
