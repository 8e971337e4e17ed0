#include "runtime/store/data_directory.hpp"
#include "runtime/store/examination.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>

namespace {

using namespace tenon;
using namespace tenon::runtime::store;
namespace fs = std::filesystem;

constexpr span long_enough{30'000};

class directory_on_disk : public testing::Test {
protected:
  std::unique_ptr<data_directory> open(const fs::path& path) {
    auto opened = data_directory::open({.directory = path, .partitions = 4}, meters_);
    if (!opened)
      ADD_FAILURE() << opened.error().where << ": " << opened.error().why;
    return opened ? std::move(opened).value() : nullptr;
  }
  std::uint64_t append(data_directory& d, runtime::partition_number p, std::string text) {
    const auto index =
        d.journal().append(p, d.journal().term(p), blob::from(std::move(text)), listener_);
    EXPECT_TRUE(index);
    EXPECT_TRUE(listener_.wait_for(*index));
    return *index;
  }
  static void save(data_directory& d, std::uint64_t index, std::string text) {
    runtime::state_save s;
    s.id = {"acme", "sync", "alice"};
    s.index = index;
    s.row = blob::from(std::move(text));
    s.wake_at = moment{span{7}};
    s.unfinished = true;
    s.history.push_back(blob::copy_of("event"));
    s.table = std::make_shared<std::vector<runtime::table_change>>(
        std::vector<runtime::table_change>{{"key", blob::copy_of("value")}});
    d.state().save(std::move(s), {});
    d.state().checkpoint(0, index);
    EXPECT_TRUE(d.state().write_now(long_enough));
  }
  static examination examined(const fs::path& path) {
    auto found = examine(path);
    if (!found) {
      ADD_FAILURE() << found.error().where << ": " << found.error().why;
      return {};
    }
    for (const auto& finding : found->findings)
      ADD_FAILURE() << finding.file << ": " << finding.place << ": " << finding.what;
    return std::move(found).value();
  }

  tests::temporary_directory directory_;
  runtime::meters meters_;
  tests::awaited_index listener_;
};

TEST_F(directory_on_disk, opens_both_parts_and_keeps_the_node_it_was_made_for) {
  const auto path = directory_ / "made";
  std::string node;
  {
    const auto d = open(path);
    node = d->node();
    EXPECT_EQ(node.size(), 16u);
    save(*d, append(*d, 0, "entry"), "row");
  }
  const auto d = open(path);
  EXPECT_EQ(d->node(), node);
  EXPECT_EQ(d->state().load(0, {"acme", "sync", "alice"})->bytes.view(), "row");
}

TEST_F(directory_on_disk, is_examined_clean_and_counted) {
  {
    const auto d = open(directory_ / "d");
    append(*d, 1, "one");
    append(*d, 0, "zero");
    save(*d, append(*d, 0, "entry"), "row");
  }
  const auto found = examined(directory_ / "d");
  EXPECT_EQ(found.log_entries, 3u);
  EXPECT_EQ(found.identities, 1u);
  EXPECT_EQ(found.table_rows, 1u);
  EXPECT_EQ(found.history_rows, 1u);
}

TEST_F(directory_on_disk, is_not_opened_or_examined_while_somebody_has_it) {
  const auto d = open(directory_ / "d");
  const auto second =
      data_directory::open({.directory = directory_ / "d", .partitions = 4}, meters_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, code::conflict);
  const auto found = examine(directory_ / "d");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, code::conflict);
  EXPECT_NE(found.error().why.find("in use by process " + std::to_string(::getpid())),
            std::string::npos)
      << found.error().why;
}

TEST_F(directory_on_disk, is_copied_while_it_is_written_and_restored_from_the_copy) {
  const auto d = open(directory_ / "d");
  std::atomic<bool> going = true;
  std::uint64_t acknowledged = 0;
  std::thread writer{[&] {
    tests::awaited_index own;
    for (std::uint64_t i = 1; going; ++i) {
      const auto index = d->journal().append(0, d->journal().term(0), blob::copy_of("x"), own);
      own.wait_for(*index);
      runtime::state_save s;
      s.id = {"acme", "sync", "n" + std::to_string(i % 50)};
      s.index = *index;
      s.row = blob::copy_of(std::to_string(*index));
      d->state().save(std::move(s), {});
      if (i % 20 == 0) {
        d->state().checkpoint(0, *index);
        d->state().write_now(long_enough);
        d->journal().trim(0, d->state().checkpointed(0));
      }
    }
  }};
  for (int round = 0; round < 5; ++round) {
    while (d->journal().durable(0) < acknowledged + 50)
      std::this_thread::yield();
    acknowledged = d->journal().durable(0);
    const auto copy = directory_ / ("copy" + std::to_string(round));
    const auto ok = d->backup(copy);
    ASSERT_TRUE(ok) << ok.error().why;
    examined(copy);
    const auto restored = directory_ / ("restored" + std::to_string(round));
    ASSERT_TRUE(restore(copy, restored));
    const auto again = open(restored);
    ASSERT_TRUE(again);
    EXPECT_GE(again->journal().durable(0), acknowledged);
    EXPECT_EQ(again->node(), d->node());
    // Row or log: every entry up to the end is in one of them.
    EXPECT_LE(again->log().trimmed(0), again->state().checkpointed(0));
  }
  going = false;
  writer.join();
}

TEST_F(directory_on_disk, never_copies_or_restores_over_something) {
  const auto d = open(directory_ / "d");
  fs::create_directories(directory_ / "full");
  std::ofstream{directory_ / "full" / "file"} << "precious";
  EXPECT_EQ(d->backup(directory_ / "full").error().code, code::conflict);
  ASSERT_TRUE(d->backup(directory_ / "copy"));
  EXPECT_EQ(restore(directory_ / "copy", directory_ / "full").error().code, code::conflict);
}

TEST_F(directory_on_disk, refuses_a_backup_that_is_not_whole) {
  {
    const auto d = open(directory_ / "d");
    append(*d, 0, "x");
    ASSERT_TRUE(d->backup(directory_ / "copy"));
  }
  fs::remove(journal_file_of(directory_ / "copy"));
  const auto ok = restore(directory_ / "copy", directory_ / "new");
  ASSERT_FALSE(ok);
  EXPECT_NE(ok.error().where.find("journal.mdb"), std::string::npos);
  EXPECT_FALSE(fs::exists(directory_ / "new"));
}

TEST_F(directory_on_disk, refuses_to_start_without_its_journal) {
  open(directory_ / "d");
  fs::remove(journal_file_of(directory_ / "d"));
  const auto opened =
      data_directory::open({.directory = directory_ / "d", .partitions = 4}, meters_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().why.find("journal is missing"), std::string::npos);
}

TEST_F(directory_on_disk, refuses_to_start_when_the_state_of_a_trimmed_log_is_missing) {
  {
    const auto d = open(directory_ / "d");
    save(*d, append(*d, 0, "x"), "row");
    d->journal().trim(0, 1);
    append(*d, 0, "y");
  }
  fs::remove(state_file_of(directory_ / "d"));
  const auto opened =
      data_directory::open({.directory = directory_ / "d", .partitions = 4}, meters_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().why.find("the log begins after index 1"), std::string::npos);
}

TEST_F(directory_on_disk, tells_a_foreign_file_from_its_own) {
  fs::create_directories(directory_ / "d");
  std::ofstream{journal_file_of(directory_ / "d")} << std::string(100'000, 'x');
  const auto opened =
      data_directory::open({.directory = directory_ / "d", .partitions = 4}, meters_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().why.find("not a first page of this store"), std::string::npos);
  EXPECT_NE(opened.error().remedy.find("tenon check"), std::string::npos);
}

TEST_F(directory_on_disk, does_not_stumble_over_a_file_whose_making_was_cut_off) {
  fs::create_directories(directory_ / "d");
  std::ofstream{journal_file_of(directory_ / "d").string() + ".new"} << "half";
  EXPECT_TRUE(open(directory_ / "d"));
}

} // namespace
