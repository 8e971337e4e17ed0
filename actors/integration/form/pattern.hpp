// A value with expressions in its texts, compiled once: what a manifest says about bodies,
// parameters and mappings. Null members that come out of an expression stay null.
#pragma once

#include "actors/integration/form/form.hpp"
#include "runtime/expression/expression.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tenon::actors::connectors {

using runtime::expression::program;
using runtime::expression::scope;

/// What expressions may name in some place of a manifest.
struct vocabulary {
  std::vector<std::string> roots;
  std::string implied{}; // where a bare name is looked up
  bool secrets = false;
};

runtime::expression::options options_of(const vocabulary&);

/// A text of the manifest as a template; a problem at `where` when it does not compile.
std::optional<program> compile_text(std::string_view text, std::string where, const vocabulary&,
                                    problems&);
/// A text of the manifest as a bare expression.
std::optional<program> compile_bare(std::string_view text, std::string where, const vocabulary&,
                                    problems&);

class pattern {
public:
  pattern() = default;
  static pattern compile(const value&, const std::string& where, const vocabulary&, problems&);

  result<value> evaluate(const scope&) const;
  /// Whether some evaluation could give this: what is constant is as it is written. Members beside
  /// the pattern's own may be there.
  bool fits(const value&) const;

private:
  struct node;
  std::shared_ptr<const node> root_;

  static std::shared_ptr<const node> compile_node(const value&, const std::string& where,
                                                  const vocabulary&, problems&);
  static result<value> evaluate_node(const node&, const scope&);
  static bool fits_node(const node&, const value*);
};

/// The path of a request: what expressions put into it is encoded, so that no value can climb into
/// another path or add parameters.
class path_pattern {
public:
  path_pattern() = default;
  static path_pattern compile(std::string_view text, const std::string& where, const vocabulary&,
                              problems&);

  result<std::string> evaluate(const scope&) const;
  /// Whether some evaluation could give this path.
  bool matches(std::string_view path) const;

private:
  struct part {
    std::string literal;
    std::optional<program> inserted;
  };
  std::vector<part> parts_;
};

} // namespace tenon::actors::connectors
