// Random expressions, printed with every parenthesis and with as few as the language needs, mean
// the same; and whatever bytes are given, there is an answer or a failure.
#include "tests/unit/runtime/expression_asking.hpp"

#include <gtest/gtest.h>

#include <array>
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
      return binary(depth, " or ", either, either, both);
    case 1:
      return binary(depth, " and ", both, both, negated);
    case 2:
      return {"not ", {make(depth - 1)}, {}, {}, negated, {negated}};
    case 3:
      return binary(depth, one_of(comparisons), otherwise, compared, otherwise);
    case 4:
      return binary(depth, " ?? ", otherwise, otherwise, sum);
    case 5:
      return binary(depth, random_() % 2 ? " + " : " - ", sum, sum, product);
    case 6:
      return binary(depth, one_of(products), product, product, minus);
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
  tree binary(int depth, std::string sign, strength left, strength binds, strength right) {
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
  EXPECT_GT(answered, 3'000);
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

tenon::value random_document(std::mt19937& random, int depth) {
  constexpr std::string_view characters = "ab[]{}\"\\,: \n\t1";
  const auto text = [&] {
    std::string t;
    for (auto n = random() % 20; n-- > 0;)
      t += random() % 16 == 0 ? "\xC3\xA9" : std::string(1, characters[random() % 14]);
    return t;
  };
  switch (depth == 0 ? random() % 4 : random() % 6) {
  case 0:
    return text();
  case 1:
    return static_cast<std::int64_t>(random()) - 2'000'000'000;
  case 2:
    return random() % 2 == 0;
  case 3:
    return static_cast<double>(random()) / 1024 + 0.5;
  case 4: {
    tenon::list items;
    for (auto n = random() % 4; n-- > 0;)
      items.push_back(random_document(random, depth - 1));
    return items;
  }
  default: {
    tenon::object members;
    for (auto n = random() % 5; n-- > 0;)
      members[text()] = random_document(random, depth - 1);
    return members;
  }
  }
}

TEST(expression_property, finds_in_json_text_what_it_finds_in_the_tree) {
  std::mt19937 random{13};
  const auto by_key = compile("[d[k], d[k][0], d[k].*.a, len(d)]").value();
  for (int i = 0; i < 10'000; ++i) {
    tenon::object members;
    for (int n = 0; n < 4; ++n)
      members[std::string(1, static_cast<char>('a' + n))] = random_document(random, 3);
    members["d"] = "x";
    const tenon::value document{members};
    const auto text = i % 2 ? write_json(document) : write_json_pretty(document);
    for (const auto& [name, ignored] : members) {
      const tenon::value key{name};
      scope trees;
      scope texts;
      trees.bind("d", document).bind("k", key);
      texts.bind_json("d", text).bind("k", key);
      ASSERT_EQ(evaluate(by_key, texts), evaluate(by_key, trees)) << text << " at " << name;
    }
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
