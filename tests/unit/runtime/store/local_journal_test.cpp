#include "runtime/store/local_journal.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <utility>

namespace {

using namespace tenon;
using runtime::journal_entry;
using runtime::store::local_journal;
using runtime::store::log_options;
using runtime::store::log_store;
using tests::awaited_index;

struct opened_journal {
  std::unique_ptr<log_store> log;
  std::unique_ptr<local_journal> journal = std::make_unique<local_journal>(*log);

  local_journal& operator*() const { return *journal; }
  local_journal* operator->() const { return journal.get(); }
};

class journal_on_disk : public testing::Test {
protected:
  journal_on_disk() {
    options_.file = directory_ / "journal.mdb";
    options_.next_terms = true;
  }

  opened_journal open() {
    auto opened = log_store::open(options_, meters_);
    if (!opened)
      ADD_FAILURE() << opened.error().why;
    return {std::move(opened).value()};
  }
  static std::uint64_t append(local_journal& j, runtime::partition_number p, std::string text,
                              awaited_index& listener) {
    auto taken = j.append(p, j.term(p), blob::from(std::move(text)), listener);
    return taken ? *taken : 0;
  }
  static std::vector<std::pair<std::uint64_t, std::string>>
  everything(const local_journal& j, runtime::partition_number p, std::uint64_t after = 0) {
    std::vector<std::pair<std::uint64_t, std::string>> found;
    j.scan(p, after, [&](const journal_entry& e) { found.emplace_back(e.index, e.bytes.text()); });
    return found;
  }
  using entries = std::vector<std::pair<std::uint64_t, std::string>>;

  tests::temporary_directory directory_;
  runtime::meters meters_;
  log_options options_;
  awaited_index listener_;
};

TEST_F(journal_on_disk, numbers_entries_of_each_partition_without_gaps_and_reads_them_back) {
  auto j = open();
  EXPECT_EQ(append(*j, 3, "a", listener_), 1u);
  EXPECT_EQ(append(*j, 3, "b", listener_), 2u);
  EXPECT_EQ(append(*j, 4, "c", listener_), 1u);
  EXPECT_EQ(append(*j, 3, "", listener_), 3u);
  ASSERT_TRUE(listener_.wait_for(3));
  EXPECT_EQ(everything(*j, 3), (entries{{1, "a"}, {2, "b"}, {3, ""}}));
  EXPECT_EQ(everything(*j, 3, 2), (entries{{3, ""}}));
  EXPECT_EQ(everything(*j, 5), entries{});
}

TEST_F(journal_on_disk, tells_who_watches_that_it_owns_every_partition_in_the_present_term) {
  class watcher final : public runtime::ownership_listener {
  public:
    void gained(runtime::partition_number p, std::uint64_t term) noexcept override {
      owned.emplace_back(p, term);
    }
    void lost(runtime::partition_number, std::uint64_t) noexcept override { FAIL(); }
    std::vector<std::pair<runtime::partition_number, std::uint64_t>> owned;
  };
  options_.partitions = 3;
  for (std::uint64_t term = 1; term <= 2; ++term) {
    auto j = open();
    watcher w;
    j->watch(w);
    const std::vector<std::pair<runtime::partition_number, std::uint64_t>> all{
        {0, term}, {1, term}, {2, term}};
    EXPECT_EQ(w.owned, all);
  }
}

TEST_F(journal_on_disk, reads_chosen_indices_and_skips_those_that_are_not_there) {
  auto j = open();
  for (int i = 1; i <= 50; ++i)
    append(*j, 0, std::to_string(i), listener_);
  ASSERT_TRUE(listener_.wait_for(50));
  const std::vector<std::uint64_t> wanted{1, 7, 8, 50, 51, 99};
  entries found;
  j->read(0, wanted, [&](const journal_entry& e) { found.emplace_back(e.index, e.bytes.text()); });
  EXPECT_EQ(found, (entries{{1, "1"}, {7, "7"}, {8, "8"}, {50, "50"}}));
}

TEST_F(journal_on_disk, keeps_everything_over_a_restart_and_starts_the_next_term) {
  std::uint64_t term = 0;
  {
    auto j = open();
    term = j->term(2);
    append(*j, 2, "kept", listener_);
  }
  EXPECT_EQ(listener_.last(), 1u) << "closing makes durable what waits";
  auto j = open();
  EXPECT_EQ(j->term(2), term + 1);
  EXPECT_EQ(j->durable(2), 1u);
  EXPECT_EQ(append(*j, 2, "next", listener_), 2u);
  ASSERT_TRUE(listener_.wait_for(2));
  EXPECT_EQ(everything(*j, 2), (entries{{1, "kept"}, {2, "next"}}));
}

TEST_F(journal_on_disk, refuses_an_append_of_another_term) {
  auto j = open();
  const auto refused = j->append(0, j->term(0) - 1, blob::copy_of("old"), listener_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::unavailable);
}

TEST_F(journal_on_disk, refuses_when_too_much_waits_and_says_when_to_repeat) {
  options_.most_waiting = 4096;
  auto j = open();
  std::uint64_t taken = 0;
  std::optional<failure> refusal;
  while (!refusal && taken < 1'000'000) {
    if (auto r = j->append(0, j->term(0), blob::copy_of(std::string(1000, 'x')), listener_))
      taken = *r;
    else
      refusal = r.error();
  }
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, code::overloaded);
  EXPECT_TRUE(refusal->retry_after);
  ASSERT_TRUE(listener_.wait_for(taken));
  EXPECT_EQ(append(*j, 0, "again", listener_), taken + 1) << "a refusal takes nothing";
}

TEST_F(journal_on_disk, refuses_an_entry_beyond_the_limit_and_takes_one_at_it) {
  options_.most_entry = 100'000;
  auto j = open();
  const auto refused =
      j->append(0, j->term(0), blob::copy_of(std::string(100'001, 'x')), listener_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::too_large);
  EXPECT_EQ(append(*j, 0, std::string(100'000, 'x'), listener_), 1u);
  ASSERT_TRUE(listener_.wait_for(1));
  EXPECT_EQ(everything(*j, 0).at(0).second.size(), 100'000u);
}

TEST_F(journal_on_disk, forgets_what_is_trimmed_and_goes_on_counting_after_a_restart) {
  {
    auto j = open();
    for (int i = 1; i <= 10; ++i) {
      append(*j, 1, std::to_string(i), listener_);
      ASSERT_TRUE(listener_.wait_for(static_cast<std::uint64_t>(i)));
    }
    j->trim(1, 4);
    EXPECT_EQ(everything(*j, 1).front().first, 5u);
    j->trim(1, 99);
    EXPECT_EQ(everything(*j, 1), entries{});
  }
  auto j = open();
  EXPECT_EQ(j.log->trimmed(1), 10u);
  EXPECT_EQ(j->durable(1), 10u);
  EXPECT_EQ(append(*j, 1, "eleven", listener_), 11u);
  ASSERT_TRUE(listener_.wait_for(11));
  EXPECT_EQ(everything(*j, 1), (entries{{11, "eleven"}}));
}

TEST_F(journal_on_disk, keeps_a_row_while_one_partition_in_it_still_needs_it) {
  {
    auto j = open();
    awaited_index other;
    for (int i = 0; i < 5; ++i)
      append(*j, 0, "zero", listener_);
    append(*j, 1, "one", other);
    ASSERT_TRUE(listener_.wait_for(5));
    ASSERT_TRUE(other.wait_for(1));
    j->trim(0, 5);
  }
  auto j = open();
  EXPECT_EQ(everything(*j, 0), entries{});
  EXPECT_EQ(everything(*j, 1), (entries{{1, "one"}}));
}

TEST_F(journal_on_disk, trims_nothing_while_held) {
  auto j = open();
  append(*j, 0, "a", listener_);
  ASSERT_TRUE(listener_.wait_for(1));
  {
    const log_store::hold hold{*j.log};
    j->trim(0, 1);
    append(*j, 0, "b", listener_);
    ASSERT_TRUE(listener_.wait_for(2));
    const auto snapshot = j.log->file().read();
    EXPECT_TRUE(snapshot.find(runtime::store::wal_table, std::string_view{"\0\0\0\0\0\0\0\1", 8}));
  }
  append(*j, 0, "c", listener_);
  ASSERT_TRUE(listener_.wait_for(3));
  const auto snapshot = j.log->file().read();
  EXPECT_FALSE(snapshot.find(runtime::store::wal_table, std::string_view{"\0\0\0\0\0\0\0\1", 8}));
}

TEST_F(journal_on_disk, grows_its_map_when_it_is_full) {
  options_.map_bytes = 256 * 1024;
  auto j = open();
  for (std::uint64_t i = 1; i <= 64; ++i) {
    ASSERT_EQ(append(*j, 0, std::string(64 * 1024, 'x'), listener_), i);
    ASSERT_TRUE(listener_.wait_for(i));
  }
  EXPECT_EQ(everything(*j, 0).size(), 64u);
  EXPECT_GT(j.log->file().filled().map_bytes, 4u << 20);
}

TEST_F(journal_on_disk, is_open_once) {
  auto j = open();
  const auto second = log_store::open(options_, meters_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, code::conflict);
  EXPECT_NE(second.error().why.find("in use by"), std::string::npos);
  EXPECT_FALSE(second.error().remedy.empty());
}

TEST_F(journal_on_disk, refuses_another_number_of_partitions_and_another_node) {
  open();
  options_.partitions = 8;
  EXPECT_NE(log_store::open(options_, meters_).error().why.find("16 partitions"),
            std::string::npos);
  options_.partitions = 16;
  options_.node = "other";
  EXPECT_EQ(log_store::open(options_, meters_).error().code, code::conflict);
}

TEST_F(journal_on_disk, says_what_to_do_when_the_directory_is_missing) {
  options_.file = directory_ / "nowhere" / "journal.mdb";
  const auto opened = log_store::open(options_, meters_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, code::unavailable);
  EXPECT_NE(opened.error().where.find("nowhere"), std::string::npos);
  EXPECT_FALSE(opened.error().remedy.empty());
}

TEST_F(journal_on_disk, tells_each_listener_once_a_commit_and_in_order) {
  auto j = open();
  std::vector<awaited_index> listeners(3);
  std::vector<std::uint64_t> last(3);
  for (int i = 0; i < 3000; ++i)
    last[static_cast<std::size_t>(i) % 3] =
        append(*j, 0, "x", listeners[static_cast<std::size_t>(i) % 3]);
  for (std::size_t l = 0; l < 3; ++l)
    EXPECT_TRUE(listeners[l].wait_for(last[l]));
}

TEST_F(journal_on_disk, counts_what_it_does) {
  auto j = open();
  append(*j, 0, "12345", listener_);
  ASSERT_TRUE(listener_.wait_for(1));
  const auto text = meters_.exposition();
  EXPECT_NE(text.find("tenon_journal_entries_total 1\n"), std::string::npos);
  EXPECT_NE(text.find("tenon_journal_bytes_total 5\n"), std::string::npos);
  EXPECT_NE(text.find("tenon_journal_commit_seconds_bucket"), std::string::npos);
}

} // namespace
