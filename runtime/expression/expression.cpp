#include "runtime/expression/expression.hpp"

#include "protocols/ensure.hpp"
#include "runtime/expression/compiling/compiler.hpp"
#include "runtime/expression/evaluation/machine.hpp"

#include <algorithm>

namespace tenon::runtime::expression {
namespace {

constexpr std::size_t max_bindings = 64;

/// Runs the program and hands the answer to `finish`, whose failures are the whole expression's.
template <class Answer, class Finish>
result<Answer> evaluate_to(const program& p, const scope& s, notes* noted, Finish finish) {
  machine m{p.parts(), s};
  auto answer = m.run();
  if (noted)
    *noted = m.noted();
  if (!answer)
    return std::move(answer).error();
  result<Answer> finished = finish(*answer, m.work());
  if (!finished)
    finished.error().where = place_in(p.source(), 0);
  return finished;
}

result<program> as_program(result<std::shared_ptr<const compiled>> made) {
  if (!made)
    return std::move(made).error();
  return program{std::move(*made)};
}

} // namespace

std::string_view program::source() const {
  return parts_->source;
}

bool program::uses_secret() const {
  return parts_->uses_secret;
}

bool program::uses_now() const {
  return parts_->uses_now;
}

std::string program::result_type() const {
  return names_of(parts_->gives);
}

std::vector<std::string_view> program::paths() const {
  std::vector<std::string_view> written;
  for (const auto& p : parts_->paths)
    if (!p.root.empty() && std::ranges::find(written, p.text) == written.end())
      written.push_back(p.text);
  return written;
}

result<program> compile(std::string_view source, const options& o) {
  return as_program(compiler{source, o}.compile_bare());
}

result<program> compile_template(std::string_view text, const options& o) {
  return as_program(compiler{text, o}.compile_template());
}

scope& scope::put(binding b) {
  for (auto& old : bindings_)
    if (old.name == b.name) {
      old = b;
      return *this;
    }
  ensure(bindings_.size() < max_bindings, "a scope has too many roots");
  bindings_.push_back(b);
  return *this;
}

result<value> evaluate(const program& p, const scope& s, notes* noted) {
  return evaluate_to<value>(
      p, s, noted, [](const operand& answer, workspace& work) { return work.own(answer); });
}

result<bool> evaluate_condition(const program& p, const scope& s, notes* noted) {
  return evaluate_to<bool>(p, s, noted,
                           [](const operand& answer, workspace&) { return as_condition(answer); });
}

result<std::string> evaluate_text(const program& p, const scope& s, notes* noted) {
  return evaluate_to<std::string>(
      p, s, noted, [](const operand& answer, workspace& work) -> result<std::string> {
        std::string text;
        if (auto written = work.append_text(text, answer); !written)
          return std::move(written).error();
        return text;
      });
}

} // namespace tenon::runtime::expression
