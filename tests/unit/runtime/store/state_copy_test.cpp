#include "runtime/store/staged_copy.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/runtime/store/copied_state.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace {

using namespace tenon;
using namespace tenon::tests;
using namespace tenon::runtime::store;
namespace fs = std::filesystem;

class state_copied : public testing::Test {
protected:
  std::vector<copy_chunk> chunks(std::size_t chunk_bytes = most_chunk_bytes) {
    state_copy copy{from_.state(), from_.journal, 2, 77, chunk_bytes};
    EXPECT_EQ(copy.index(), from_.state().checkpointed(2));
    return chunks_of(copy);
  }
  std::size_t files() const {
    std::size_t found = 0;
    for (const auto& entry : fs::directory_iterator{to_.file().parent_path()})
      found += entry.path().filename().string().find(".copy-") != std::string::npos;
    return found;
  }

  temporary_directory directory_;
  copying_node from_{directory_ / "source.mdb"};
  copying_node to_{directory_ / "receiver.mdb"};
};

TEST_F(state_copied, is_what_it_was_with_tables_history_and_listings) {
  store_some(from_, 2, 60, 5'000);
  store_some(from_, 1, 10, 100);
  store_some(to_, 2, 20, 30);
  store_some(to_, 3, 10, 30);
  const auto other = all_of(to_.state(), 3);
  const auto made = chunks(10'000);
  EXPECT_GT(made.size(), 50u);
  auto staged = staged_from(made, to_.file(), 2);
  ASSERT_TRUE(staged) << staged.error().why;
  EXPECT_TRUE(staged->whole());
  EXPECT_EQ(staged->totals().index, 60u);
  ASSERT_TRUE(to_.state().install(*std::move(staged), blob::from("stamp")));
  for (int restarted = 0; restarted < 2; ++restarted) {
    EXPECT_EQ(all_of(to_.state(), 2), all_of(from_.state(), 2));
    EXPECT_EQ(all_of(to_.state(), 3), other);
    EXPECT_TRUE(all_of(to_.state(), 1).empty());
    EXPECT_EQ(to_.state().checkpointed(2), 60u);
    EXPECT_EQ(to_.state().stamp(2), (state_stamp{60, 60, blob::from("stamp")}));
    EXPECT_EQ(to_.state().stamp(3), std::nullopt);
    EXPECT_EQ(files(), 0u);
    to_.restart(); // its log ends at 20
  }
}

TEST_F(state_copied, may_be_empty_and_has_rows_larger_than_a_chunk) {
  EXPECT_EQ(chunks().size(), 1u);
  auto empty = staged_from(chunks(), to_.file(), 2);
  ASSERT_TRUE(empty) << empty.error().why;
  EXPECT_EQ(empty->totals(), (copy_totals{2, 0, 0, 0}));
  runtime::state_save s{.partition = 2, .id = {"acme", "sync", "large"}, .index = 1};
  s.row = blob::from(std::string(5u << 20, 'x'));
  from_.extend(1);
  from_.state().save(s, {});
  from_.state().checkpoint(2, 1);
  ASSERT_TRUE(from_.state().write_now(long_enough));
  auto large = staged_from(chunks(), to_.file(), 2);
  ASSERT_TRUE(large) << large.error().why;
  ASSERT_TRUE(to_.state().install(*std::move(large), {}));
  EXPECT_EQ(to_.state().load(2, s.id)->bytes.size(), 5u << 20);
}

TEST_F(state_copied, has_no_transaction_open_between_two_chunks) {
  store_some(from_, 2, 60, 5'000);
  state_copy copy{from_.state(), from_.journal, 2, 1, 10'000};
  for (;;) {
    const auto next = copy.next();
    ASSERT_TRUE(next);
    EXPECT_LE(next->bytes.size(), 10'000u);
    EXPECT_EQ(from_.state().file().reading().active, 0u);
    if (next->last)
      return;
  }
}

TEST_F(state_copied,
       is_refused_out_of_order_foreign_or_changed_and_goes_on_where_that_does_no_harm) {
  store_some(from_, 2, 40, 3'000);
  const auto made = chunks(10'000);
  ASSERT_GT(made.size(), 5u);
  auto staged = staged_copy::begin(to_.file(), 2, 77);
  ASSERT_TRUE(staged);
  ASSERT_TRUE(staged->take(made[0]));
  ASSERT_TRUE(staged->take(made[1]));
  EXPECT_EQ(staged->take(made[1]).error().why, "chunk 1 came again");
  EXPECT_EQ(staged->take(made[3]).error().why, "chunk 3 came, and chunk 2 is missing");
  auto foreign = made[2];
  foreign.copy = 78;
  EXPECT_EQ(staged->take(foreign).error().why, "a chunk is of another copy");
  for (std::size_t i = 2; i < made.size(); ++i)
    ASSERT_TRUE(staged->take(made[i]));
  EXPECT_TRUE(staged->whole());
  EXPECT_EQ(staged->take(made.back()).error().code, code::malformed);
}

TEST_F(state_copied, is_of_no_use_after_any_flipped_bit_of_a_chunk) {
  store_some(from_, 2, 30, 200);
  const auto made = chunks(5'000);
  ASSERT_GT(made.size(), 3u);
  for (std::size_t at = 0; at < made[1].bytes.size(); at += 97) {
    auto staged = staged_copy::begin(to_.file(), 2, 77);
    ASSERT_TRUE(staged && staged->take(made[0]));
    auto text = made[1].bytes.text();
    text[at] = static_cast<char>(text[at] ^ (1 << at % 8));
    auto changed = made[1];
    changed.bytes = blob::from(std::move(text));
    EXPECT_EQ(staged->take(changed).error().why, "the checksum of chunk 1 is wrong");
    // Even if its sender had made a checksum of it, what is stored has its own.
    changed.checksum = checksum_of(changed);
    auto ok = staged->take(made[1]);
    EXPECT_EQ(ok.error().why, "the checksum of chunk 1 is wrong") << "a spoilt copy stays so";
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(state_copied, is_refused_when_what_is_in_it_is_not_sound_whoever_made_the_checksums) {
  store_some(from_, 2, 30, 200);
  const auto whole = chunks();
  ASSERT_EQ(whole.size(), 1u);
  int refusals = 0;
  for (std::size_t at = 0; at < whole[0].bytes.size(); at += 13) {
    auto text = whole[0].bytes.text();
    text[at] = static_cast<char>(text[at] ^ (1 << at % 8));
    auto changed = whole[0];
    changed.bytes = blob::from(std::move(text));
    changed.checksum = checksum_of(changed);
    auto staged = staged_copy::begin(to_.file(), 2, 77);
    ASSERT_TRUE(staged);
    const auto taken = staged->take(changed);
    refusals += taken ? 0 : 1;
    // Only where the copy itself stands is not in the rows: it is covered by the chunk's checksum.
    EXPECT_TRUE(!taken || at < 21 || at + 8 >= whole[0].bytes.size()) << at;
  }
  EXPECT_GT(refusals, 100);
  auto short_of_one = whole[0];
  short_of_one.bytes = blob::from(whole[0].bytes.text().substr(0, 4'000));
  short_of_one.checksum = checksum_of(short_of_one);
  auto staged = staged_copy::begin(to_.file(), 2, 77);
  EXPECT_EQ(staged->take(short_of_one).error().why, "it has no end");
}

TEST_F(state_copied, is_refused_beyond_its_limits_and_when_the_disk_has_no_room) {
  store_some(from_, 2, 30, 2'000);
  const auto made = chunks(10'000);
  auto small = staged_copy::begin(to_.file(), 2, 77, {.most_bytes = 15'000});
  ASSERT_TRUE(small->take(made[0]));
  EXPECT_EQ(small->take(made[1]).error().code, code::too_large);
  auto full = staged_copy::begin(to_.file(), 2, 77, {.spare_bytes = std::uint64_t{1} << 60});
  EXPECT_EQ(full->take(made[0]).error().code, code::unavailable);
  auto elsewhere = staged_copy::begin(to_.file(), 1, 77);
  EXPECT_EQ(elsewhere->take(made[0]).error().why, "it is of partition 2");
  EXPECT_EQ(staged_copy::begin(directory_ / "absent" / "state.mdb", 2, 77).error().code,
            code::unavailable);
}

TEST_F(state_copied, is_not_made_of_what_is_damaged_and_the_source_goes_on) {
  store_some(from_, 2, 30, 20);
  const state_key key{2, {"acme", "sync", "n10"}};
  for (const auto t : {row_table, rows_table}) {
    from_.stop();
    {
      auto opened = environment::open({.file = from_.file()}, state_tables());
      ASSERT_TRUE(opened);
      (*opened)->write([&](write_transaction& to) {
        const auto whole = t == row_table ? std::string{key.view()} : std::string{key.with("k0")};
        auto value = std::string{*to.find(t, whole)};
        value.back() = static_cast<char>(value.back() ^ 1);
        std::memcpy(to.put(t, whole, value.size()), value.data(), value.size());
      });
    }
    from_.restart();
    state_copy copy{from_.state(), from_.journal, 2, 1};
    const auto refused = copy.next();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::internal);
    EXPECT_NE(refused.error().why.find(t == row_table ? "row of" : "acme/sync/n10"),
              std::string::npos);
    EXPECT_EQ(from_.state().load(2, {"acme", "sync", "n11"})->index, 11u);
  }
}

TEST_F(state_copied, is_not_put_in_place_when_it_stands_behind_what_is_here) {
  store_some(from_, 2, 30, 20);
  store_some(to_, 2, 31, 20);
  auto behind = staged_from(chunks(), to_.file(), 2);
  ASSERT_TRUE(behind);
  EXPECT_EQ(to_.state().install(*std::move(behind), {}).error().code, code::stale);
  EXPECT_EQ(to_.state().checkpointed(2), 31u);
  auto half = staged_copy::begin(to_.file(), 2, 77);
  EXPECT_EQ(to_.state().install(*std::move(half), {}).error().code, code::malformed);
  EXPECT_EQ(files(), 0u);
}

TEST_F(state_copied, ends_when_the_source_is_itself_replaced) {
  store_some(from_, 2, 30, 2'000);
  store_some(to_, 2, 40, 20);
  state_copy copy{from_.state(), from_.journal, 2, 1, 10'000};
  ASSERT_TRUE(copy.next());
  state_copy newer{to_.state(), to_.journal, 2, 2};
  auto staged = staged_from(chunks_of(newer), from_.file(), 2);
  ASSERT_TRUE(staged && from_.state().install(*std::move(staged), {}));
  EXPECT_EQ(copy.next().error().code, code::unavailable);
}

TEST_F(state_copied, forgets_what_was_saved_before_and_takes_saves_again_afterwards) {
  store_some(from_, 2, 30, 20);
  store_some(to_, 2, 5, 20);
  to_.journal.set(confirming::on_demand);
  runtime::state_save s{.partition = 2, .id = {"acme", "sync", "ahead"}, .index = 6};
  s.row = blob::from("never durable");
  bool called = false;
  to_.state().save(s, [&] { called = true; });
  EXPECT_GT(to_.state().waiting(), 0u);
  auto staged = staged_from(chunks(), to_.file(), 2);
  ASSERT_TRUE(staged && to_.state().install(*std::move(staged), {}));
  EXPECT_EQ(to_.state().waiting(), 0u);
  EXPECT_EQ(to_.state().load(2, s.id), std::nullopt);
  to_.journal.set(confirming::automatic);
  to_.extend(31);
  s.index = 31;
  to_.state().save(s, {});
  to_.state().checkpoint(2, 31);
  ASSERT_TRUE(to_.state().write_now(long_enough));
  EXPECT_FALSE(called);
  EXPECT_EQ(to_.state().load(2, s.id)->index, 31u);
  EXPECT_EQ(to_.state().checkpointed(2), 31u);
}

TEST_F(state_copied, does_not_hold_up_the_other_partitions_nor_they_it) {
  store_some(from_, 2, 60, 2'000);
  std::atomic<bool> over = false;
  to_.extend(1'000);
  std::thread busy{[&] {
    for (std::uint64_t i = 1; !over; i = i % 1'000 + 1) {
      runtime::state_save s{.partition = 1, .id = {"acme", "sync", "b" + std::to_string(i)}};
      s.index = i;
      s.row = blob::from(std::string(500, 'b'));
      to_.state().save(std::move(s), {});
      EXPECT_TRUE(to_.state().write_now(long_enough));
    }
  }};
  for (int round = 0; round < 5; ++round) {
    store_some(from_, 2, 60 + round, 2'000);
    auto staged = staged_from(chunks(), to_.file(), 2);
    EXPECT_TRUE(staged && to_.state().install(*std::move(staged), {}));
    EXPECT_EQ(all_of(to_.state(), 2), all_of(from_.state(), 2));
  }
  over = true;
  busy.join();
}

} // namespace
