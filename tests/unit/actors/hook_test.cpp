#include "actors/hook.hpp"

#include "protocols/json.hpp"
#include "tests/support/given.hpp"

namespace tenon::actors {
namespace {

using namespace std::chrono_literals;
using tests::at;
using tests::called;
using tests::given;
using tests::scene;
using wire = protocols::hook;

const hook::configure wanted{.spec = R"({"integration":"shop","hook":"events"})"};

/// What the platform made of the errand that is under way.
hook::arranged done(const scene<hook>& s, wire::errand what, std::string id, moment until = {}) {
  return {.number = s.state.busy,
          .errand = what,
          .succeeded = true,
          .place = {.id = std::move(id),
                    .ends_at = until,
                    .integration = "shop",
                    .hook = "events",
                    .spec = "{}"}};
}

hook::arranged not_done(const scene<hook>& s, wire::errand what, std::string why,
                        bool missing = false) {
  return {.number = s.state.busy,
          .errand = what,
          .why = std::move(why),
          .place = {.integration = "shop", .hook = "events"},
          .missing = missing};
}

scene<hook> subscribed(span life) {
  auto s = given<hook>().at(0s);
  static_cast<void>(s.when(wanted));
  const auto until = life > 0s ? s.now + life : moment{};
  static_cast<void>(s.when(done(s, wire::errand::subscribe, "sub-1", until)));
  return s;
}

moment next(const scene<hook>& s) {
  const auto due = hook::due(s.state);
  return due.empty() ? moment{} : due.front().at;
}

std::string shown(const scene<hook>& s, const char* name) {
  const auto status = hook::status(s.state);
  const auto* text = status.find(name);
  return text == nullptr           ? ""
         : text->is<std::string>() ? *text->as<std::string>()
                                   : write_json(*text);
}

TEST(hook, asks_as_soon_as_it_is_configured_and_says_what_there_is) {
  auto s = given<hook>().at(0s);
  const auto asked = called<wire::arrange>(s.when(wanted));
  EXPECT_EQ(asked.errand, wire::errand::subscribe);
  EXPECT_EQ(asked.place.integration, "shop");
  EXPECT_EQ(asked.place.hook, "events");
  EXPECT_TRUE(hook::due(s.state).empty()) << "one errand at a time";
  EXPECT_EQ(shown(s, "state"), "subscribing");
  static_cast<void>(s.when(done(s, wire::errand::subscribe, "sub-1")));
  EXPECT_EQ(shown(s, "state"), "subscribed");
  EXPECT_EQ(shown(s, "subscription"), "sub-1");
}

TEST(hook, is_renewed_before_it_ends_and_not_all_at_once) {
  auto s = subscribed(10h);
  std::size_t looks = 0;
  for (; looks < 20; ++looks) {
    s.now = next(s);
    const auto asked = called<wire::arrange>(s.when(hook::due_now{}));
    EXPECT_EQ(asked.place.id, "sub-1");
    if (asked.errand == wire::errand::subscribe)
      break;
    EXPECT_EQ(asked.errand, wire::errand::look);
    static_cast<void>(s.when(done(s, wire::errand::look, "sub-1", at(10h))));
  }
  EXPECT_GE(s.now, at(8h));
  EXPECT_LE(s.now, at(9h));
  EXPECT_GE(looks, 7u) << "it is looked after every hour";
  static_cast<void>(s.when(done(s, wire::errand::subscribe, "sub-2", s.now + 10h)));
  EXPECT_EQ(s.state.place.id, "sub-2");
}

TEST(hook, asks_again_later_and_later_when_it_is_refused) {
  auto s = given<hook>().at(0s);
  static_cast<void>(s.when(wanted));
  span before{0};
  for (int times = 0; times < 10; ++times) {
    static_cast<void>(s.when(not_done(s, wire::errand::subscribe, "no permission")));
    EXPECT_EQ(shown(s, "state"), "failing");
    EXPECT_EQ(shown(s, "why"), "no permission");
    const auto pause = next(s) - s.now;
    EXPECT_GE(pause, before);
    EXPECT_LE(pause, 1h);
    before = pause;
    s.now = next(s);
    EXPECT_EQ(called<wire::arrange>(s.when(hook::due_now{})).errand, wire::errand::subscribe);
  }
  EXPECT_EQ(before, 1h);
}

TEST(hook, makes_another_when_the_platform_has_dropped_it) {
  auto s = subscribed(0s);
  s.now = next(s);
  EXPECT_EQ(called<wire::arrange>(s.when(hook::due_now{})).errand, wire::errand::look);
  static_cast<void>(s.when(done(s, wire::errand::look, "")));
  EXPECT_EQ(next(s), s.now);
  EXPECT_EQ(called<wire::arrange>(s.when(hook::due_now{})).errand, wire::errand::subscribe);
}

TEST(hook, tells_the_platform_to_stop_when_it_is_removed) {
  auto s = subscribed(10h);
  static_cast<void>(s.when(hook::remove{}));
  EXPECT_FALSE(s.state.record.exists);
  const auto asked = called<wire::arrange>(s.when(hook::due_now{}));
  EXPECT_EQ(asked.errand, wire::errand::leave);
  EXPECT_EQ(asked.place.id, "sub-1");
  EXPECT_EQ(asked.place.spec, "{}") << "the integration may be gone by then";
  static_cast<void>(s.when(done(s, wire::errand::leave, "sub-1")));
  EXPECT_TRUE(s.state.leaving.empty());
  EXPECT_TRUE(hook::due(s.state).empty());
}

TEST(hook, gives_up_telling_after_a_day) {
  auto s = subscribed(0s);
  static_cast<void>(s.when(hook::remove{}));
  const auto began = s.now;
  int times = 0;
  for (; times < 100 && !hook::due(s.state).empty(); ++times) {
    s.now = std::max(s.now, next(s));
    EXPECT_EQ(called<wire::arrange>(s.when(hook::due_now{})).errand, wire::errand::leave);
    static_cast<void>(s.when(not_done(s, wire::errand::leave, "it does not answer")));
  }
  EXPECT_EQ(times, 24);
  EXPECT_GT(s.now - began, 12h);
}

TEST(hook, leaves_what_was_made_while_it_was_removed) {
  auto s = given<hook>().at(0s);
  static_cast<void>(s.when(wanted));
  static_cast<void>(s.when(hook::remove{}));
  static_cast<void>(s.when(done(s, wire::errand::subscribe, "late")));
  const auto asked = called<wire::arrange>(s.when(hook::due_now{}));
  EXPECT_EQ(asked.errand, wire::errand::leave);
  EXPECT_EQ(asked.place.id, "late");
}

TEST(hook, moves_to_another_hook_and_leaves_the_old_one) {
  auto s = subscribed(0s);
  const auto asked = called<wire::arrange>(
      s.when(hook::configure{.spec = R"({"integration":"shop","hook":"orders"})"}));
  EXPECT_EQ(asked.errand, wire::errand::subscribe);
  EXPECT_EQ(asked.place.hook, "orders");
  EXPECT_EQ(asked.place.id, "");
  auto made = done(s, wire::errand::subscribe, "sub-2");
  made.place.hook = "orders";
  static_cast<void>(s.when(made));
  EXPECT_EQ(s.state.place.id, "sub-2");
  const auto farewell = called<wire::arrange>(s.when(hook::due_now{}));
  EXPECT_EQ(farewell.errand, wire::errand::leave);
  EXPECT_EQ(farewell.place.id, "sub-1");
}

TEST(hook, leaves_when_its_integration_is_removed_and_comes_back_with_it) {
  auto s = subscribed(0s);
  s.now = next(s);
  static_cast<void>(s.when(hook::due_now{}));
  static_cast<void>(s.when(not_done(s, wire::errand::look, "there is no such resource", true)));
  EXPECT_EQ(called<wire::arrange>(s.when(hook::due_now{})).errand, wire::errand::leave);
  static_cast<void>(s.when(done(s, wire::errand::leave, "sub-1")));
  s.now = next(s);
  EXPECT_EQ(called<wire::arrange>(s.when(hook::due_now{})).errand, wire::errand::subscribe);
}

TEST(hook, hears_nothing_of_errands_that_are_over) {
  auto s = subscribed(0s);
  auto stray = done(s, wire::errand::subscribe, "stray");
  stray.number = 17;
  EXPECT_TRUE(s.when(stray).events.empty());
  EXPECT_EQ(s.state.place.id, "sub-1");
}

TEST(hook, refuses_what_names_nothing) {
  for (const auto* spec : {R"({"integration":"shop"})", R"({"integration":"","hook":"a"})",
                           R"({"integration":"shop","hook":"no such name!"})"}) {
    const auto read = read_json(spec);
    EXPECT_FALSE(hook::check_spec(*read)) << spec;
  }
}

} // namespace
} // namespace tenon::actors
