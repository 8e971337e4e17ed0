#include "nodes/cli/members.hpp"

#include "config/yaml.hpp"
#include "nodes/cli/exit_code.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tenon::nodes::cli;
using tenon::code;
using tenon::list;
using tenon::object;
using tenon::value;

TEST(cli_members, reads_as_nothing_what_is_absent_or_of_another_type) {
  const value v = object{{"text", "x"}, {"number", 7}, {"list", list{1}}};
  EXPECT_EQ(text_at(v, "text"), "x");
  EXPECT_EQ(text_at(v, "number"), "");
  EXPECT_EQ(number_at(v, "number"), 7);
  EXPECT_FALSE(number_at(v, "text"));
  EXPECT_EQ(list_at(v, "list").size(), 1u);
  EXPECT_TRUE(list_at(v, "absent").empty());
  EXPECT_EQ(text_at(value{1}, "text"), "");
}

TEST(cli_yaml, reads_back_to_what_was_written) {
  const auto original = tenon::read_json(
      R"({"name":"chinook:customers","on":"yes","number":"007","empty":"","date":"2024-01-01",
          "nested":{"list":["a: b","# no","-","x #y",{"k":[1,2.5,true,null],"m":{}}],"none":[]},
          "lines":"one\ntwo","quote":"it's \"so\"","blank":" x ","minus":-5,"star":"*a",
          "12":"k"})");
  ASSERT_TRUE(original) << original.error().why;
  const auto text = write_yaml(*original);
  const auto read = tenon::config::read_yaml(text, "written");
  ASSERT_TRUE(read) << read.error().where << ": " << read.error().why << "\n" << text;
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->front().value, *original) << text;
}

TEST(cli_yaml, quotes_only_what_needs_it) {
  EXPECT_EQ(write_yaml(object{{"a", "plain text"}, {"b", "no"}, {"c", list{"x", list{"z"}}}}),
            "a: plain text\n"
            "b: \"no\"\n"
            "c:\n"
            "  - x\n"
            "  - - z\n");
}

TEST(cli_problem, becomes_a_failure_with_field_and_remedy) {
  const auto f = read_problem(object{{"type", "urn:tenon:problem:stale"},
                                     {"title", "Precondition Failed"},
                                     {"detail", "somebody was faster"},
                                     {"field", "spec.page"},
                                     {"remedy", "read it again"}},
                              412);
  EXPECT_EQ(f, (tenon::failure{.code = code::stale,
                               .why = "somebody was faster",
                               .where = "spec.page",
                               .remedy = "read it again"}));
}

TEST(cli_problem, falls_back_to_the_status_when_the_document_says_little) {
  EXPECT_EQ(read_problem({}, 401).code, code::unauthenticated);
  EXPECT_EQ(read_problem({}, 429).code, code::overloaded);
  EXPECT_EQ(read_problem({}, 503).code, code::unavailable);
  EXPECT_EQ(read_problem({}, 500).code, code::internal);
  EXPECT_EQ(read_problem({}, 418).code, code::malformed);
  EXPECT_EQ(read_problem(object{{"title", "Teapot"}}, 418).why, "Teapot");
  EXPECT_EQ(read_problem({}, 418).why, "the server answered with status 418");
}

TEST(cli_exit_code, parts_a_refusal_from_a_key_that_is_not_known) {
  EXPECT_EQ(exit_code_of(code::unauthenticated), exit_code::unauthenticated);
  EXPECT_EQ(exit_code_of(code::forbidden), exit_code::refused);
  EXPECT_EQ(exit_code_of(code::unavailable), exit_code::refused);
}

} // namespace
