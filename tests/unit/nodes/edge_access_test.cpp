#include "nodes/edge/access.hpp"
#include "nodes/edge/admission.hpp"

#include <gtest/gtest.h>

#include <array>

namespace {

using namespace tenon;
using namespace tenon::nodes;
using edge::role;
using std::chrono::milliseconds;
using std::chrono::minutes;

edge::issued_key key_of(role r, std::uint8_t seed = 1, std::optional<moment> expires = {}) {
  std::array<std::uint8_t, 40> randomness{};
  randomness.fill(seed);
  return edge::issue_key("acme", r, expires, randomness);
}

const moment start{milliseconds{1'000'000'000}};
const edge::address here{{1}};
const edge::address elsewhere{{2}};

struct access_to_keys : testing::Test {
  edge::remembered_keys keys;
  edge::access access{keys};
  edge::issued_key key = key_of(role::viewer);

  access_to_keys() { keys.add(key.kept); }
  auto show(const std::string& text, moment now = start, const edge::address& from = here) {
    return access.identify("Bearer " + text, from, now);
  }
};

TEST_F(access_to_keys, knows_whose_key_it_is) {
  const auto who = show(key.text);
  ASSERT_TRUE(who) << who.error().why;
  EXPECT_EQ((*who)->tenant, "acme");
  EXPECT_EQ((*who)->role, role::viewer);
  EXPECT_EQ((*who)->key, key.kept.id);
}

TEST_F(access_to_keys, keeps_only_a_hash_of_what_it_issues) {
  EXPECT_TRUE(key.text.starts_with("tn_" + key.kept.id + "_"));
  EXPECT_EQ(key.text.size(), 3 + 16 + 1 + 64u);
  EXPECT_EQ(key.kept.hash, edge::hash_of(key.text));
}

TEST_F(access_to_keys, asks_for_a_key_of_the_right_shape) {
  EXPECT_EQ(access.identify("", here, start).error().code, code::unauthenticated);
  EXPECT_EQ(access.identify("Basic YTpi", here, start).error().code, code::unauthenticated);
  for (const auto* text : {"tn_", "tn_a", "tn_a_", "tn__b", "x"})
    EXPECT_EQ(show(text, start, edge::address{{9, std::uint8_t(text[0])}}).error().code,
              code::unauthenticated)
        << text;
}

TEST_F(access_to_keys, refuses_unknown_wrong_and_expired_keys_alike) {
  const auto expired = key_of(role::viewer, 3, start);
  keys.add(expired.kept);
  EXPECT_EQ(show(key_of(role::viewer, 2).text).error().code, code::unauthenticated);
  EXPECT_EQ(show(key.text + "0").error().code, code::unauthenticated);
  EXPECT_EQ(show(expired.text, start - milliseconds{1})->get()->tenant, "acme");
  EXPECT_EQ(show(expired.text, start).error().code, code::unauthenticated);
}

TEST_F(access_to_keys, locks_an_id_after_five_wrong_secrets_until_the_first_is_old) {
  for (std::uint8_t i = 0; i < 5; ++i)
    EXPECT_EQ(show(key.text + "0", start + minutes{i}, edge::address{{9, i}}).error().code,
              code::unauthenticated);
  const auto locked = show(key.text, start + minutes{5}, elsewhere);
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, code::overloaded);
  EXPECT_EQ(locked.error().retry_after, span{minutes{10}});
  EXPECT_FALSE(show(key.text, start + minutes{15} - milliseconds{1}, elsewhere));
  EXPECT_TRUE(show(key.text, start + minutes{15}, elsewhere));
}

TEST_F(access_to_keys, locks_an_address_after_five_failures_of_any_kind) {
  for (std::uint8_t i = 0; i < 5; ++i)
    EXPECT_FALSE(show("tn_unknown" + std::to_string(i) + "_x"));
  EXPECT_EQ(show(key.text).error().code, code::overloaded);
  EXPECT_TRUE(show(key.text, start, elsewhere));
}

TEST_F(access_to_keys, is_not_locked_out_of_a_key_it_knows_by_the_guesses_of_others) {
  EXPECT_TRUE(show(key.text));
  for (std::uint8_t i = 0; i < 5; ++i)
    EXPECT_FALSE(show(key.text + "0", start, elsewhere));
  EXPECT_TRUE(show(key.text, start + milliseconds{1}));
}

TEST_F(access_to_keys, forgets_a_revoked_or_replaced_key_at_once) {
  EXPECT_TRUE(show(key.text));
  keys.forget(key.kept.id);
  EXPECT_FALSE(show(key.text));
  keys.add(key.kept);
  EXPECT_TRUE(show(key.text, start + minutes{1}));
  auto replaced = key.kept;
  replaced.hash[0] ^= 1;
  keys.add(replaced);
  EXPECT_FALSE(show(key.text, start + minutes{1}));
}

TEST(edge_verified_keys, let_the_one_used_longest_ago_go) {
  edge::verified_keys known{2, span{1000}};
  const auto who = std::make_shared<const edge::principal>();
  known.add("a", who, {}, start);
  known.add("b", who, {}, start);
  EXPECT_TRUE(known.find("a", start));
  known.add("c", who, {}, start);
  EXPECT_FALSE(known.find("b", start));
  EXPECT_TRUE(known.find("a", start));
  EXPECT_TRUE(known.find("c", start));
}

TEST(edge_lockout, forgets_the_one_that_failed_longest_ago_when_there_are_too_many) {
  edge::lockout l{2};
  for (int i = 0; i < 5; ++i)
    l.failed("a", start);
  for (int i = 0; i < 5; ++i)
    l.failed("b", start + milliseconds{1});
  l.failed("c", start + milliseconds{2});
  EXPECT_FALSE(l.locked("a", start));
  EXPECT_TRUE(l.locked("b", start));
}

TEST(edge_roles, may_do_what_the_table_says) {
  EXPECT_TRUE(edge::may(role::viewer, "sync", "read"));
  EXPECT_FALSE(edge::may(role::viewer, "sync", "write"));
  EXPECT_TRUE(edge::may(role::operator_, "syncs", "operate"));
  EXPECT_FALSE(edge::may(role::operator_, "sync", "delete"));
  EXPECT_TRUE(edge::may(role::developer, "workflow", "delete"));
  EXPECT_TRUE(edge::may(role::admin, "key", "write"));
  EXPECT_FALSE(edge::may(role::admin, "audit", "read"));
  EXPECT_TRUE(edge::may(role::admin, "cluster", "administer"));
  EXPECT_TRUE(edge::may(role::operator_, "cluster", "read"));
  EXPECT_FALSE(edge::may(role::operator_, "cluster", "administer"));
  EXPECT_TRUE(edge::may(role::auditor, "audit", "read"));
  EXPECT_FALSE(edge::may(role::auditor, "sync", "operate"));
  EXPECT_TRUE(edge::may(role::owner, "audit", "administer"));
}

TEST(edge_roles, never_reach_guarding_kinds_by_any_kind_nor_by_their_plural) {
  for (const auto* kind :
       {"audit", "key", "tenant", "node", "cluster", "audits", "keys", "tenants", "nodes"}) {
    EXPECT_FALSE(edge::may(role::viewer, kind, "read")) << kind;
    EXPECT_FALSE(edge::may(role::developer, kind, "write")) << kind;
  }
}

TEST(edge_roles, are_worth_nothing_in_a_foreign_tenant) {
  const edge::principal owner{"k", "acme", role::owner};
  EXPECT_TRUE(edge::authorize(owner, "acme", "sync", "write"));
  EXPECT_EQ(edge::authorize(owner, "zeta", "sync", "read").error().code, code::forbidden);
  const edge::principal everywhere{"k", "*", role::viewer};
  EXPECT_TRUE(edge::authorize(everywhere, "zeta", "sync", "read"));
  EXPECT_EQ(edge::authorize(everywhere, "zeta", "sync", "write").error().code, code::forbidden);
}

TEST(edge_roles, reach_what_the_nodes_keep_of_themselves_only_as_the_node) {
  const auto may = [](role who, std::string_view kind, std::string_view verb) {
    return edge::authorize({"k", "*", who}, "system", kind, verb).has_value();
  };
  EXPECT_FALSE(may(role::viewer, "actors", "read"));
  EXPECT_FALSE(may(role::developer, "actors", "operate"));
  EXPECT_FALSE(may(role::admin, "sync", "write"));
  EXPECT_TRUE(may(role::admin, "actors", "read"));
  EXPECT_TRUE(may(role::owner, "actors", "operate"));
}

TEST(edge_roles, read_back_their_names) {
  for (const auto r :
       {role::viewer, role::operator_, role::developer, role::admin, role::auditor, role::owner})
    EXPECT_EQ(edge::role_of(name_of(r)), r);
  EXPECT_EQ(edge::role_of("king"), std::nullopt);
}

const edge::gate::time now{std::chrono::hours{5}};

TEST(edge_admission, lets_a_burst_pass_and_then_the_rate) {
  const auto gate = std::make_shared<edge::gate>(edge::allowance{10, 3, 100});
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(gate->enter(now)) << i;
  const auto refused = gate->enter(now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::overloaded);
  EXPECT_EQ(refused.error().retry_after, span{100});
  EXPECT_FALSE(gate->enter(now + milliseconds{99}));
  EXPECT_TRUE(gate->enter(now + milliseconds{100}));
  EXPECT_FALSE(gate->enter(now + milliseconds{100}));
}

TEST(edge_admission, passes_again_after_exactly_the_time_it_named) {
  const auto gate = std::make_shared<edge::gate>(edge::allowance{7, 5, 1000});
  auto t = now;
  for (int i = 0; i < 1000; ++i) {
    t += milliseconds{i % 97};
    if (const auto r = gate->enter(t); !r) {
      t += *r.error().retry_after;
      EXPECT_TRUE(gate->enter(t)) << i;
    }
  }
}

TEST(edge_admission, bounds_what_is_in_flight) {
  const auto gate = std::make_shared<edge::gate>(edge::allowance{1e6, 1000, 2});
  auto one = gate->enter(now);
  auto two = gate->enter(now);
  const auto three = gate->enter(now);
  ASSERT_FALSE(three);
  EXPECT_TRUE(three.error().retry_after);
  *one = nullptr;
  EXPECT_EQ(gate->in_flight(), 1u);
  EXPECT_TRUE(gate->enter(now));
}

TEST(edge_admission, survives_extreme_allowances) {
  const auto none = std::make_shared<edge::gate>(edge::allowance{0, 4'000'000'000u, 10});
  EXPECT_TRUE(none->enter(now));
  const auto all = std::make_shared<edge::gate>(edge::allowance{1e12, 1, 10});
  EXPECT_TRUE(all->enter(now));
  EXPECT_TRUE(all->enter(now));
}

TEST(edge_admission, keeps_tenants_apart_and_takes_new_allowances) {
  edge::admission a{{1, 1, 10}};
  EXPECT_TRUE(a.of("acme")->enter(now));
  EXPECT_FALSE(a.of("acme")->enter(now));
  EXPECT_TRUE(a.of("zeta")->enter(now));
  a.allow("acme", {1, 5, 10});
  EXPECT_TRUE(a.of("acme")->enter(now));
  EXPECT_TRUE(a.of("acme")->enter(now));
}

} // namespace
