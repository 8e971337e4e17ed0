// A process that is killed at every step of putting a copy in place, one after the other: before
// and after each time that it makes something durable. And what is damaged meanwhile, or copied.
#include "runtime/store/data_directory.hpp"
#include "runtime/store/examination.hpp"
#include "runtime/store/state_installation.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/runtime/store/copied_state.hpp"

#include <gtest/gtest.h>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

namespace {

/// Steps until the process kills itself; none outside of a process that is to be killed.
std::atomic<long> steps_left{-1};

void step() {
  if (steps_left.load() > 0 && steps_left.fetch_sub(1) == 1)
    ::kill(::getpid(), SIGKILL);
}

long watched(long outcome) {
  step();
  return outcome;
}

} // namespace

// In the place of the library's, also for LMDB: a step before each and one behind it.
extern "C" int fsync(int descriptor) {
  step();
  return static_cast<int>(watched(::syscall(SYS_fsync, descriptor)));
}

extern "C" int fdatasync(int descriptor) {
  step();
  return static_cast<int>(watched(::syscall(SYS_fdatasync, descriptor)));
}

extern "C" int rename(const char* from, const char* to) noexcept {
  step();
  return static_cast<int>(watched(::syscall(SYS_rename, from, to)));
}

namespace {

using namespace tenon;
using namespace tenon::tests;
using namespace tenon::runtime::store;
namespace fs = std::filesystem;

constexpr partition_number partition = 2;

/// The directory of a node whose log ends at 20, with something stored in two partitions.
class installed : public testing::Test {
protected:
  installed() {
    EXPECT_NE(open_whole(), nullptr); // a journal, and the header of the state
    {
      parts p{path()};
      class : public runtime::durable_listener {
        void durable(std::uint64_t) noexcept override {}
      } listener;
      for (partition_number n = 0; n < 4; ++n)
        for (int i = 0; i < 20; ++i)
          EXPECT_TRUE(p.journal->append(n, p.journal->term(n), blob::from("entry"), listener));
      while (p.journal->durable(3) < 20)
        std::this_thread::yield();
      for (const partition_number n : {partition, partition_number{3}}) {
        for (std::uint64_t i = 1; i <= 15; ++i) {
          runtime::state_save s{.partition = n, .id = {"acme", "sync", "o" + std::to_string(i)}};
          s.index = i;
          s.row = blob::from("old " + std::to_string(i));
          s.unfinished = i % 2 == 0;
          s.wake_at = moment{span{5}};
          s.history.push_back(blob::from("old event"));
          p.state->save(std::move(s), {});
        }
        p.state->checkpoint(n, 20);
      }
      EXPECT_TRUE(p.state->write_now(long_enough));
      old_ = all_of(*p.state, partition);
      other_ = all_of(*p.state, 3);
    }
    store_some(from_, partition, 50, 300);
    state_copy copy{from_.state(), from_.journal, partition, 77, 20'000};
    chunks_ = chunks_of(copy);
    EXPECT_GT(chunks_.size(), 2u);
    new_ = all_of(from_.state(), partition);
    from_.stop(); // a process that is copied should have no other threads
  }

  struct parts {
    explicit parts(const fs::path& directory, bool expected = true) {
      auto opened = log_store::open(
          {.file = journal_file_of(directory), .partitions = 4, .next_terms = true}, meters);
      if (!opened)
        throw std::runtime_error{opened.error().why}; // there is nothing to go on with
      log = std::move(opened).value();
      journal = alone(*log);
      state_options options{.file = state_file_of(directory), .partitions = 4};
      options.node = log->node();
      options.most_rows = 30;
      auto s = local_state::open(std::move(options), *journal, meters);
      if (s)
        state = std::move(s).value();
      else
        refusal = s.error();
      EXPECT_EQ(state != nullptr, expected) << (refusal ? refusal->why : "");
    }
    runtime::meters meters;
    std::unique_ptr<log_store> log;
    std::unique_ptr<runtime::journal> journal;
    std::unique_ptr<local_state> state;
    std::optional<failure> refusal;
  };

  std::unique_ptr<data_directory> open_whole() {
    auto opened = data_directory::open({.directory = path(), .partitions = 4}, meters_);
    return opened ? std::move(opened).value() : nullptr;
  }
  fs::path path() const { return directory_ / "node"; }
  fs::path staged_file() const { return staged_file_of(state_file_of(path()), partition); }

  /// In a process of its own, which is killed at its nth step; whether it came to the end.
  bool install_until(long nth) {
    std::fflush(nullptr);
    const auto child = ::fork();
    if (child == 0) {
      parts p{path()};
      steps_left = nth;
      auto staged = staged_from(chunks_, state_file_of(path()), partition);
      const bool done = staged && p.state->install(*std::move(staged), blob::from("stamp"));
      ::_exit(done ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << status;
    return WIFEXITED(status);
  }
  /// Leaves a directory whose installation was cut off in the middle.
  void interrupt() {
    const auto fresh = directory_ / "fresh";
    fs::copy(path(), fresh);
    for (long nth = 20;; ++nth) {
      fs::remove_all(path());
      fs::copy(fresh, path());
      ASSERT_FALSE(install_until(nth)) << "no step was in the middle";
      if (fs::exists(staged_file()) && is_marked())
        return;
    }
  }
  bool is_marked() {
    const auto opened = environment::open(
        {.file = state_file_of(path()), .create = false, .read_only = true}, state_tables());
    return opened && *read_installation(**opened, partition);
  }
  void expect_found(const std::string& place) {
    const auto seen = examine(path());
    ASSERT_TRUE(seen) << seen.error().why;
    ASSERT_FALSE(seen->clean());
    EXPECT_EQ(seen->findings.front().place, place) << seen->findings.front().what;
  }

  temporary_directory directory_;
  runtime::meters meters_;
  copying_node from_{directory_ / "source.mdb"};
  std::vector<copy_chunk> chunks_;
  std::vector<std::string> old_, new_, other_;
};

TEST_F(installed, is_the_old_or_the_new_and_never_of_both_whenever_the_process_is_killed) {
  const auto fresh = directory_ / "fresh";
  fs::copy(path(), fresh);
  int olds = 0, finished = 0, news = 0;
  bool over = false;
  for (long nth = 1; !over && !HasFailure(); ++nth) {
    SCOPED_TRACE("killed at step " + std::to_string(nth));
    fs::remove_all(path());
    fs::copy(fresh, path());
    over = install_until(nth);
    const bool marked = is_marked();
    const auto seen = examine(path());
    ASSERT_TRUE(seen) << seen.error().why;
    for (const auto& f : seen->findings)
      ADD_FAILURE() << f.file << ": " << f.place << ": " << f.what;
    for (int again = 0; again < 2; ++again) {
      const parts p{path()};
      ASSERT_NE(p.state, nullptr);
      const auto now = all_of(*p.state, partition);
      const bool is_new = p.state->stamp(partition).has_value();
      EXPECT_EQ(now, is_new ? new_ : old_);
      EXPECT_EQ(p.state->checkpointed(partition), is_new ? 50u : 20u);
      EXPECT_EQ(all_of(*p.state, 3), other_);
      EXPECT_FALSE(fs::exists(staged_file()));
      EXPECT_TRUE(is_new || !marked);
      if (again == 0)
        ++(marked ? finished : is_new ? news : olds);
    }
  }
  EXPECT_GT(olds, 3);
  EXPECT_GT(finished, 10);
  EXPECT_GT(news, 0);
}

TEST_F(installed, is_finished_even_if_the_process_is_killed_again_and_again_while_it_is) {
  interrupt();
  for (long nth = 1;; nth += 3) {
    const auto child = ::fork();
    if (child == 0) {
      steps_left = nth;
      const parts p{path()};
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status))
      break;
    ASSERT_TRUE(is_marked() || nth > 20);
  }
  const parts p{path()};
  EXPECT_EQ(all_of(*p.state, partition), new_);
}

TEST_F(installed, is_found_damaged_and_not_opened_when_the_staged_copy_is_not_what_it_was) {
  interrupt();
  const auto whole = directory_ / "whole";
  fs::copy(path(), whole);
  std::mt19937_64 random{4711};
  for (int round = 0; round < 30; ++round) {
    fs::copy(whole, path(), fs::copy_options::overwrite_existing);
    const auto bit = random() % (fs::file_size(staged_file()) * 8);
    SCOPED_TRACE("bit " + std::to_string(bit));
    {
      std::fstream file{staged_file(), std::ios::in | std::ios::out | std::ios::binary};
      file.seekg(static_cast<std::streamoff>(bit / 8));
      const auto byte = static_cast<char>(file.get() ^ (1 << bit % 8));
      file.seekp(static_cast<std::streamoff>(bit / 8));
      file.put(byte);
    }
    expect_found("staged copy");
    EXPECT_EQ(examine(path())->findings.front().file, staged_file());
    EXPECT_EQ(parts(path(), false).refusal->where, staged_file());
  }
  fs::remove(staged_file());
  expect_found("staged copy");
  EXPECT_EQ(parts(path(), false).refusal->remedy,
            "Let the node join anew with an empty directory, or restore a backup.");
}

TEST_F(installed, is_found_damaged_when_its_mark_or_stamp_is) {
  for (const auto& key : {installing_key(partition), stamp_key(partition)}) {
    {
      auto opened = environment::open({.file = state_file_of(path())}, state_tables());
      ASSERT_TRUE(opened);
      (*opened)->write([&](write_transaction& to) {
        to.erase(state_meta_table, installing_key(partition));
        std::memset(to.put(state_meta_table, key, 60), 7, 60);
      });
    }
    expect_found("partition 2");
    EXPECT_EQ(parts(path(), false).refusal->code, code::internal);
  }
}

TEST_F(installed, leaves_nothing_behind_that_was_staged_and_not_begun) {
  { std::ofstream{staged_file()} << "whole, for all that one knows"; }
  { std::ofstream{staged_file().string() + ".part"} << "half"; }
  const parts p{path()};
  EXPECT_EQ(all_of(*p.state, partition), old_);
  EXPECT_FALSE(fs::exists(staged_file()));
  EXPECT_FALSE(fs::exists(staged_file().string() + ".part"));
}

TEST_F(installed, is_in_a_backup_whole_with_its_stamp_or_the_backup_is_refused) {
  {
    const auto d = open_whole();
    ASSERT_NE(d, nullptr);
    {
      const auto busy = d->state().hold_installations(span{0});
      ASSERT_TRUE(busy);
      const auto refused = d->backup(directory_ / "refused", span{1});
      EXPECT_EQ(refused.error().code, code::unavailable);
    }
    auto staged = staged_from(chunks_, state_file_of(path()), partition);
    ASSERT_TRUE(staged && d->state().install(*std::move(staged), blob::from("stamp")));
    ASSERT_TRUE(d->backup(directory_ / "backup"));
  }
  ASSERT_TRUE(restore(directory_ / "backup", directory_ / "restored"));
  {
    const parts p{directory_ / "restored"};
    EXPECT_EQ(all_of(*p.state, partition), new_);
    EXPECT_EQ(p.state->stamp(partition)->said, blob::from("stamp"));
  }
  EXPECT_EQ(open_whole(), nullptr) << "a log that stands alone cannot follow the copy";
}

} // namespace
