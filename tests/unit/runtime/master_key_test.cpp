#include "runtime/sealing/master_key.hpp"

#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "tests/support/counted_entropy.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tenon::runtime {
namespace {

namespace fs = std::filesystem;

std::string key_text(char fill) {
  return to_base64(std::string(secret_key::size, fill));
}

class master_keys : public ::testing::Test {
protected:
  fs::path write(const std::string& text, fs::perms rights = fs::perms{0600}) {
    const auto file = directory / "key";
    std::ofstream{file} << text;
    fs::permissions(file, rights);
    return file;
  }

  tests::temporary_directory directory;
};

TEST_F(master_keys, are_one_key_or_several_with_versions) {
  const auto one = read_master_keys(key_text('a') + '\n', "here");
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1u);
  EXPECT_EQ(one->front().version, 1u);
  EXPECT_EQ(one->front().key.bytes()[31], 'a');
  const auto two = read_master_keys("  12:" + key_text('b') + " 3:" + key_text('c'), "here");
  ASSERT_TRUE(two);
  ASSERT_EQ(two->size(), 2u);
  EXPECT_EQ(two->front().version, 12u);
  EXPECT_EQ(two->back().key.bytes()[0], 'c');
}

TEST_F(master_keys, are_refused_without_being_shown) {
  for (const std::string& text :
       {std::string{}, std::string{" \n"}, to_base64("too short"), std::string{"hunter2"},
        to_base64(std::string(33, 'x')), "x:" + key_text('a'), "-1:" + key_text('a'),
        "4294967296:" + key_text('a'), key_text('a') + " hunter2"}) {
    const auto read = read_master_keys(text, "here");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().where, "here");
    EXPECT_NE(read.error().remedy.find("openssl rand -base64 32"), std::string::npos);
    EXPECT_EQ((read.error().why + read.error().remedy).find("hunter2"), std::string::npos);
  }
}

TEST_F(master_keys, come_from_a_file_that_only_its_owner_may_use) {
  EXPECT_TRUE(master_keys_from_file(write(key_text('a'))));
  for (const unsigned rights : {0640u, 0604u, 0620u}) {
    const auto open = master_keys_from_file(write(key_text('a'), fs::perms{rights}));
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code, code::forbidden);
    EXPECT_EQ(open.error().remedy, "Run `chmod 600` on it.");
  }
  EXPECT_EQ(master_keys_from_file(directory / "absent").error().code, code::not_found);
  EXPECT_EQ(master_keys_from_file(directory.path()).error().code, code::malformed);
  EXPECT_EQ(master_keys_from_file(write(std::string(20'000, 'a'))).error().code, code::too_large);
}

TEST_F(master_keys, come_from_the_environment) {
  ::unsetenv(master_key_variable);
  EXPECT_EQ(master_keys_from_environment().error().code, code::not_found);
  ::setenv(master_key_variable, ("2:" + key_text('a')).c_str(), 1);
  const auto found = master_keys_from_environment();
  ::unsetenv(master_key_variable);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().version, 2u);
}

TEST_F(master_keys, come_from_a_passphrase_by_a_rule_that_is_kept) {
  tests::counted_entropy random;
  const auto made = kept_passphrase_rule(directory / "rule", random);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->rounds, 600'000u);
  EXPECT_EQ(made->salt.size(), 16u);
  EXPECT_EQ(kept_passphrase_rule(directory / "rule", random), made);
  EXPECT_NE(kept_passphrase_rule(directory / "other", random), made);
  const auto one = key_from_passphrase("correct horse battery", *made);
  const auto again = key_from_passphrase("correct horse battery", *made);
  const auto other = key_from_passphrase("correct horse batterz", *made);
  ASSERT_TRUE(one && again && other);
  EXPECT_EQ(*one, *again);
  EXPECT_FALSE(*one == *other);
}

TEST_F(master_keys, are_not_made_by_a_damaged_or_weak_rule) {
  tests::counted_entropy random;
  for (const char* text : {"", "pbkdf2-sha256", "pbkdf2-sha256 x AAAA", "md5 600000 AAAA",
                           "pbkdf2-sha256 600000 A", "pbkdf2-sha256 600000 AAAA more"}) {
    const auto kept = kept_passphrase_rule(write(text), random);
    ASSERT_FALSE(kept) << text;
    EXPECT_EQ(kept.error().code, code::malformed);
  }
  const std::string salt(16, 's');
  EXPECT_FALSE(key_from_passphrase("too short", {600'000, salt}));
  EXPECT_FALSE(key_from_passphrase("correct horse battery", {599'999, salt}));
  EXPECT_FALSE(key_from_passphrase("correct horse battery", {600'000, "short salt"}));
  EXPECT_FALSE(kept_passphrase_rule(directory / "absent" / "rule", random));
}

TEST(pbkdf2, keeps_to_the_vectors_of_wycheproof) {
  std::ifstream in{"tests/recordings/crypto/pbkdf2_hmacsha256_test.json"};
  std::stringstream text;
  text << in.rdbuf();
  const auto recorded = read_json(text.str());
  ASSERT_TRUE(recorded);
  const auto bytes = [](const value& test, const char* name) {
    const auto& hex = *test.find(name)->as<std::string>();
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return out;
  };
  std::size_t tried = 0;
  for (const auto& group : *recorded->find("testGroups")->as<list>())
    for (const auto& test : *group.find("tests")->as<list>()) {
      const auto rounds = *test.find("iterationCount")->as<std::int64_t>();
      const auto size = *test.find("dkLen")->as<std::int64_t>();
      const auto key =
          pbkdf2_sha256(bytes(test, "password"), bytes(test, "salt"),
                        static_cast<std::uint32_t>(rounds), static_cast<std::size_t>(size));
      EXPECT_EQ(key == bytes(test, "dk"), *test.find("result")->as<std::string>() == "valid")
          << write_json(*test.find("tcId"));
      ++tried;
    }
  EXPECT_EQ(tried, 60u);
}

} // namespace
} // namespace tenon::runtime
