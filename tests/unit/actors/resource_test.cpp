// What every kind of resource shares, shown with the smallest kind there is.
#include "actors/resource/resource.hpp"
#include "protocols/credential.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using tenon::code;
using tenon::value;
using tenon::tests::at;
using tenon::tests::given;
using outcome = tenon::protocols::resource::outcome;

namespace {

/// Takes its conversation from the credential, because that one has secrets.
struct box : tenon::actors::resource<box, tenon::protocols::credential> {
  static tenon::result<void> check_spec(const value& spec) {
    if (spec.find("wrong"))
      return tenon::failure{code::malformed, "it is wrong", "spec.wrong", "Leave it out."};
    return {};
  }
  static value status(const state& s) { return tenon::object{{"refreshes", s.refreshes}}; }
  static persisted when_configured(persisted p, const state&, const value&, tenon::moment) {
    return std::move(p).also(invalidated{.early = true});
  }
  static persisted when_removed(persisted p, const state&, tenon::moment) {
    return std::move(p).send_raw({.kind = "other"}, tenon::blob::copy_of("bye"));
  }
  static bool renews(const state& s) { return s.dead; }

  using resource::apply;
  using resource::on;
  static void apply(state&, const invalidated&) {}
  static void apply(state&, const acquiring&) {}
  static void apply(state&, const refreshed&) {}
  static void apply(state&, const authorizing&) {}
  static void apply(state&, const came_back&) {}
  static void apply(state&, const disconnected&) {}
  static void apply(state& s, const failed& e) { s.dead = e.dead; }
  static bool holds(const state& s) { return tenon::actors::holds(s.record); }
};

box::configure spec(std::string text) {
  return {.spec = std::move(text)};
}

TEST(resource, is_created_changed_and_left_as_it_was) {
  auto one = given<box>();
  auto made = one.at(1s).when(spec("{\"a\": 1}"));
  EXPECT_EQ(*made.reply, (box::changed{outcome::created, 1}));
  EXPECT_EQ(made.events, (std::vector<box::event>{box::configured{"{\"a\":1}", at(1s)},
                                                  box::invalidated{.early = true}}));
  auto changed = one.at(2s).when(spec("{\"a\":2}"));
  EXPECT_EQ(*changed.reply, (box::changed{outcome::changed, 2}));
  EXPECT_EQ(one.state.record.created_at, at(1s));
  EXPECT_EQ(one.state.record.changed_at, at(2s));
  auto same = one.at(3s).when(spec(" { \"a\" : 2 } "));
  EXPECT_EQ(*same.reply, (box::changed{outcome::unchanged, 2}));
  EXPECT_TRUE(same.events.empty());
}

TEST(resource, an_unchanged_spec_is_a_change_when_its_kind_wants_to_try_again) {
  auto one = given<box>(box::configured{"{}", at(0s)}, box::failed{.dead = true});
  EXPECT_EQ(*one.when(spec("{}")).reply, (box::changed{outcome::changed, 2}));
}

TEST(resource, is_made_only_if_absent_when_asked_so) {
  auto one = given<box>();
  EXPECT_FALSE(one.when(box::configure{.spec = "{}", .if_absent = true}).refusal);
  const auto again = one.when(box::configure{.spec = "{}", .if_absent = true});
  ASSERT_TRUE(again.refusal);
  EXPECT_EQ(again.refusal->code, code::conflict);
  EXPECT_EQ(again.refusal->where, "if_absent");
}

TEST(resource, is_changed_only_in_the_version_that_was_meant) {
  auto one = given<box>();
  EXPECT_EQ(one.when(box::configure{.spec = "{}", .if_version = 1}).refusal->code, code::stale);
  one.when(spec("{}"));
  EXPECT_EQ(one.when(box::configure{.spec = "{\"a\":1}", .if_version = 2}).refusal->code,
            code::stale);
  EXPECT_FALSE(one.when(box::configure{.spec = "{\"a\":1}", .if_version = 1}).refusal);
  EXPECT_EQ(one.when(box::remove{.if_version = 1}).refusal->code, code::stale);
  EXPECT_FALSE(one.when(box::remove{.if_version = 2}).refusal);
  EXPECT_EQ(one.when(box::configure{.spec = "{}", .if_version = 3}).refusal->code, code::stale);
}

TEST(resource, a_dry_run_checks_everything_and_changes_nothing) {
  auto one = given<box>();
  const auto tried = one.when(box::configure{.spec = "{}", .dry_run = true});
  EXPECT_EQ(*tried.reply, (box::changed{outcome::created, 0}));
  EXPECT_TRUE(tried.events.empty());
  EXPECT_FALSE(one.state.record.exists);
  EXPECT_TRUE(one.when(box::configure{.spec = "{\"wrong\":1}", .dry_run = true}).refusal);
  one.when(spec("{}"));
  EXPECT_EQ(*one.when(box::configure{.spec = "{\"a\":1}", .dry_run = true}).reply,
            (box::changed{outcome::changed, 1}));
}

TEST(resource, refuses_a_spec_that_is_wrong_and_says_where) {
  auto one = given<box>();
  const auto broken = one.when(spec("{\"a\": }"));
  ASSERT_TRUE(broken.refusal);
  EXPECT_EQ(broken.refusal->code, code::malformed);
  EXPECT_TRUE(broken.refusal->where.starts_with("spec, byte ")) << broken.refusal->where;
  EXPECT_FALSE(broken.refusal->remedy.empty());
  EXPECT_EQ(one.when(spec("[1]")).refusal->where, "spec");
  EXPECT_EQ(one.when(spec("{\"wrong\":1}")).refusal->where, "spec.wrong");
  EXPECT_EQ(one.when(spec('"' + std::string(1u << 20, 'x') + '"')).refusal->code, code::too_large);
  EXPECT_FALSE(one.state.record.exists);
}

TEST(resource, that_is_not_there_is_neither_described_nor_removed) {
  auto one = given<box>();
  EXPECT_EQ(one.when(box::describe{}).refusal->code, code::not_found);
  EXPECT_EQ(one.when(box::remove{}).refusal->code, code::not_found);
  one.when(spec("{}"));
  one.when(box::remove{});
  EXPECT_EQ(one.when(box::describe{}).refusal->code, code::not_found);
}

TEST(resource, leaves_nothing_but_its_version_when_removed) {
  auto one = given<box>(box::configured{"{}", at(0s)}, box::failed{.dead = true});
  const auto gone = one.at(5s).when(box::remove{});
  EXPECT_EQ(*gone.reply, (box::changed{outcome::removed, 2}));
  ASSERT_EQ(gone.sends.size(), 1u);
  EXPECT_EQ(gone.sends.front().command.view(), "bye");
  EXPECT_TRUE(gone.sends.front().durable);
  EXPECT_EQ(one.state, (box::state{.record = {.version = 2}}));
  EXPECT_EQ(*one.when(spec("{}")).reply, (box::changed{outcome::created, 3}));
}

TEST(resource, is_described_with_its_status_and_with_secrets_covered) {
  auto one = given<box>();
  one.at(1s).when(spec(R"({"secrets":{"user":"anna","pin":7,"none":null,"keys":["a"]},"b":1})"));
  const auto shown = one.at(9s).when(box::describe{});
  ASSERT_TRUE(shown.reply);
  EXPECT_EQ(shown.reply->spec,
            R"({"secrets":{"user":"•••","pin":"•••","none":null,"keys":["•••"]},"b":1})");
  EXPECT_EQ(shown.reply->status, R"({"refreshes":0})");
  EXPECT_EQ(shown.reply->version, 1u);
  EXPECT_EQ(shown.reply->created_at, at(1s));
  EXPECT_EQ(shown.reply->changed_at, at(1s));
}

TEST(resource, keeps_a_secret_that_comes_back_covered) {
  auto one = given<box>();
  one.when(spec(R"({"secrets":{"user":"anna","password":"tiger","keys":["a","b"]}})"));
  const auto same =
      one.when(spec(R"({"secrets":{"user":"•••","password":"•••","keys":["•••","•••"]}})"));
  EXPECT_EQ(same.reply->outcome, outcome::unchanged);
  one.when(spec(R"({"secrets":{"user":"•••","password":"lion"}})"));
  EXPECT_EQ(one.state.record.spec, R"({"secrets":{"user":"anna","password":"lion"}})");
}

TEST(resource, refuses_a_cover_with_nothing_behind_it) {
  auto one = given<box>();
  const auto refused = one.when(spec(R"({"secrets":{"user":"•••"}})"));
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->where, "spec.secrets.user");
  one.when(spec(R"({"secrets":{"user":"anna","keys":["a"]}})"));
  EXPECT_EQ(one.when(spec(R"({"secrets":{"password":"•••"}})")).refusal->where,
            "spec.secrets.password");
  EXPECT_EQ(one.when(spec(R"({"secrets":{"keys":["•••","•••"]}})")).refusal->where,
            "spec.secrets.keys[1]");
  one.when(box::remove{});
  EXPECT_TRUE(one.when(spec(R"({"secrets":{"user":"•••"}})")).refusal)
      << "a removed secret is gone";
}

} // namespace
