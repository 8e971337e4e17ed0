#include "cluster/identity/join_token.hpp"

#include "cluster/identity/certificate.hpp"
#include "tests/support/counted_entropy.hpp"

#include <gtest/gtest.h>

namespace tenon::cluster {
namespace {

const moment today = parse_moment("2026-11-22T12:00:00Z").value();
const std::string fingerprint(64, 'f');

class join_tokens : public testing::Test {
protected:
  issued_join_token issue() { return issue_join_token(random_, fingerprint, today); }

private:
  tests::counted_entropy random_;
};

TEST_F(join_tokens, let_in_whoever_shows_them_in_time) {
  const auto issued = issue();
  const auto shown = read_join_token("  " + issued.text + "\n");
  ASSERT_TRUE(shown) << shown.error().why;
  EXPECT_EQ(shown->fingerprint, fingerprint);
  EXPECT_TRUE(redeem(issued.kept, *shown, today));
  EXPECT_TRUE(redeem(issued.kept, *shown, issued.kept.expires - span{1}));
}

TEST_F(join_tokens, keep_no_secret) {
  const auto issued = issue();
  const auto shown = read_join_token(issued.text).value();
  EXPECT_EQ(issued.kept.hash.find(shown.secret), std::string::npos);
  EXPECT_EQ(shown.secret.size(), 43u);
}

TEST_F(join_tokens, expire) {
  const auto issued = issue();
  const auto late = redeem(issued.kept, read_join_token(issued.text).value(), issued.kept.expires);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, code::timed_out);
  EXPECT_NE(late.error().remedy.find("tenon cluster token"), std::string::npos);
}

TEST_F(join_tokens, work_once) {
  auto issued = issue();
  issued.kept.used = true;
  const auto again = redeem(issued.kept, read_join_token(issued.text).value(), today);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, code::conflict);
}

TEST_F(join_tokens, do_not_stand_for_each_other) {
  const auto one = issue(), other = issue();
  auto shown = read_join_token(other.text).value();
  EXPECT_EQ(redeem(one.kept, shown, today).error().code, code::unauthenticated);
  shown.id = one.kept.id;
  EXPECT_EQ(redeem(one.kept, shown, today).error().code, code::unauthenticated);
}

TEST_F(join_tokens, that_were_changed_anywhere_are_found_out) {
  const auto text = issue().text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(read_join_token(changed)) << i;
    EXPECT_FALSE(read_join_token(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(read_join_token(text + text));
  EXPECT_FALSE(read_join_token(std::string(100'000, '.')));
}

TEST_F(join_tokens, know_the_authority_they_were_made_for) {
  const auto ours = make_authority("c1", "", today).value();
  const auto theirs = make_authority("c1", "", today).value();
  const join_token token{"id", "secret", fingerprint_of(ours.certificate).value()};
  EXPECT_TRUE(is_authority_of(token, ours.certificate));
  const auto other = is_authority_of(token, theirs.certificate);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, code::unauthenticated);
}

} // namespace
} // namespace tenon::cluster
