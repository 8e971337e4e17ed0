#include "nodes/node/master_key.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace {

using namespace tenon;
using nodes::open_master_keys;

const identity anybody{"acme", "credential", "shop"};

class master_keys_of_a_node : public ::testing::Test {
protected:
  void SetUp() override {
    ::unsetenv("TENON_MASTER_KEY");
    ::unsetenv("TENON_MASTER_PASSPHRASE");
  }
  void TearDown() override { SetUp(); }

  result<runtime::sealing> open(const std::filesystem::path& given = {}) {
    return open_master_keys(directory_.path(), given, random_);
  }
  blob sealed_by(const runtime::sealing& keys) {
    return keys.seal(anybody, "", "secret", random_.make_nonce());
  }

  tests::temporary_directory directory_;
  runtime::system_entropy random_;
};

TEST_F(master_keys_of_a_node, are_made_at_the_first_start_and_found_at_the_next) {
  const auto first = open();
  ASSERT_TRUE(first) << first.error().why;
  const auto sealed = sealed_by(*first);
  const auto again = open();
  ASSERT_TRUE(again) << again.error().why;
  EXPECT_EQ(again->open(anybody, "", sealed)->view(), "secret");
}

TEST_F(master_keys_of_a_node, are_never_made_anew_where_something_was_sealed) {
  ASSERT_TRUE(open());
  std::filesystem::remove(directory_ / "master.key");
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::unavailable);
  EXPECT_NE(refused.error().remedy.find("master.key"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "master.key"));
}

TEST_F(master_keys_of_a_node, are_refused_when_they_are_not_those_that_sealed) {
  ::setenv("TENON_MASTER_KEY", "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 1);
  ASSERT_TRUE(open());
  EXPECT_FALSE(std::filesystem::exists(directory_ / "master.key"));
  ::setenv("TENON_MASTER_KEY", "1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", 1);
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, (directory_ / "master.check").string());
  EXPECT_EQ(refused.error().why.find("AQEB"), std::string::npos);
}

TEST_F(master_keys_of_a_node, rotate_and_must_all_stay_until_nothing_is_sealed_with_the_old) {
  const auto old = open();
  ASSERT_TRUE(old);
  const auto sealed = sealed_by(*old);
  ::setenv("TENON_MASTER_KEY", "2:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", 1);
  const auto both = open();
  ASSERT_TRUE(both) << both.error().why;
  EXPECT_EQ(both->open(anybody, "", sealed)->view(), "secret");
  EXPECT_FALSE(both->current(sealed));
  std::filesystem::remove(directory_ / "master.key");
  EXPECT_EQ(open().error().code, code::unavailable);
}

TEST_F(master_keys_of_a_node, may_be_a_passphrase) {
  ::setenv("TENON_MASTER_PASSPHRASE", "correct horse battery staple", 1);
  const auto first = open();
  ASSERT_TRUE(first) << first.error().why;
  const auto sealed = sealed_by(*first);
  EXPECT_EQ(open()->open(anybody, "", sealed)->view(), "secret");
  ::setenv("TENON_MASTER_PASSPHRASE", "correct horse battery stable", 1);
  EXPECT_FALSE(open());
}

TEST_F(master_keys_of_a_node, are_told_from_wrong_ones_by_what_goes_into_a_backup) {
  ASSERT_TRUE(open());
  tests::temporary_directory backup;
  ASSERT_TRUE(nodes::copy_key_check(directory_.path(), backup.path()));
  EXPECT_FALSE(std::filesystem::exists(backup / "master.key"));
  const auto elsewhere = open_master_keys(backup.path(), {}, random_);
  ASSERT_FALSE(elsewhere);
  EXPECT_TRUE(open_master_keys(backup.path(), directory_ / "master.key", random_));
}

} // namespace
