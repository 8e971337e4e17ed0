#include "runtime/store/bytes.hpp"
#include "runtime/store/checksum.hpp"
#include "runtime/store/log_row.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace {

using namespace tenon;
using namespace tenon::runtime::store;

/// A row of sequence 7: partition 3 with entries 5 and 6, partition 9 with entry 1.
std::string sample_row() {
  std::vector<planned_block> plan{{3, 5, 2, 2 * entry_header_bytes + 5, 0},
                                  {9, 1, 1, entry_header_bytes, 0}};
  std::string row(plan_row(plan), '\0');
  char* at = row.data() + plan[0].offset + block_header_bytes;
  at = write_entry(at, 1, "ab");
  write_entry(at, 2, "cde");
  write_entry(row.data() + plan[1].offset + block_header_bytes, 4, "");
  seal_row(row.data(), 7, plan);
  return row;
}

TEST(checksum, is_crc32c) {
  EXPECT_EQ(checksum("123456789"), 0xe3069283u);
  EXPECT_EQ(checksum(""), 0u);
  const std::string long_text(1000, 'x');
  EXPECT_EQ(checksum(std::string_view{long_text}.substr(13),
                     checksum(std::string_view{long_text}.substr(0, 13))),
            checksum(long_text));
}

TEST(log_row, reads_back_what_it_holds) {
  const auto row = sample_row();
  const auto blocks = read_row(7, row);
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2u);
  EXPECT_EQ(blocks->at(0).partition, 3);
  EXPECT_EQ(blocks->at(0).first, 5u);
  EXPECT_EQ(blocks->at(0).last(), 6u);
  EXPECT_EQ(blocks->at(1).partition, 9);
  entry_reader entries{blocks->at(0)};
  const auto first = entries.next();
  const auto second = entries.next();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->bytes, "ab");
  EXPECT_EQ(first->index, 5u);
  EXPECT_EQ(second->bytes, "cde");
  EXPECT_EQ(second->term, 2u);
  EXPECT_FALSE(entries.next());
  EXPECT_TRUE(read_block(7, row, blocks->at(1).offset));
}

TEST(log_row, keeps_kinds_beside_terms_and_says_what_a_block_does_to_those_before) {
  std::vector<planned_block> plan{{1, 9, 1, entry_header_bytes + 1, 0, block_start::cuts},
                                  {2, 6, 0, 0, 0, block_start::begins}};
  std::string row(plan_row(plan), '\0');
  write_entry(row.data() + plan[0].offset + block_header_bytes, number_limit - 1, "k", 200);
  seal_row(row.data(), 3, plan);
  const auto blocks = read_row(3, row);
  ASSERT_TRUE(blocks);
  EXPECT_EQ(blocks->at(0).start, block_start::cuts);
  EXPECT_EQ(blocks->at(0).first, 9u);
  const auto entry = entry_reader{blocks->at(0)}.next();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->kind, 200);
  EXPECT_EQ(entry->term, number_limit - 1);
  EXPECT_EQ(blocks->at(1).start, block_start::begins);
  EXPECT_EQ(blocks->at(1).last(), 5u);
  plan[1].start = block_start::follows;
  seal_row(row.data(), 3, plan);
  EXPECT_FALSE(read_row(3, row)) << "only a log that begins anew may be without entries";
  plan[1].start = block_start{3};
  seal_row(row.data(), 3, plan);
  EXPECT_FALSE(read_row(3, row));
}

TEST(log_row, notices_every_single_flipped_bit) {
  const auto row = sample_row();
  for (std::size_t bit = 0; bit < row.size() * 8; ++bit) {
    auto damaged = row;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(read_row(7, damaged)) << "bit " << bit;
  }
}

TEST(log_row, notices_another_length_and_another_place) {
  const auto row = sample_row();
  for (std::size_t size = 0; size < row.size(); ++size)
    EXPECT_FALSE(read_row(7, std::string_view{row}.substr(0, size))) << size;
  EXPECT_FALSE(read_row(7, row + 'x'));
  EXPECT_FALSE(read_row(8, row));
  EXPECT_FALSE(read_block(7, row, 9));
  EXPECT_FALSE(read_block(7, row, ~std::uint32_t{0}));
}

TEST(log_row, refuses_blocks_that_are_sealed_and_wrong) {
  // Entries that claim more than their block holds, with a right checksum.
  std::vector<planned_block> plan{{0, 1, 1, entry_header_bytes + 2, 0}};
  std::string row(plan_row(plan), '\0');
  char* const entry = row.data() + plan[0].offset + block_header_bytes;
  write_entry(entry, 1, "ab");
  write_number(entry + 8, std::uint32_t{3});
  seal_row(row.data(), 1, plan);
  EXPECT_FALSE(read_row(1, row));
  write_number(entry + 8, std::uint32_t{2});
  plan[0].count = 2;
  seal_row(row.data(), 1, plan);
  EXPECT_FALSE(read_row(1, row));
  plan[0].count = 1;
  seal_row(row.data(), 1, plan);
  EXPECT_TRUE(read_row(1, row));
}

} // namespace
