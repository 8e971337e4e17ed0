#include "runtime/sealing/sealing.hpp"

#include "protocols/json.hpp"
#include "runtime/sealing/aes_gcm.hpp"
#include "tests/support/counted_entropy.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <thread>

namespace tenon::runtime {
namespace {

constexpr std::uint32_t first = 1, second = 2;

master_key key_of(std::uint32_t version, unsigned char fill) {
  std::array<unsigned char, secret_key::size> bytes;
  bytes.fill(fill);
  return {version, secret_key{bytes}};
}

sealing with(std::vector<master_key> keys) {
  auto made = sealing::from_keys(std::move(keys));
  EXPECT_TRUE(made);
  return *std::move(made);
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16));
  return bytes;
}

value recording(const char* name) {
  std::ifstream in{std::string{"tests/recordings/crypto/"} + name};
  std::stringstream text;
  text << in.rdbuf();
  auto read = read_json(text.str());
  EXPECT_TRUE(read) << name;
  return read ? *std::move(read) : value{};
}

class sealing_secrets : public ::testing::Test {
protected:
  blob seal(std::string_view text) { return vault.seal(owner, "token", text, random.make_nonce()); }

  const identity owner{"acme", "credential", "crm"};
  tests::counted_entropy random;
  const sealing vault = with({key_of(first, 7)});
};

TEST_F(sealing_secrets, open_to_what_was_sealed) {
  for (const std::string& text : {std::string{}, std::string{"x"}, std::string(100'000, 's')}) {
    const auto sealed = seal(text);
    EXPECT_EQ(sealed.size(), text.size() + sealing::overhead);
    const auto opened = vault.open(owner, "token", sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->view(), text);
  }
}

TEST_F(sealing_secrets, show_nothing_of_what_was_sealed_and_never_look_the_same) {
  const std::string text = "hunter2 hunter2 hunter2";
  const auto one = seal(text), other = seal(text);
  EXPECT_EQ(one.text().find("hunter2"), std::string::npos);
  EXPECT_NE(one.text().substr(17), other.text().substr(17));
}

TEST_F(sealing_secrets, are_refused_when_any_bit_was_changed) {
  const auto sealed = seal("a secret").text();
  for (std::size_t at = 0; at < sealed.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = sealed;
      changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
      const auto opened = vault.open(owner, "token", blob::copy_of(changed));
      ASSERT_FALSE(opened) << at;
      EXPECT_EQ(opened.error().where, "acme/credential/crm, token");
    }
}

TEST_F(sealing_secrets, are_refused_when_they_were_cut_or_have_something_behind) {
  const auto sealed = seal("a secret").text();
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(vault.open(owner, "token", blob::copy_of(sealed.substr(0, size)))) << size;
  EXPECT_FALSE(vault.open(owner, "token", blob::copy_of(sealed + '\0')));
}

TEST_F(sealing_secrets, are_refused_in_every_other_place) {
  const auto sealed = seal("a secret");
  EXPECT_FALSE(vault.open({"acme2", "credential", "crm"}, "token", sealed));
  EXPECT_FALSE(vault.open({"acme", "collection", "crm"}, "token", sealed));
  EXPECT_FALSE(vault.open({"acme", "credential", "erp"}, "token", sealed));
  EXPECT_FALSE(vault.open(owner, "key", sealed));
  // The same letters, divided otherwise.
  EXPECT_FALSE(vault.open({"acme", "credentialc", "rm"}, "token", sealed));
  EXPECT_FALSE(vault.open({"acme", "credential", "crmt"}, "oken", sealed));
}

TEST_F(sealing_secrets, are_refused_by_another_master_key_of_the_same_version) {
  const auto opened = with({key_of(first, 8)}).open(owner, "token", seal("a secret"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, code::malformed);
  EXPECT_NE(opened.error().remedy.find("Check the master key"), std::string::npos);
}

TEST_F(sealing_secrets, have_a_data_key_of_their_tenant) {
  // Same master key, nonce and text: only the derived key can make the difference.
  const nonce same{};
  const identity other{"bravo", "credential", "crm"};
  const auto body = [](const blob& b) { return b.text().substr(17, 8); };
  EXPECT_NE(body(vault.seal(owner, "token", "a secret", same)),
            body(vault.seal(other, "token", "a secret", same)));
}

TEST_F(sealing_secrets, are_sealed_by_the_newest_key_and_opened_by_all) {
  const auto old = seal("a secret");
  const auto both = with({key_of(second, 9), key_of(first, 7)});
  EXPECT_TRUE(vault.current(old));
  EXPECT_FALSE(both.current(old));
  const auto opened = both.open(owner, "token", old);
  ASSERT_TRUE(opened);
  const auto again = both.seal(owner, "token", opened->view(), random.make_nonce());
  EXPECT_TRUE(both.current(again));
  const auto newest = with({key_of(second, 9)});
  EXPECT_EQ(newest.open(owner, "token", again)->view(), "a secret");
  const auto lost = newest.open(owner, "token", old);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, code::unavailable);
  EXPECT_NE(lost.error().why.find("version 1"), std::string::npos);
}

TEST_F(sealing_secrets, are_not_current_when_they_are_not_sealed_at_all) {
  EXPECT_FALSE(vault.current(blob{}));
  EXPECT_FALSE(vault.current(blob::copy_of("plain text that is long enough to be sealed bytes")));
}

TEST_F(sealing_secrets, need_keys_with_versions_of_their_own) {
  EXPECT_FALSE(sealing::from_keys({}));
  EXPECT_FALSE(sealing::from_keys({key_of(1, 1), key_of(2, 2), key_of(1, 3)}));
  EXPECT_FALSE(sealing::from_keys(std::vector<master_key>(65, key_of(1, 1))));
}

TEST_F(sealing_secrets, of_more_tenants_than_are_kept_at_hand_open_all_the_same) {
  std::vector<blob> sealed;
  const auto tenant = [](int i) { return identity{"t" + std::to_string(i), "credential", "crm"}; };
  for (int i = 0; i < 5'000; ++i)
    sealed.push_back(vault.seal(tenant(i), "token", "s", random.make_nonce()));
  for (int i = 0; i < 5'000; ++i)
    ASSERT_TRUE(vault.open(tenant(i), "token", sealed[static_cast<std::size_t>(i)])) << i;
}

TEST_F(sealing_secrets, are_sealed_and_opened_by_many_threads) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      tests::counted_entropy own;
      for (int i = 0; i < 2'000; ++i) {
        const identity id{"t" + std::to_string(i % 7), "credential", std::to_string(t)};
        const auto text = std::to_string(i);
        const auto opened =
            vault.open(id, "token", vault.seal(id, "token", text, own.make_nonce()));
        ASSERT_TRUE(opened);
        ASSERT_EQ(opened->view(), text);
      }
    });
}

TEST_F(sealing_secrets, keep_their_format) {
  // Bytes of this format are on disks. These were computed by another implementation of HKDF and
  // AES-GCM.
  const auto sealed = vault.seal(owner, "token", "a secret", nonce{});
  std::string hex;
  for (const char c : sealed.view()) {
    constexpr const char* digits = "0123456789abcdef";
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 15];
  }
  EXPECT_EQ(hex,
            "0100000001000000000000000000000000548d376547972a64e79d0e63a2797707e50519d816ea12f1");
}

TEST(system_entropy, gives_other_bytes_each_time) {
  system_entropy random;
  std::set<nonce> seen;
  for (int i = 0; i < 1'000; ++i)
    seen.insert(random.make_nonce());
  EXPECT_EQ(seen.size(), 1'000u);
}

TEST(aes_gcm, keeps_to_the_vectors_of_wycheproof) {
  std::size_t tried = 0;
  const auto recorded = recording("aes_gcm_test.json");
  for (const auto& group : *recorded.find("testGroups")->as<list>()) {
    const auto number = [&](const char* n) { return *group.find(n)->as<std::int64_t>(); };
    if (number("keySize") != 256 || number("ivSize") != 96 || number("tagSize") != 128)
      continue;
    for (const auto& test : *group.find("tests")->as<list>()) {
      const auto bytes = [&](const char* n) { return from_hex(*test.find(n)->as<std::string>()); };
      const auto k = bytes("key"), iv = bytes("iv"), bound = bytes("aad"), text = bytes("msg"),
                 sealed = bytes("ct") + bytes("tag");
      const auto as = [](const std::string& s) {
        return reinterpret_cast<const unsigned char*>(s.data());
      };
      const aes_gcm::key key{as(k), aes_gcm::key_bytes};
      const aes_gcm::nonce nonce{as(iv), aes_gcm::nonce_bytes};
      const bool valid = *test.find("result")->as<std::string>() == "valid";
      const auto what = write_json(*test.find("tcId"));
      std::string opened(text.size(), '?');
      EXPECT_EQ(aes_gcm::open(key, nonce, bound, sealed, opened.data()), valid) << what;
      EXPECT_EQ(opened, valid ? text : std::string(text.size(), '\0')) << what;
      std::string again(sealed.size(), '?');
      aes_gcm::seal(key, nonce, bound, text, again.data());
      EXPECT_EQ(again == sealed, valid) << what;
      ++tried;
    }
  }
  EXPECT_EQ(tried, 66u);
}

} // namespace
} // namespace tenon::runtime
