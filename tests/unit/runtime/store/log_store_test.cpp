#include "runtime/store/checked_value.hpp"
#include "runtime/store/log_store.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/runtime/store/log_history.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <random>
#include <string>

namespace {

using namespace tenon;
using namespace tenon::runtime::store;
using runtime::partition_number;
using tests::awaited_index;
using tests::log_history;
using tests::seen;
using tests::seen_entry;
namespace fs = std::filesystem;

class log_on_disk : public testing::Test {
protected:
  log_on_disk() {
    options_.file = directory_ / "log.mdb";
    options_.partitions = log_history::partitions;
  }
  std::unique_ptr<log_store> open() {
    auto opened = log_store::open(options_, meters_);
    if (!opened)
      throw std::runtime_error{opened.error().why}; // there is nothing to go on with
    return std::move(opened).value();
  }
  static std::vector<log_entry> entries(std::uint64_t term,
                                        std::initializer_list<const char*> all) {
    std::vector<log_entry> made;
    for (const auto* text : all)
      made.push_back({.term = term, .kind = 1, .bytes = blob::copy_of(text)});
    return made;
  }
  void submit(log_store& s, partition_number p, log_change change) {
    s.submit(p, std::move(change), ++number_, listener_);
  }
  void settle() { ASSERT_TRUE(listener_.wait_for(number_)); }

  tests::temporary_directory directory_;
  runtime::meters meters_;
  log_options options_;
  awaited_index listener_;
  std::uint64_t number_ = 0;
};

using seen_entries = std::vector<seen_entry>;

TEST_F(log_on_disk, never_shows_what_was_cut_also_after_a_restart) {
  const seen_entries left{{1, 1, 1, "a"}, {2, 2, 1, "B"}, {3, 2, 1, "C"}};
  {
    auto s = open();
    submit(*s, 1, {.from = 1, .entries = entries(1, {"a", "b", "c", "d", "e"})});
    settle();
    submit(*s, 1, {.from = 2, .entries = entries(2, {"B", "C"})});
    settle();
    EXPECT_EQ(seen(*s, 1), left);
    EXPECT_EQ(s->durable(1), 3u);
    EXPECT_EQ(s->read(1, 4, 6, 100).size(), 0u);
  }
  auto s = open();
  EXPECT_EQ(seen(*s, 1), left);
  EXPECT_EQ(s->durable(1), 3u);
}

TEST_F(log_on_disk, cuts_within_one_commit_and_to_the_very_first_entry) {
  auto s = open();
  for (int i = 0; i < 200; ++i) { // several of them will share a row
    submit(*s, 0, {.from = 1, .entries = entries(1, {"a", "b", "c"})});
    submit(*s, 0, {.from = 3, .entries = entries(2, {"C"})});
    submit(*s, 0, {.from = 4, .entries = entries(2, {"D"})});
  }
  settle();
  const seen_entries left{{1, 1, 1, "a"}, {2, 1, 1, "b"}, {3, 2, 1, "C"}, {4, 2, 1, "D"}};
  EXPECT_EQ(seen(*s, 0), left);
  s.reset();
  EXPECT_EQ(seen(*open(), 0), left);
}

TEST_F(log_on_disk, keeps_ballots_alone_and_with_entries_and_raises_no_term_by_itself) {
  {
    auto s = open();
    submit(*s, 0, {.ballot = log_ballot{7, 3}});
    submit(*s, 1, {.ballot = log_ballot{9, 0}, .from = 1, .entries = entries(9, {"x"})});
    settle();
  }
  auto s = open();
  EXPECT_EQ(s->ballot(0), (log_ballot{7, 3}));
  EXPECT_EQ(s->ballot(1), (log_ballot{9, 0}));
  EXPECT_EQ(s->ballot(2), log_ballot{});
  EXPECT_EQ(s->durable(1), 1u);
}

TEST_F(log_on_disk, begins_anew_behind_a_state_and_knows_what_was_said_of_it) {
  const seen_entries left{{101, 5, 1, "n"}, {102, 5, 1, "o"}};
  {
    auto s = open();
    submit(*s, 2, {.from = 1, .entries = entries(1, {"a", "b", "c"})});
    submit(*s, 2,
           {.begin = log_base{100, blob::copy_of("stamp")},
            .from = 101,
            .entries = entries(5, {"n", "o"})});
    settle();
    EXPECT_EQ(seen(*s, 2), left);
    EXPECT_EQ(s->trimmed(2), 100u);
  }
  auto s = open();
  EXPECT_EQ(seen(*s, 2), left);
  EXPECT_EQ(s->base(2), (log_base{100, blob::copy_of("stamp")}));
  submit(*s, 2, {.begin = log_base{100, blob::copy_of("again")}});
  settle();
  EXPECT_EQ(seen(*s, 2), seen_entries{});
  EXPECT_EQ(s->durable(2), 100u);
  s.reset();
  EXPECT_EQ(open()->durable(2), 100u);
}

TEST_F(log_on_disk, keeps_what_is_said_at_a_trim_and_erases_rows_that_are_cut_or_trimmed) {
  auto s = open();
  submit(*s, 0, {.from = 1, .entries = entries(1, {"a", "b", "c"})});
  settle();
  submit(*s, 0, {.from = 3, .entries = entries(2, {"C", "D"})});
  settle();
  s->trim(0, {2, blob::copy_of("two")});
  submit(*s, 1, {.from = 1, .entries = entries(1, {"x"})});
  settle();
  EXPECT_EQ(s->base(0), (log_base{2, blob::copy_of("two")}));
  EXPECT_FALSE(s->file().read().find(wal_table, number_key{1})) << "its third entry was cut";
  EXPECT_TRUE(s->file().read().find(wal_table, number_key{2}));
  s.reset();
  EXPECT_EQ(seen(*open(), 0), (seen_entries{{3, 2, 1, "C"}, {4, 2, 1, "D"}}));
}

TEST_F(log_on_disk, is_opened_when_its_first_row_begins_behind_what_a_later_one_cut) {
  auto s = open();
  for (const auto from : {1u, 3u, 5u}) {
    submit(*s, 0, {.from = from, .entries = entries(1, {"a", "b"})});
    settle();
  }
  submit(*s, 0, {.from = 2, .entries = entries(2, {"B"})});
  settle();
  s->trim(0, {1, {}});
  s.reset();
  s = open();
  EXPECT_EQ(seen(*s, 0), (seen_entries{{2, 2, 1, "B"}}));
  EXPECT_EQ(s->trimmed(0), 1u);
}

TEST_F(log_on_disk, reads_a_range_up_to_so_many_bytes_and_at_least_one_entry) {
  auto s = open();
  for (const auto* text : {"aaaa", "bbbb", "cccc"}) {
    submit(*s, 0, {.from = s->durable(0) + 1, .entries = entries(1, {text, text})});
    settle();
  }
  EXPECT_EQ(s->read(0, 1, 100, 1000).size(), 6u);
  EXPECT_EQ(s->read(0, 2, 5, 1000).size(), 3u);
  EXPECT_EQ(s->read(0, 2, 5, 1000).front().index, 2u);
  EXPECT_EQ(s->read(0, 1, 100, 1).size(), 1u);
  EXPECT_EQ(s->read(0, 1, 100, 9).size(), 3u);
  EXPECT_EQ(s->read(0, 7, 9, 9).size(), 0u);
  s->trim(0, {2, {}});
  EXPECT_EQ(s->read(0, 2, 9, 1000).size(), 0u) << "the first is not there";
}

TEST_F(log_on_disk, takes_a_file_of_the_format_without_votes) {
  {
    auto made = environment::open({.file = options_.file}, journal_tables());
    ASSERT_TRUE(made);
    // version 1 | first sequence 1 | 3 partitions | (term | trimmed)… | node
    std::string old(16 + 3 * 16, '\0');
    auto* at = write_number(old.data(), std::uint32_t{1});
    at = write_number(at, std::uint64_t{1});
    at = write_number(at, std::uint32_t{3});
    for (std::uint64_t p = 0; p < 3; ++p) {
      at = write_number(at, 10 + p);
      at = write_number(at, p);
    }
    old += "someone";
    (*made)->write(
        [&](write_transaction& to) { put_sealed(to, journal_meta_table, "header", old); });
  }
  for (int opened = 0; opened < 2; ++opened) {
    auto s = open();
    EXPECT_EQ(s->node(), "someone");
    EXPECT_EQ(s->ballot(2), (log_ballot{12, 0}));
    EXPECT_EQ(s->trimmed(2), 2u);
    EXPECT_EQ(s->durable(2), 2u);
  }
}

/// Random changes, trims and restarts against the model.
TEST_F(log_on_disk, is_what_the_simple_model_is_whatever_comes) {
  const char* given = std::getenv("TENON_SEED");
  const auto first = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (std::uint64_t seed = first; seed < first + (given ? 1 : 3); ++seed) {
    SCOPED_TRACE("TENON_SEED=" + std::to_string(seed));
    log_history history{seed};
    options_.file = directory_ / std::to_string(seed);
    options_.most_batch = 500;
    auto s = open();
    for (int i = 0; i < 800 && !HasFailure(); ++i) {
      const auto p = history.somewhere();
      const auto choice = history.draw(100);
      if (choice < 85) {
        auto change = history.change_of(p);
        history.logs[p].take(change);
        submit(*s, p, std::move(change));
        continue;
      }
      settle();
      if (choice < 92) {
        const auto to = history.trim_of(p);
        history.logs[p].trim(to);
        s->trim(p, to);
      } else if (choice < 95) {
        s.reset();
        s = open();
        for (partition_number q = 0; q < log_history::partitions; ++q) {
          EXPECT_TRUE(history.logs[q].is(*s, q)) << "partition " << q;
          EXPECT_EQ(s->trimmed(q), history.logs[q].base.index);
        }
      }
      EXPECT_EQ(seen(*s, p), history.logs[p].behind(0));
    }
  }
}

/// Changes by seed, as fast as they are taken; writes each partition's number as it becomes
/// durable.
class teller final : public runtime::durable_listener {
public:
  explicit teller(int to) : to_{to} {}
  void durable(std::uint64_t number) noexcept override {
    if (::write(to_, &number, sizeof number) != sizeof number)
      ::_exit(3);
    told_.durable(number);
  }
  bool wait_for(std::uint64_t number) { return told_.wait_for(number); }

private:
  int to_;
  awaited_index told_;
};

/// Changes by seed, and now and then a trim.
void run_history(log_history& history, std::uint64_t changes,
                 const std::function<void(partition_number, log_change, std::uint64_t)>& change,
                 const std::function<void(partition_number, log_base)>& trim) {
  for (std::uint64_t number = 1; number <= changes; ++number) {
    const auto p = history.somewhere();
    auto made = history.change_of(p);
    history.logs[p].take(made);
    change(p, std::move(made), number);
    if (number % 16 != 0)
      continue;
    const auto to = history.trim_of(p);
    history.logs[p].trim(to);
    trim(p, to);
  }
}

void write_until_killed(log_options options, std::uint64_t seed, int tell) {
  runtime::meters m;
  auto s = log_store::open(std::move(options), m);
  if (!s)
    ::_exit(2);
  teller listener{tell};
  log_history history{seed};
  std::uint64_t last = 0;
  run_history(
      history, 100'000,
      [&](partition_number p, log_change c, std::uint64_t number) {
        (*s)->submit(p, std::move(c), last = number, listener);
      },
      [&](partition_number p, log_base to) {
        if (!listener.wait_for(last))
          ::_exit(4);
        (*s)->trim(p, std::move(to));
      });
}

/// One queue, whole batches from its front: after a kill the file is the model after some change,
/// and all that was told is in it.
TEST_F(log_on_disk, is_a_moment_of_its_history_after_a_kill_and_has_all_that_was_told) {
  const char* given = std::getenv("TENON_SEED");
  const auto first = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const char* rounds = std::getenv("TENON_ROUNDS");
  for (std::uint64_t round = 0; round < (rounds ? std::strtoull(rounds, nullptr, 10) : 30);
       ++round) {
    const auto seed = first + round;
    SCOPED_TRACE("TENON_SEED=" + std::to_string(seed));
    options_.file = directory_ / std::to_string(seed);
    options_.most_batch = 500;
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const auto child = ::fork();
    if (child == 0) {
      ::close(pipe[0]);
      write_until_killed(options_, seed, pipe[1]);
      ::_exit(5);
    }
    ::close(pipe[1]);
    std::uint64_t told = 0;
    std::uint64_t number = 0;
    for (auto lines = 1 + seed * 7919 % 150; ::read(pipe[0], &number, sizeof number) > 0;) {
      told = std::max(told, number);
      if (--lines == 0)
        ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    auto s = open();
    log_history history{seed};
    bool found = false;
    std::uint64_t last = 0;
    const auto look = [&] {
      bool same = !found && last >= told;
      for (partition_number p = 0; same && p < log_history::partitions; ++p)
        same = history.logs[p].is(*s, p);
      found = found || same;
    };
    run_history(
        history, told + 5000,
        [&](partition_number, const log_change&, std::uint64_t at) {
          last = at;
          look();
        },
        [&](partition_number, const log_base&) { look(); });
    EXPECT_TRUE(found) << "told " << told;
  }
}

} // namespace
