// The product's one expression language: what manifests, filters, conditions, mappings, rules and
// alerts compute with. It is total: no loops, no input or output, no clock, a bounded cost, and for
// every program and every scope either an answer or a failure that names the place.
//
//   input.amount > 10 and status in ["a", "b"]        bare: conditions and filters
//   Promotion {{load.Name}} for {{input.amount | money(input.currency)}}        template
//
// Binding strength, from loose to tight: `|`, `? :`, `or`, `and`, `not`, comparisons (== != < <= >
// >= in, not in, contains, startswith, endswith, matches; they do not chain), `??`, `+ -`, `* / %`,
// unary `-`, paths. Null is false as a condition, is smaller and larger than nothing, and passes
// through functions whose first argument it is; anything else of a wrong type is a failure. A text
// compared with a moment or a span is read as one.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/value.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::runtime::expression {

inline constexpr std::size_t max_source_bytes = 64u << 10;
inline constexpr std::size_t max_nesting = 64;
inline constexpr std::size_t max_steps = 10'000;
inline constexpr std::size_t max_text_bytes = 1u << 20;  // of one text that is made
inline constexpr std::size_t max_made_bytes = 16u << 20; // of all that one evaluation makes

struct options {
  /// The names a path may start with; empty allows every name.
  std::vector<std::string> roots{};
  /// Where a name that is no root is looked up: with "record", `status` means `record.status`.
  std::string implied_root{};
  /// Roots whose values are secrets; they need not be in `roots` too.
  std::vector<std::string> secret_roots{"secret"};
  bool allow_secrets = true;
};

struct compiled; // what a program consists of: runtime/expression/compiled.hpp

/// Compiled once, never changed, shared between threads; copies share the compiled form.
class program {
public:
  explicit program(std::shared_ptr<const compiled> c) : parts_{std::move(c)} {}

  std::string_view source() const;
  bool uses_secret() const;
  bool uses_now() const;
  /// What the answer can be, as people say it: "text", "number or null", "anything".
  std::string result_type() const;
  /// The paths that are looked up, as written ("input.amount"), each once.
  std::vector<std::string_view> paths() const;

  const compiled& parts() const { return *parts_; }

private:
  std::shared_ptr<const compiled> parts_;
};

/// `malformed` with "line 1, column 14" as the place.
result<program> compile(std::string_view source, const options& = {});

/// Text with `{{expression}}` in it. A text that is exactly one `{{…}}` keeps the type of its
/// value.
result<program> compile_template(std::string_view text, const options& = {});

/// What names mean during an evaluation. Nothing is copied: what is bound must outlive the scope.
/// Binding a name again replaces what it meant, so one scope serves many records.
class scope {
public:
  struct binding {
    std::string_view name;
    const value* tree = nullptr; // null when the root is JSON text
    std::string_view json{};
    bool secret = false;
  };

  scope& bind(std::string_view name, const value& v) { return put({name, &v}); }
  scope& bind(std::string_view name, value&&) = delete;
  scope& bind_secret(std::string_view name, const value& v) { return put({name, &v, {}, true}); }
  scope& bind_secret(std::string_view name, value&&) = delete;
  /// A root whose fields are looked up in the bytes on demand. They are checked as far as they are
  /// read; of two members with one key the first counts.
  scope& bind_json(std::string_view name, std::string_view bytes) {
    return put({name, nullptr, bytes});
  }
  scope& set_now(moment now) {
    now_ = now;
    return *this;
  }

  const binding* find(std::string_view name) const {
    for (const auto& b : bindings_)
      if (b.name == name)
        return &b;
    return nullptr;
  }
  std::optional<moment> now() const { return now_; }

private:
  scope& put(binding b);

  std::vector<binding> bindings_;
  std::optional<moment> now_;
};

/// What a caller may want to know about an evaluation besides its answer.
struct notes {
  std::uint32_t missing = 0; // paths that led nowhere, were null and had no default
  std::string first_missing{};
  bool secret = false; // the answer may hold a secret: it must not be shown, logged or kept
};

result<value> evaluate(const program&, const scope&, notes* = nullptr);

/// The answer as a condition; null is false, and what is neither is a failure.
result<bool> evaluate_condition(const program&, const scope&, notes* = nullptr);

/// The answer as text: null is empty, lists and objects are JSON.
result<std::string> evaluate_text(const program&, const scope&, notes* = nullptr);

/// One line of the language's reference.
struct function_description {
  std::string_view signature; // "round(x: number, digits: number?) -> number"
  std::string_view meaning;
};
std::vector<function_description> describe_functions();

} // namespace tenon::runtime::expression
