// A node whose log ends long before the copy that it was given: killed before the log has begun
// anew, it does so at the next start, and state and log are then of one time.
#include "cluster/storage/group_log.hpp"
#include "runtime/store/data_directory.hpp"
#include "runtime/store/examination.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/cluster/members.hpp"
#include "tests/unit/cluster/raft/replicas.hpp"
#include "tests/unit/runtime/store/copied_state.hpp"

#include <gtest/gtest.h>

namespace tenon::tests {

namespace {

using cluster::storage::group_log;

class follower : public testing::Test {
protected:
  void open() {
    directory_.reset();
    store::data_options options{.directory = path_ / "node", .partitions = 4};
    options.log.next_terms = false;
    auto opened = store::data_directory::open(std::move(options), meters_);
    ASSERT_TRUE(opened) << opened.error().why;
    directory_ = std::move(opened).value();
  }
  void expect_sound() {
    directory_.reset();
    const auto seen = store::examine(path_ / "node");
    ASSERT_TRUE(seen) << seen.error().why;
    for (const auto& f : seen->findings)
      ADD_FAILURE() << f.file << ": " << f.place << ": " << f.what;
    open();
  }

  temporary_directory path_;
  runtime::meters meters_;
  std::unique_ptr<store::data_directory> directory_;
};

TEST_F(follower, begins_its_log_anew_behind_the_copy_that_it_was_given_before_it_was_killed) {
  constexpr partition_number p = 2;
  copying_node from{path_ / "source.mdb"};
  store_some(from, p, 50, 100);
  from.extend(60); // rows may be of entries that the receiver's log does not have
  runtime::state_save ahead{.partition = p, .id = {"acme", "sync", "n1"}, .index = 60};
  ahead.row = blob::from("ahead");
  from.state().save(std::move(ahead), {});
  ASSERT_TRUE(from.state().write_now(long_enough));
  const raft::stamp at{
      .index = 50, .term = 7, .configuration_index = 1, .configuration = voters({1, 2, 3})};

  open();
  awaited_index written;
  group_log{directory_->log(), p}.write({.number = 1,
                                         .ballot = raft::ballot{.term = 3},
                                         .from = 1,
                                         .entries = raft::founding(voters({1, 2, 3})).entries},
                                        written);
  ASSERT_TRUE(written.wait_for(1));
  store::state_copy copy{from.state(), from.journal, p, 9};
  EXPECT_EQ(copy.index(), at.index);
  auto staged = staged_from(chunks_of(copy), directory_->state().file().file(), p);
  ASSERT_TRUE(staged) << staged.error().why;
  ASSERT_TRUE(directory_->state().install(*std::move(staged), protocols::encode(at)));
  expect_sound(); // and now it is another process

  const auto stamp = directory_->state().stamp(p);
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->index, directory_->state().checkpointed(p));
  EXPECT_EQ(stamp->reaches, 60u);
  const auto kept =
      group_log{directory_->log(), p}.kept(protocols::decode<raft::stamp>(stamp->said).value());
  ASSERT_TRUE(kept) << kept.error().why;
  EXPECT_EQ(kept->state, at);
  EXPECT_EQ(kept->first, 51u);
  EXPECT_TRUE(kept->entries.empty());
  expect_sound();
  EXPECT_EQ(directory_->log().trimmed(p), 50u);
  EXPECT_EQ(all_of(directory_->state(), p), all_of(from.state(), p));
}

} // namespace

} // namespace tenon::tests
