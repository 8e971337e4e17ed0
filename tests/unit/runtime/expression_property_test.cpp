// Random expressions, printed with every parenthesis and with as few as the language needs, mean
// the same; and whatever bytes are given, there is an answer or a failure.
#include "tests/unit/runtime/expression_asking.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>

namespace {

using namespace tenon::runtime::expression;
using tenon::tests::questions;

enum strength {
  loosest,
  piped,
  choice,
  either,
  both,
  negated,
  compared,
  otherwise,
  sum,
  product,
  minus,
  term
};

struct tree {
  std::string before{};
  std::vector<tree> parts{};
  std::vector<std::string> between{};
  std::string after{};
  strength binds = term;
  std::vector<strength> wants{}; // what each part must bind at least, to stand without parentheses
};

class writer_of_trees {
public:
  explicit writer_of_trees(unsigned seed) : random_{seed} {}

  tree make(int depth) {
    if (depth == 0)
      return leaf();
    switch (random_() % 10) {
    case 0:
      return binary(depth, " or ", both, either, both);
    case 1:
      return binary(depth, " and ", negated, both, negated);
    case 2:
      return {"not ", {make(depth - 1)}, {}, {}, negated, {negated}};
    case 3:
      return binary(depth, one_of(comparisons), otherwise, compared, otherwise);
    case 4:
      return binary(depth, " ?? ", sum, otherwise, sum);
    case 5:
      return binary(depth, random_() % 2 ? " + " : " - ", product, sum, product, sum);
    case 6:
      return binary(depth, one_of(products), minus, product, minus, product);
    case 7:
      return {"-", {make(depth - 1)}, {}, {}, minus, {minus}};
    case 8:
      return {{},
              {make(depth - 1), make(depth - 1), make(depth - 1)},
              {" ? ", " : "},
              {},
              choice,
              {either, choice, choice}};
    default:
      return call(depth);
    }
  }

  static std::string print(const tree& t, bool every) {
    std::string text{t.before};
    for (std::size_t i = 0; i < t.parts.size(); ++i) {
      const bool bare = t.parts[i].binds == term || (!every && t.parts[i].binds >= t.wants[i]);
      text += (bare ? "" : "(") + print(t.parts[i], every) + (bare ? "" : ")");
      if (i < t.between.size())
        text += t.between[i];
    }
    return text + t.after;
  }

private:
  tree leaf() {
    constexpr std::array leaves{"1",
                                "0",
                                "2.5",
                                "'a'",
                                "'ab'",
                                "true",
                                "false",
                                "null",
                                "[1, 'a']",
                                "record.name",
                                "input.amount",
                                "record.tags",
                                "record.none",
                                "input.rate",
                                "record.yes",
                                "{a: 1}",
                                "record.lines[0].price",
                                "'2026-11-21'",
                                "now()",
                                "input.absent"};
    return {one_of(leaves)};
  }
  tree binary(int depth, std::string sign, strength wanted, strength binds, strength right) {
    return {{}, {make(depth - 1), make(depth - 1)}, {std::move(sign)}, {}, binds, {wanted, right}};
  }
  tree binary(int depth, std::string sign, strength, strength binds, strength right,
              strength left) {
    return {{}, {make(depth - 1), make(depth - 1)}, {std::move(sign)}, {}, binds, {left, right}};
  }
  tree call(int depth) {
    constexpr std::array functions{"text", "json", "has", "type", "len", "abs", "lower", "number"};
    const std::string name = one_of(functions);
    if (random_() % 2)
      return {name + "(", {make(depth - 1)}, {}, ")", term, {loosest}};
    return {{}, {make(depth - 1)}, {}, " | " + name, piped, {piped}};
  }
  template <std::size_t Count> std::string one_of(const std::array<const char*, Count>& all) {
    return all[random_() % Count];
  }

  static constexpr std::array comparisons{" == ",       " != ",         " < ",        " <= ",
                                          " > ",        " >= ",         " in ",       " not in ",
                                          " contains ", " startswith ", " endswith ", " matches "};
  static constexpr std::array products{" * ", " / ", " % "};

  std::mt19937 random_;
};

/// Without the place, which parentheses move.
std::string without_place(const std::string& answer) {
  return answer.starts_with('!') ? answer.substr(answer.find(": ")) : answer;
}

TEST(expression_property, means_the_same_with_every_parenthesis_and_with_as_few_as_possible) {
  const questions q;
  const unsigned seed = 20261121;
  writer_of_trees make{seed};
  int answered = 0;
  for (int i = 0; i < 30'000; ++i) {
    const auto t = make.make(1 + i % 4);
    const auto few = writer_of_trees::print(t, false);
    const auto all = writer_of_trees::print(t, true);
    const auto answer = q.ask(all);
    ASSERT_EQ(without_place(q.ask(few)), without_place(answer)) << "seed " << seed << '\n'
                                                                << few << '\n'
                                                                << all;
    answered += answer.starts_with('!') ? 0 : 1;
  }
  EXPECT_GT(answered, 5'000);
}

TEST(expression_property, keeps_what_the_static_check_promised) {
  const questions q;
  writer_of_trees make{7};
  for (int i = 0; i < 20'000; ++i) {
    const auto source = writer_of_trees::print(make.make(1 + i % 4), true);
    const auto p = compile(source);
    if (!p)
      continue;
    const auto answer = evaluate(*p, const_cast<questions&>(q).names());
    if (!answer || p->result_type() == "anything")
      continue;
    ASSERT_NE((" or " + p->result_type() + " or ")
                  .find(" or " + std::string{answer->type_name()} + " or "),
              std::string::npos)
        << source << " gives " << tenon::write_json(*answer) << ", not " << p->result_type();
  }
}

TEST(expression_property, has_an_answer_or_a_failure_with_a_place_for_any_bytes) {
  const questions q;
  std::mt19937 random{11};
  const std::string_view pieces = "ab.[](){}'\"|?:+-*/%<>=! \n019,\\\xC3\xA9#&_";
  for (int i = 0; i < 50'000; ++i) {
    std::string source;
    for (auto n = random() % 24; n-- > 0;)
      source += pieces[random() % pieces.size()];
    for (const auto& made : {compile(source), compile_template("x{{" + source + "}}")}) {
      if (made)
        q.answer(made);
      else
        ASSERT_TRUE(made.error().where.starts_with("line ")) << source;
    }
  }
}

} // namespace
