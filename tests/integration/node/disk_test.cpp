// The node on a disk that is full or fails: it stops and says why, what it acknowledged is there
// when there is space again, and a run that was under way goes on.
#include "tests/support/running_node.hpp"

#include <future>

#include <sched.h>
#include <sys/mount.h>

namespace {

using namespace tenon;
using namespace tenon::tests;

constexpr int gave_up = 70;

class node_on_a_bad_disk : public running_node {
protected:
  static constexpr int records = 20'000;

  void SetUp() override {
    start_vendor({"--generate", std::to_string(records), "--page-size", "100"});
  }

  struct told {
    std::int64_t pages = 0;
    std::set<std::string> collections;
  };

  words with(const words& faults) {
    words all{"LD_PRELOAD=" TENON_DISK_FAULTS, "ASAN_OPTIONS=verify_asan_link_order=0",
              "TENON_FAULTS_DIRECTORY=" + data().string()};
    all.insert(all.end(), faults.begin(), faults.end());
    return all;
  }

  /// Works until the node ends by itself; what it had said by then.
  told work_until_the_end() {
    apply(subscription{.url = vendor()}.resources());
    start_run("gen");
    std::atomic<bool> over = false;
    auto made = std::async(std::launch::async, [&] { return make_collections("c-", over); });
    told all;
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!node_->ends_within(std::chrono::milliseconds{5})) {
      if (const auto run = api_->get(api_->path({"syncs", "gen", "runs", "latest"})))
        all.pages = std::max(all.pages, number(run.body, "pages"));
      if (std::chrono::steady_clock::now() > end) {
        ADD_FAILURE() << "the node goes on";
        break;
      }
    }
    over = true;
    all.collections = made.get();
    return all;
  }

  void expect_nothing_lost_and_goes_on(const told& before) {
    start_node();
    EXPECT_GE(number(latest("gen"), "pages"), before.pages) << "what was told was lost";
    const auto done = await_run("gen", "the run's end", over);
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    EXPECT_EQ(number(done, "stored"), records);
    expect_conserved(done);
    EXPECT_EQ(contents("gen").size(), std::size_t{records});
    expect_collections(before.collections);
    expect_serves();
  }
};

TEST_F(node_on_a_bad_disk, that_is_full_stops_with_a_clear_line_and_goes_on_with_space) {
  start_node({}, with({"TENON_FAULTS_FULL_AFTER=4000000"}));
  const auto before = work_until_the_end();
  EXPECT_EQ(node_->wait(), gave_up);
  expect_says(node_->errors(), "the disk is full");
  expect_says(node_->errors(), data().string());
  expect_says(node_->errors(), "Free space on its disk, then start again.");
  EXPECT_GT(before.pages, 0);
  EXPECT_FALSE(before.collections.empty());
  expect_nothing_lost_and_goes_on(before);
}

TEST_F(node_on_a_bad_disk, that_fails_to_sync_stops_with_a_clear_line_and_keeps_its_word) {
  start_node({}, with({"TENON_FAULTS_SYNC_ERROR=60"}));
  const auto before = work_until_the_end();
  EXPECT_EQ(node_->wait(), gave_up);
  expect_says(node_->errors(), "Input/output error");
  expect_says(node_->errors(), ".mdb");
  expect_says(node_->errors(), "replace the disk");
  expect_nothing_lost_and_goes_on(before);
}

TEST_F(node_on_a_bad_disk, of_a_few_megabytes_fills_up_for_real_where_mounting_is_allowed) {
  std::filesystem::create_directory(data());
  // A mount of this thread's own and its children's: nobody else sees it.
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("small", data().c_str(), "tmpfs", 0, "size=6m") != 0)
    GTEST_SKIP() << "mounting is not allowed here";
  start_node();
  const auto before = work_until_the_end();
  EXPECT_EQ(node_->wait(), gave_up);
  expect_says(node_->errors(), "the disk is full");
  expect_says(node_->errors(), "Free space on its disk, then start again.");

  launch_node();
  EXPECT_NE(node_->wait(), 0);
  expect_says(node_->errors(), "the disk is full");
  ASSERT_EQ(::mount("small", data().c_str(), "tmpfs", MS_REMOUNT, "size=256m"), 0);
  expect_nothing_lost_and_goes_on(before);
  node_.reset();
  ::umount2(data().c_str(), MNT_DETACH);
}

} // namespace
