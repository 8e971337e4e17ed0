// What a group wrote and begins with after a restart, whatever was last in the file.
#include "cluster/storage/group_log.hpp"
#include "protocols/codec.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/cluster/raft/replicas.hpp"

#include <gtest/gtest.h>

namespace tenon::tests {

namespace {

using cluster::storage::group_log;
using runtime::store::log_store;

class log_of_a_group : public testing::Test {
protected:
  log_of_a_group() { open(); }

  void open() {
    store_.reset();
    auto opened = log_store::open({.file = directory_ / "log.mdb", .partitions = 4}, meters_);
    if (!opened)
      throw std::runtime_error{opened.error().why}; // there is nothing to go on with
    store_ = std::move(opened).value();
    log_.emplace(*store_, 2);
  }
  void write(raft::write w) {
    w.number = ++number_;
    log_->write(std::move(w), listener_);
    ASSERT_TRUE(listener_.wait_for(number_));
  }
  static std::vector<raft::entry> commands(std::uint64_t term,
                                           std::initializer_list<const char*> texts) {
    std::vector<raft::entry> made;
    for (const auto* text : texts)
      made.push_back({.term = term, .kind = raft::kind::command, .bytes = blob::copy_of(text)});
    return made;
  }
  static raft::stamp stamp_at(std::uint64_t index, std::uint64_t term) {
    return {
        .index = index, .term = term, .configuration_index = 1, .configuration = voters({1, 2, 3})};
  }
  /// A founded log with a barrier and three commands: indices 1 to 5.
  void found() {
    auto founded = raft::founding(voters({1, 2, 3}));
    founded.entries.push_back({.term = 2, .kind = raft::kind::barrier, .bytes = {}});
    write({.ballot = founded.ballot, .from = 1, .entries = founded.entries});
    write({.ballot = raft::ballot{.term = 3, .vote = 2},
           .from = 3,
           .entries = commands(3, {"a", "b", "c"})});
  }

  temporary_directory directory_;
  runtime::meters meters_;
  std::unique_ptr<log_store> store_;
  std::optional<group_log> log_;
  awaited_index listener_;
  std::uint64_t number_ = 0;
};

TEST_F(log_of_a_group, is_empty_on_a_node_that_waits_to_be_made_a_member) {
  const auto kept = log_->kept(0);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->ballot, raft::ballot{});
  EXPECT_EQ(kept->first, 1u);
  EXPECT_TRUE(kept->entries.empty());
  EXPECT_FALSE(kept->state);
}

TEST_F(log_of_a_group, begins_again_with_ballot_terms_kinds_and_configurations) {
  found();
  open();
  const auto kept = log_->kept(0);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->ballot, (raft::ballot{.term = 3, .vote = 2}));
  ASSERT_EQ(kept->entries.size(), 5u);
  EXPECT_EQ(kept->entries[0].kind, raft::kind::configuration);
  EXPECT_EQ(kept->entries[0].bytes, protocols::encode(voters({1, 2, 3})));
  EXPECT_EQ(kept->entries[1].kind, raft::kind::barrier);
  EXPECT_EQ(kept->entries[1].term, 2u);
  EXPECT_EQ(kept->entries[4].term, 3u);
  const auto read = log_->read(3, 6, 1000);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, commands(3, {"a", "b", "c"}));
}

TEST_F(log_of_a_group, takes_other_entries_in_place_of_its_own) {
  found();
  write({.ballot = raft::ballot{.term = 4}, .from = 4, .entries = commands(4, {"B"})});
  open();
  const auto kept = log_->kept(0);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->entries.size(), 4u);
  EXPECT_EQ(kept->entries.back().term, 4u);
  EXPECT_EQ(log_->read(4, 9, 1000).value(), commands(4, {"B"}));
}

TEST_F(log_of_a_group, knows_the_stamp_of_a_state_by_its_index_also_when_it_has_forgotten) {
  found();
  EXPECT_EQ(log_->kept(4)->state, stamp_at(4, 3));
  EXPECT_EQ(log_->kept(2)->state, stamp_at(2, 2));
  log_->forget(stamp_at(4, 3));
  open();
  for (const std::uint64_t stored : {4u, 5u}) {
    const auto kept = log_->kept(stored);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->first, 5u);
    EXPECT_EQ(kept->entries.size(), 1u);
    EXPECT_EQ(kept->state, stamp_at(stored, 3));
  }
}

TEST_F(log_of_a_group, refuses_a_state_that_is_not_of_its_time) {
  found();
  EXPECT_FALSE(log_->kept(6)) << "the log ends before";
  log_->forget(stamp_at(4, 3));
  open();
  for (const std::uint64_t stored : {0u, 3u, 6u}) {
    const auto kept = log_->kept(stored);
    ASSERT_FALSE(kept) << stored;
    EXPECT_NE(kept.error().why.find("partition 2"), std::string::npos);
    EXPECT_FALSE(kept.error().remedy.empty());
  }
  EXPECT_FALSE(log_->kept(stamp_at(3, 3)));
}

TEST_F(log_of_a_group, begins_behind_a_state_that_was_installed) {
  found();
  write({.installed = stamp_at(40, 6)});
  open();
  const auto kept = log_->kept(40);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->state, stamp_at(40, 6));
  EXPECT_EQ(kept->first, 41u);
  EXPECT_TRUE(kept->entries.empty());
  EXPECT_EQ(kept->ballot, (raft::ballot{.term = 3, .vote = 2}));
  write({.from = 41, .entries = commands(6, {"next"})});
  EXPECT_EQ(log_->read(41, 42, 10).value(), commands(6, {"next"}));
}

TEST_F(log_of_a_group, ends_an_installation_that_was_cut_off_after_its_state) {
  found();
  open();
  const auto same = log_->kept(stamp_at(4, 3));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->entries.size(), 5u) << "the log has what the state has, and more";
  for (const auto& fetched : {stamp_at(5, 4), stamp_at(40, 6)}) {
    const auto begun = log_->kept(fetched);
    ASSERT_TRUE(begun);
    EXPECT_EQ(begun->first, fetched.index + 1);
    EXPECT_TRUE(begun->entries.empty());
    EXPECT_EQ(begun->ballot, (raft::ballot{.term = 3, .vote = 2}));
    open();
    EXPECT_EQ(log_->kept(fetched.index)->state, fetched);
  }
}

} // namespace

} // namespace tenon::tests
