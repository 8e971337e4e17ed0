// From text to instructions in one pass: a descent over the grammar that checks types as it goes
// and writes instructions in the order in which they run.
#pragma once

#include "runtime/expression/compiled.hpp"
#include "runtime/expression/compiling/lexer.hpp"
#include "runtime/expression/evaluation/operators.hpp"
#include "runtime/expression/expression.hpp"
#include "runtime/expression/function.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::runtime::expression {

class compiler {
public:
  compiler(std::string_view source, const options& o) : options_{o} {
    made_.source = std::string{source};
  }

  result<std::shared_ptr<const compiled>> compile_bare();
  result<std::shared_ptr<const compiled>> compile_template();

private:
  /// What is known of a part that has been written: what it can be, and where it stands.
  struct part {
    types can_be = type::anything;
    std::size_t at = 0;
  };

  // The grammar, from loose to tight.
  part pipe();
  part conditional();
  part disjunction();
  part conjunction();
  part negation();
  part comparison();
  part coalescing();
  part additive();
  part multiplicative();
  part unary();
  part postfix();
  part primary();
  part number();
  part word();
  part list_literal();
  part object_literal();
  part path_from(part start, std::string root, std::vector<path_step> steps);
  bool path_bracket(std::vector<path_step>& steps);
  part root_path();
  part call(const token& name, const part* piped);
  std::vector<part> call_arguments(const part* piped, bool quiet);

  // Checks.
  part check_binary(operation what, const part& left, const part& right, std::size_t at);
  void check_condition(const part& p);
  void check_argument(const function& f, std::size_t index, const part& given);
  void check_no_bytes(const part& p);
  void check_root(const token& name);
  std::vector<std::string_view> known_roots() const;

  // Tokens. After a failure there is only the end, so every loop comes to its own.
  std::string_view source() const { return made_.source; }
  bool failed() const { return failure_.has_value(); }
  void start_at(std::size_t byte);
  void advance();
  bool accept(std::string_view sign);
  void expect(std::string_view sign, std::string_view after);
  bool next_is(std::string_view sign) const;
  std::string found() const;
  void fail(std::size_t at, std::string why, std::string remedy = {});

  // Instructions.
  std::size_t emit(operation what, std::size_t at, std::size_t argument = 0, std::size_t count = 0);
  void emit_constant(value v, std::size_t at);
  void emit_path(path p, std::size_t at);
  void land(std::size_t jump); // the jump goes to what is written next
  void expect_missing();       // the path just written may lead nowhere
  bool last_are_constants(std::size_t since, std::size_t count) const;
  std::vector<value> take_constants(std::size_t count);
  bool use_constant_pattern(std::size_t at);
  result<std::shared_ptr<const compiled>> finish(const part& whole);

  const options& options_;
  compiled made_;
  token now_;
  std::size_t nesting_ = 0;
  std::optional<failure> failure_;

  friend class level;
};

/// One of `known` that is almost `name`, or nothing.
std::string_view closest(std::string_view name, const std::vector<std::string_view>& known);
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& known);

} // namespace tenon::runtime::expression
