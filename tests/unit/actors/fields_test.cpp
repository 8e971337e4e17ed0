// The fields of a page: what is seen of them, and what of that counts as news.
#include "actors/collection/drift/judging.hpp"

#include <gtest/gtest.h>

#include <array>

using namespace tenon;
using namespace tenon::actors;
using namespace tenon::actors::collections;

namespace {

using type = drift::type;
using policy = drift::policy;

constexpr std::array every_type{type::absent,  type::null,   type::boolean,
                                type::integer, type::number, type::text,
                                type::object,  type::list,   type::mixed};

std::string shown(const drift::page& page) {
  std::string all;
  for (const auto& one : page.seen)
    all += one.name + ' ' + std::string{name_of(one.type)} + ' ' + std::to_string(one.records) +
           (&one == &page.seen.back() ? "" : ", ");
  return all + (page.unkept == 0 ? "" : ", +" + std::to_string(page.unkept));
}

std::string sum(const std::vector<std::string>& records) {
  field_sum fields;
  for (const auto& one : records)
    fields.add(one);
  return shown(fields.page(policy::widen));
}

TEST(fields, are_summed_up_by_name_and_type_whatever_their_order) {
  EXPECT_EQ(sum({R"({"a":1,"b":"x"})", R"({"a":2,"b":null})", R"({"b":"y","a":1.5,"c":[]})"}),
            "a integer 2, a number 1, b null 1, b text 2, c list 1");
  EXPECT_EQ(sum({R"( { "t" : true , "f":false,"o":{"a":[{}]},"e":1e3,"n":-1 } )", "{}", "[1]", ""}),
            "t boolean 1, f boolean 1, o object 1, e number 1, n integer 1");
}

TEST(fields, are_the_same_however_they_are_laid_out) {
  EXPECT_EQ(sum({R"({"a": 1, "b":2})", R"({"a":3,"b": "x"})", "{\n \"a\" :\t\t4 , \"b\":\n5}",
                 R"({"ab":1,"a":1})", "{\"c\":" + std::string(99, ' ') + "1}", R"({"c":1})"}),
            "a integer 4, b integer 2, b text 1, ab integer 1, c integer 2");
}

TEST(fields, are_not_confused_by_what_texts_and_nested_values_hold) {
  EXPECT_EQ(sum({R"({"a":"}\",\"b\":1,\\","c":{"d":"]}","e":["\"}"]},"f":1})"}),
            "a text 1, c object 1, f integer 1");
  EXPECT_EQ(sum({R"({"\u0061":1})", R"({"x\"y":2})"}), "a integer 1, x\"y integer 1");
}

TEST(fields, beyond_the_bounds_are_counted_only) {
  std::string wide{"{"};
  for (std::size_t i = 0; i < max_fields + 3; ++i)
    wide += "\"f" + std::to_string(i) + "\":1,";
  wide += "\"last\":1}";
  field_sum fields;
  fields.add(wide);
  fields.add(R"({")" + std::string(max_field_name + 1, 'n') + R"(":1,"f1":2})");
  const auto page = fields.page(policy::widen);
  EXPECT_EQ(page.seen.size(), max_fields);
  EXPECT_EQ(page.unkept, 5u);
  EXPECT_EQ(page.seen[1].records, 2u);
}

TEST(fields, of_a_record_that_is_cut_off_are_those_before_the_cut) {
  const std::string whole = R"({"a":"x\"y","b":{"c":[1,"]"]},"d":1.5,"e":null})";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string cut{whole, 0, length}; // a copy, so that nothing is read behind it
    field_sum fields;
    fields.add(cut);
    EXPECT_LE(fields.page(policy::widen).seen.size(), 4u) << cut;
  }
}

TEST(types, are_joined_to_the_least_that_both_are) {
  EXPECT_EQ(joined(type::integer, type::number), type::number);
  EXPECT_EQ(joined(type::null, type::text), type::text);
  EXPECT_EQ(joined(type::integer, type::text), type::mixed);
  EXPECT_EQ(joined(type::boolean, type::integer), type::mixed);
  for (const auto a : every_type) {
    EXPECT_EQ(joined(a, a), a);
    EXPECT_TRUE(fits(a, type::mixed));
    EXPECT_TRUE(fits(type::absent, a));
    for (const auto b : every_type) {
      EXPECT_EQ(joined(a, b), joined(b, a));
      for (const auto c : every_type)
        EXPECT_EQ(joined(joined(a, b), c), joined(a, joined(b, c)));
    }
  }
}

/// What a policy does with one value of `found` where there was `known`.
std::string judged(policy p, type known, type found, bool learnt = true, bool declared = false) {
  drift::schema schema;
  if (known != type::absent)
    schema.fields.push_back({.name = "f", .type = known, .declared = declared});
  drift::page page{.policy = p};
  page.seen.push_back({"f", found, 1});
  const auto j = judge(known_fields{schema}, page, learnt);
  EXPECT_LE(j.accepted.size() + j.refused.size(), 1u);
  if (!j.refused.empty())
    return "refused";
  return j.accepted.empty() ? "no news" : std::string{name_of(j.accepted.front().fate)};
}

TEST(news, is_let_in_as_far_as_the_policy_goes) {
  const auto of_all = [](type known, type found) {
    std::string all;
    for (const auto p : {policy::widen, policy::add, policy::quarantine, policy::fail})
      all += judged(p, known, found) + ' ';
    return all;
  };
  EXPECT_EQ(of_all(type::absent, type::text), "added added refused refused ");
  EXPECT_EQ(of_all(type::absent, type::null), "added added refused refused ");
  EXPECT_EQ(of_all(type::integer, type::number), "widened widened refused refused ");
  EXPECT_EQ(of_all(type::integer, type::text), "widened refused refused refused ");
  EXPECT_EQ(of_all(type::null, type::text), "settled settled settled settled ");
  EXPECT_EQ(of_all(type::integer, type::null), "no news no news no news no news ");
  EXPECT_EQ(of_all(type::number, type::integer), "no news no news no news no news ");
  EXPECT_EQ(of_all(type::mixed, type::list), "no news no news no news no news ");
}

TEST(news, begins_when_a_run_has_shown_what_there_is_or_with_what_the_source_says) {
  EXPECT_EQ(judged(policy::fail, type::absent, type::text, false), "learned");
  EXPECT_EQ(judged(policy::fail, type::integer, type::text, false), "widened");
  EXPECT_EQ(judged(policy::fail, type::integer, type::text, false, true), "refused");
  drift::page page{.policy = policy::fail};
  page.declared.push_back({"f", type::integer});
  page.seen.push_back({"f", type::text, 2});
  page.seen.push_back({"g", type::text, 2});
  const auto j = judge(known_fields{drift::schema{}}, page, false);
  ASSERT_EQ(j.refused.size(), 1u);
  EXPECT_EQ(sentence(j.refused.front()), "the field f was integer and is text");
  ASSERT_EQ(j.accepted.size(), 2u);
  EXPECT_EQ(j.accepted.front().fate, drift::fate::declared);
}

TEST(news, has_room_for_so_many_fields_and_counts_the_rest) {
  drift::schema schema;
  for (std::size_t i = 0; i + 1 < max_fields; ++i)
    schema.fields.push_back({.name = "f" + std::to_string(i), .type = type::text});
  drift::page page;
  page.seen = {{"f0", type::list, 1}, {"new", type::text, 1}, {"more", type::text, 4}};
  const auto j = judge(known_fields{schema}, page, true);
  EXPECT_EQ(j.accepted.size(), 2u);
  EXPECT_EQ(j.unkept, 4u);
}

} // namespace
