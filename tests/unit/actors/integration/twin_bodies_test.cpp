// Requests to one address that a twin tells apart by what is in their bodies.
#include "actors/integration/twin/twin.hpp"
#include "tests/unit/actors/integration/sample.hpp"

#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

/// Which of two actions at one path the body is for.
class bodies : public ::testing::Test {
protected:
  void make(const std::string& actions, const std::string& tests) {
    const auto m = manifest_of(value_of_yaml("connector: test\nbase: http://h/v1\nstreams:\n"
                                             "  all: {request: {get: /all}, key: id}\nactions:\n" +
                                             actions + "tests:\n" + tests));
    auto made = twin::make(std::make_shared<const manifest>(m));
    if (!made)
      ADD_FAILURE() << made.error().where << ": " << made.error().why;
    else
      twin_.emplace(*std::move(made));
  }
  std::string who_gets(const std::string& body) {
    const http_request asked{
        "POST", "http://h/v1/things", {{"Content-Type", "application/json"}}, blob::copy_of(body)};
    const auto said = twin_->answer(asked, noon);
    const auto read = read_json(said.body.view());
    const auto* by = read ? read->find("by") : nullptr;
    const auto* text = by ? by->as<std::string>() : nullptr;
    return text ? *text : std::to_string(said.status);
  }

  std::optional<twin> twin_;
};

TEST_F(bodies, at_one_address_are_told_apart_as_the_tests_say) {
  make("  a: {mode: call, request: {post: /things}}\n"
       "  b: {mode: call, request: {post: /things}}\n",
       "  actions: {a: {result: {by: a}}, b: {asked: {of: {q: \"add * to b\", n: 1}}, result: {by: "
       "b}}}\n");
  EXPECT_EQ(who_gets(R"({"of":{"q":"add 7 to b","n":1,"m":2}})"), "b");
  EXPECT_EQ(who_gets(R"({"of":{"q":"add 7 to a","n":1}})"), "a");
  EXPECT_EQ(who_gets(R"({"of":{"q":"add 7 to b","n":2}})"), "a");
  EXPECT_EQ(who_gets(R"({"q":"add 7 to b","n":1})"), "a");
}

TEST_F(bodies, that_no_action_is_asked_like_are_for_none) {
  make("  a: {mode: call, request: {post: /things}}\n"
       "  b: {mode: call, request: {post: /things}}\n",
       "  actions: {a: {asked: {type: a}, result: {by: a}}, b: {asked: {type: b}}}\n");
  EXPECT_EQ(who_gets(R"({"type":"a"})"), "a");
  EXPECT_EQ(who_gets(R"({"type":"c"})"), "404");
}

} // namespace
} // namespace tenon::actors::connectors
