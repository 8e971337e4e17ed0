#include "actors/connector.hpp"

#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::code;
using tenon::actors::connector;
using tenon::tests::at;
using tenon::tests::given;

namespace {

std::string manifest(std::string limits = "{}") {
  return R"({"connector":{"name":"chinook","title":"Chinook"},"base":"https://api.example.com",)"
         R"("auth":{"none":{}},"limits":)" +
         limits +
         R"(,"streams":{"albums":{"request":{"get":"/albums"},"records":"items","key":"id"}}})";
}

TEST(connector, keeps_a_manifest_and_gives_it_to_whoever_interprets_it) {
  auto one = given<connector>();
  const auto done = one.when(connector::configure{.spec = manifest()});
  ASSERT_FALSE(done.refusal) << done.refusal->where << ": " << done.refusal->why;
  const auto read = one.when(connector::read{});
  EXPECT_EQ(read.reply->text, manifest());
  EXPECT_EQ(read.reply->version, 1u);
}

TEST(connector, that_is_not_there_cannot_be_read) {
  EXPECT_EQ(given<connector>().when(connector::read{}).refusal->code, code::not_found);
}

TEST(connector, refuses_a_manifest_that_does_not_compile_and_says_where) {
  const auto refused = given<connector>().when(connector::configure{.spec = "{}"});
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->code, code::malformed);
  EXPECT_EQ(refused.refusal->where, "spec.connector");
}

TEST(connector, refuses_limits_that_a_quota_cannot_count) {
  const auto refused = given<connector>().when(
      connector::configure{.spec = manifest(R"({"buckets":[{"kind":"token","rate":"10/1s"},)"
                                            R"({"kind":"sliding","rate":"20000/10s"}]})")});
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->where, "spec.limits.buckets[1].amount") << refused.refusal->why;
}

TEST(connector, shows_in_its_status_what_can_be_read_with_it) {
  auto one = given<connector>(connector::configured{manifest(), at(0s)});
  EXPECT_EQ(tenon::write_json(connector::status(one.state)),
            R"({"connector":{"name":"chinook","title":"Chinook"},"streams":["albums"]})");
  constexpr auto with_schema =
      R"({"connector":"c","base":"https://x","streams":{"a":{"request":{"get":"/a"},"key":"id",)"
      R"("schema":{"id":"integer","at":{"city":"text"}}},)"
      R"("b":{"request":{"get":"/b"},"key":"id"}}})";
  auto other = given<connector>();
  const auto done = other.when(connector::configure{.spec = with_schema});
  ASSERT_FALSE(done.refusal) << done.refusal->where << ": " << done.refusal->why;
  EXPECT_EQ(tenon::write_json(*connector::status(other.state).find("schemas")),
            R"({"a":{"id":"integer","at":{"city":"text"}}})");
}

} // namespace
