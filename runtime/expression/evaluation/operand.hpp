// A value while it is computed with: a view of what is bound, of a constant or of something the
// evaluation keeps, so that reading a field and comparing it allocates nothing.
#pragma once

#include "protocols/value.hpp"
#include "runtime/expression/types.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::runtime::expression {

struct operand {
  enum class kind : std::uint8_t {
    null,
    boolean,
    integer,
    real,
    text,
    moment,
    span,
    tree, // a list or object
    json, // a list or object as JSON text
  };

  kind what = kind::null;
  union {
    std::int64_t integer = 0; // also the milliseconds of a moment or span, and a bool as 0 or 1
    double real;
    const value* tree;
  };
  std::string_view text{};

  operand() = default;
  static operand of(bool b) { return whole(kind::boolean, b ? 1 : 0); }
  static operand of(std::int64_t n) { return whole(kind::integer, n); }
  static operand of(double d) {
    operand o;
    o.what = kind::real;
    o.real = d;
    return o;
  }
  static operand of(std::string_view s) {
    operand o;
    o.what = kind::text;
    o.text = s;
    return o;
  }
  static operand of(const char*) = delete; // would be a bool
  static operand of(tenon::moment m) { return whole(kind::moment, m.time_since_epoch().count()); }
  static operand of(tenon::span s) { return whole(kind::span, s.count()); }
  static operand of(const value& v);
  static operand of(value&&) = delete;
  static operand raw(std::string_view list_or_object) {
    operand o;
    o.what = kind::json;
    o.text = list_or_object;
    return o;
  }

  bool is_null() const { return what == kind::null; }
  bool is_text() const { return what == kind::text; }
  bool is_number() const { return what == kind::integer || what == kind::real; }
  bool is_container() const { return what == kind::tree || what == kind::json; }
  bool is_list() const;
  bool boolean() const { return integer != 0; }
  double number() const { return what == kind::real ? real : static_cast<double>(integer); }
  tenon::moment as_moment() const { return tenon::moment{tenon::span{integer}}; }
  tenon::span as_span() const { return tenon::span{integer}; }
  types type() const;

private:
  static operand whole(kind k, std::int64_t n) {
    operand o;
    o.what = k;
    o.integer = n;
    return o;
  }
};

/// Numbers as people write them: "2", "0.1", "1e+21".
void append_number(std::string& onto, double d);

/// What a scalar is in a text. Null is empty; lists and objects are not scalars.
void append_scalar(std::string& onto, const operand& scalar);

/// Equal as the language means it: 1 and 1.0 are, a text and a number are not. Neither side is
/// JSON text.
bool equal_trees(const operand& a, const operand& b);

} // namespace tenon::runtime::expression
