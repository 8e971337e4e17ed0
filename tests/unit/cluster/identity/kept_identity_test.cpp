#include "cluster/identity/kept_identity.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace tenon::cluster {
namespace {

namespace fs = std::filesystem;

const moment today = parse_moment("2026-11-22T12:00:00Z").value();

TEST(kept_identity, is_read_as_it_was_kept_and_only_by_its_owner) {
  const tests::temporary_directory directory;
  const auto ours = make_authority("c1", "", today).value();
  const auto next = make_authority("c1", "", today).value();
  const auto asked = request_certificate("n1").value();
  const credentials held{sign(ours, asked.request, bearer::node, "n1", today).value(), asked.key,
                         ours.certificate + next.certificate};
  ASSERT_TRUE(keep(directory.path(), held));
  ASSERT_TRUE(keep(directory.path(), ours));
  const auto read = kept_credentials(directory.path());
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->certificate, held.certificate);
  EXPECT_EQ(read->key, held.key);
  EXPECT_EQ(read->trusted, held.trusted);
  EXPECT_TRUE(examine(*read, today));
  EXPECT_EQ(kept_authority(directory.path()).value().key, ours.key);
  for (const auto& file : fs::directory_iterator{directory.path()})
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(kept_identity, is_replaced_as_a_whole) {
  const tests::temporary_directory directory;
  const auto ours = make_authority("c1", "", today).value();
  for (int time = 0; time < 2; ++time) {
    const auto asked = request_certificate("n1").value();
    const credentials held{sign(ours, asked.request, bearer::node, "n1", today).value(), asked.key,
                           ours.certificate};
    ASSERT_TRUE(keep(directory.path(), held));
    EXPECT_EQ(kept_credentials(directory.path()).value().key, asked.key);
  }
}

TEST(kept_identity, says_which_file_is_missing_open_to_others_or_damaged) {
  const tests::temporary_directory directory;
  const auto file = directory / "node.pem";
  const auto absent = kept_credentials(directory.path());
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, code::not_found);
  EXPECT_EQ(absent.error().where, file.string());
  std::ofstream{file} << "-----BEGIN PRIVATE KEY-----\n";
  fs::permissions(file, fs::perms::owner_read | fs::perms::others_read);
  EXPECT_EQ(kept_credentials(directory.path()).error().code, code::forbidden);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(kept_credentials(directory.path()).error().code, code::malformed);
  std::ofstream{file} << std::string(100'000, 'x');
  EXPECT_EQ(kept_credentials(directory.path()).error().code, code::too_large);
}

TEST(kept_identity, says_when_it_cannot_be_kept) {
  const tests::temporary_directory directory;
  const auto kept = keep(directory / "nowhere", authority{"c", "k"});
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, code::unavailable);
}

} // namespace
} // namespace tenon::cluster
