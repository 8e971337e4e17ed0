#include "runtime/store/log_row.hpp"

#include "runtime/store/bytes.hpp"
#include "runtime/store/checksum.hpp"

#include <string>

namespace tenon::runtime::store {
namespace {

std::uint32_t checksum_at(std::uint64_t sequence, std::string_view covered) {
  return checksum(covered, checksum(number_key{sequence}));
}

failure unreadable(std::string why, std::uint32_t offset) {
  return {code::malformed, std::move(why), "byte " + std::to_string(offset)};
}

/// A number below `number_limit` with a byte above it.
std::uint64_t joined(std::uint64_t number, std::uint8_t above) noexcept {
  return number | std::uint64_t{above} << 56;
}

std::uint64_t number_of(std::uint64_t joined) noexcept {
  return joined & (number_limit - 1);
}

std::uint8_t above_of(std::uint64_t joined) noexcept {
  return static_cast<std::uint8_t>(joined >> 56);
}

/// Whether the entries fill their block exactly.
bool fits(std::string_view entries, std::uint32_t count) {
  for (; count > 0; --count) {
    if (entries.size() < entry_header_bytes)
      return false;
    const auto size = read_number<std::uint32_t>(entries.data() + 8);
    if (entries.size() - entry_header_bytes < size)
      return false;
    entries.remove_prefix(entry_header_bytes + size);
  }
  return entries.empty();
}

} // namespace

std::optional<stored_entry> entry_reader::next() {
  if (rest_.empty())
    return std::nullopt;
  const auto term = read_number<std::uint64_t>(rest_.data());
  stored_entry entry{number_of(term), index_++, above_of(term), {}};
  const auto size = read_number<std::uint32_t>(rest_.data() + 8);
  entry.bytes = rest_.substr(entry_header_bytes, size);
  rest_.remove_prefix(entry_header_bytes + size);
  return entry;
}

std::size_t plan_row(std::span<planned_block> blocks) {
  std::size_t size = row_header_bytes;
  for (auto& block : blocks) {
    block.offset = static_cast<std::uint32_t>(size);
    size += block_header_bytes + block.bytes;
  }
  return size;
}

char* write_entry(char* at, std::uint64_t term, std::string_view bytes,
                  std::uint8_t kind) noexcept {
  at = write_number(at, joined(term, kind));
  at = write_number(at, static_cast<std::uint32_t>(bytes.size()));
  if (!bytes.empty())
    std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

void seal_row(char* row, std::uint64_t sequence, std::span<const planned_block> blocks) noexcept {
  std::uint16_t position = 0;
  for (const auto& block : blocks) {
    char* const header = row + block.offset;
    char* at = write_number(header + 4, block.partition);
    at = write_number(at, position++);
    at = write_number(at, joined(block.first, static_cast<std::uint8_t>(block.start)));
    at = write_number(at, block.count);
    write_number(at, block.bytes);
    write_number(header, checksum_at(sequence, {header + 4, block_header_bytes - 4 + block.bytes}));
  }
  write_number(row + 4, static_cast<std::uint32_t>(blocks.size()));
  write_number(row, checksum_at(sequence, {row + 4, 4}));
}

result<stored_block> read_block(std::uint64_t sequence, std::string_view row,
                                std::uint32_t offset) {
  if (row.size() < offset || row.size() - offset < block_header_bytes)
    return unreadable("the row ends within a block's header", offset);
  const char* const header = row.data() + offset;
  const auto first = read_number<std::uint64_t>(header + 8);
  stored_block block{read_number<partition_number>(header + 4),
                     number_of(first),
                     read_number<std::uint32_t>(header + 16),
                     offset,
                     {},
                     block_start{above_of(first)}};
  const auto bytes = read_number<std::uint32_t>(header + 20);
  if (row.size() - offset - block_header_bytes < bytes)
    return unreadable("the row ends within a block", offset);
  if (read_number<std::uint32_t>(header) !=
      checksum_at(sequence, row.substr(offset + 4, block_header_bytes - 4 + bytes)))
    return unreadable("the block's checksum is wrong", offset);
  block.entries = row.substr(offset + block_header_bytes, bytes);
  if (block.start > block_start::begins)
    return unreadable("nobody knows how the block begins", offset);
  const bool may_be_empty = block.start == block_start::begins;
  if ((block.count == 0 && !may_be_empty) || block.first == 0 || !fits(block.entries, block.count))
    return unreadable("the block's entries do not fill it", offset);
  return block;
}

result<std::vector<stored_block>> read_row(std::uint64_t sequence, std::string_view row) {
  if (row.size() < row_header_bytes)
    return unreadable("the row is too short", 0);
  if (read_number<std::uint32_t>(row.data()) != checksum_at(sequence, row.substr(4, 4)))
    return unreadable("the row's checksum is wrong", 0);
  const auto count = read_number<std::uint32_t>(row.data() + 4);
  std::vector<stored_block> blocks;
  std::size_t offset = row_header_bytes;
  while (blocks.size() < count) {
    auto block = read_block(sequence, row, static_cast<std::uint32_t>(offset));
    if (!block)
      return std::move(block).error();
    if (read_number<std::uint16_t>(row.data() + offset + 6) != blocks.size())
      return unreadable("the block stands at another position", static_cast<std::uint32_t>(offset));
    offset += block_header_bytes + block->entries.size();
    blocks.push_back(*block);
  }
  if (offset != row.size())
    return unreadable("bytes follow the last block", static_cast<std::uint32_t>(offset));
  return blocks;
}

} // namespace tenon::runtime::store
