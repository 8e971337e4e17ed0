#include "runtime/store/log_map.hpp"

#include "protocols/ensure.hpp"

#include <algorithm>

namespace tenon::runtime::store {

void log_map::add(std::uint64_t sequence, std::span<const planned_block> blocks) {
  must(sequence == next_sequence(), "rows of the journal are numbered without gaps");
  wanted_.push_back(0);
  for (const auto& block : blocks) {
    if (block.start == block_start::cuts)
      cut(block.partition, block.first);
    if (block.start == block_start::begins)
      cut(block.partition, 0);
    if (block.count == 0)
      continue;
    blocks_[block.partition].push_back({block.first, sequence, block.count, block.offset});
    ++wanted_.back();
  }
}

void log_map::cut(partition_number p, std::uint64_t index) {
  auto& blocks = blocks_[p];
  for (; !blocks.empty() && blocks.back().first >= index; blocks.pop_back())
    --wanted_[blocks.back().sequence - first_];
  if (!blocks.empty() && blocks.back().last() >= index)
    blocks.back().count = static_cast<std::uint32_t>(index - blocks.back().first);
}

void log_map::trim(partition_number p, std::uint64_t through) {
  auto& blocks = blocks_[p];
  for (; !blocks.empty() && blocks.front().last() <= through; blocks.pop_front())
    --wanted_[blocks.front().sequence - first_];
}

std::optional<std::uint64_t> log_map::first_unwanted() const {
  if (wanted_.empty() || wanted_.front() > 0)
    return std::nullopt;
  return first_;
}

void log_map::drop_first() {
  wanted_.pop_front();
  ++first_;
}

std::optional<block_place> log_map::find(partition_number p, std::uint64_t index) const {
  const auto& blocks = blocks_[p];
  const auto found = std::partition_point(blocks.begin(), blocks.end(),
                                          [&](const auto& b) { return b.last() < index; });
  if (found == blocks.end())
    return std::nullopt;
  return *found;
}

} // namespace tenon::runtime::store
