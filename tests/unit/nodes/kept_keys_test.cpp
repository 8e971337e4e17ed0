#include "nodes/node/keys.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace {

using namespace tenon;
using nodes::kept_keys;
namespace edge = nodes::edge;

class keys_on_disk : public ::testing::Test {
protected:
  std::unique_ptr<kept_keys> open(const std::string& wanted = {}) {
    auto opened = kept_keys::open(directory_.path(), wanted);
    EXPECT_TRUE(opened) << opened.error().why;
    return opened ? *std::move(opened) : nullptr;
  }
  std::string written() const {
    std::ifstream in{directory_ / "keys.json"};
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  tests::temporary_directory directory_;
};

TEST_F(keys_on_disk, makes_the_owners_key_at_the_first_start_only) {
  const auto first = open()->fresh();
  EXPECT_TRUE(first.starts_with("tn_"));
  const auto again = open();
  EXPECT_EQ(again->fresh(), "");
  ASSERT_EQ(again->of("*").size(), 1u);
  EXPECT_EQ(again->of("*").front().hash, edge::hash_of(first));
  EXPECT_EQ(again->of("*").front().role, edge::role::owner);
}

TEST_F(keys_on_disk, takes_the_owners_key_that_is_wanted_and_another_one_of_the_same_id_instead) {
  const std::string first = "tn_owner_0123456789abcdef", second = "tn_owner_fedcba9876543210";
  EXPECT_EQ(open(first)->fresh(), first);
  EXPECT_EQ(open(first)->fresh(), "");
  const auto keys = open(second);
  EXPECT_EQ(keys->find("owner")->hash, edge::hash_of(second));
  EXPECT_EQ(open()->find("owner")->hash, edge::hash_of(second));
}

TEST_F(keys_on_disk, remembers_what_was_issued_and_keeps_no_more_than_its_hash) {
  const moment end{span{1'900'000'000'000}};
  const auto made = open()->issue("acme", edge::role::developer, "for the build", end);
  ASSERT_TRUE(made);
  const auto keys = open();
  const auto found = keys->find(made->kept.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->hash, edge::hash_of(made->text));
  EXPECT_EQ(found->tenant, "acme");
  EXPECT_EQ(found->role, edge::role::developer);
  EXPECT_EQ(found->title, "for the build");
  EXPECT_EQ(found->expires, end);
  EXPECT_EQ(keys->of("acme").size(), 1u);
  EXPECT_EQ(keys->of("globex").size(), 0u);
  EXPECT_EQ(written().find(made->text.substr(made->text.rfind('_') + 1)), std::string::npos);
  struct stat seen {};
  ASSERT_EQ(::stat((directory_ / "keys.json").c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777, 0600u);
}

TEST_F(keys_on_disk, revokes_only_a_key_of_the_tenant_and_never_the_last_owners) {
  const auto keys = open();
  const auto made = keys->issue("acme", edge::role::viewer, "", std::nullopt);
  ASSERT_TRUE(made);
  EXPECT_EQ(keys->revoke("globex", made->kept.id).error().code, code::not_found);
  const auto before = keys->changes();
  ASSERT_TRUE(keys->revoke("acme", made->kept.id));
  EXPECT_GT(keys->changes(), before);
  EXPECT_FALSE(keys->find(made->kept.id));
  EXPECT_FALSE(open()->find(made->kept.id));
  const auto owner = keys->of("*").front().id;
  EXPECT_EQ(keys->revoke("*", owner).error().code, code::conflict);
}

TEST_F(keys_on_disk, says_which_file_is_damaged_and_what_to_do) {
  std::ofstream{directory_ / "keys.json"} << "{\"keys\": [{\"id\": \"a\"}]}";
  const auto opened = kept_keys::open(directory_.path(), "");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().where, (directory_ / "keys.json").string());
  EXPECT_NE(opened.error().remedy.find("backup"), std::string::npos);
}

} // namespace
