// Any bytes as a row of the journal give its blocks or the reason why not. Rows that are whole are
// walked to their last entry. Built with libFuzzer: -fsanitize=fuzzer,address,undefined.
#include "runtime/store/bytes.hpp"
#include "runtime/store/checksum.hpp"
#include "runtime/store/log_row.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

using namespace tenon::runtime::store;

namespace {

void walk(std::uint64_t sequence, std::string_view row) {
  const auto blocks = read_row(sequence, row);
  if (!blocks)
    return;
  for (const auto& block : *blocks) {
    std::uint64_t count = 0;
    for (entry_reader entries{block}; const auto entry = entries.next(); ++count)
      if (entry->index != block.first + count || entry->bytes.size() > row.size())
        __builtin_trap();
    if (count != block.count || !read_block(sequence, row, block.offset))
      __builtin_trap();
  }
}

/// Gives every checksum its right value as far as the sizes go: otherwise nothing behind a checksum
/// would ever be reached.
std::string mended(std::uint64_t sequence, std::string row) {
  const auto sum = [&](std::string_view covered) {
    return checksum(covered, checksum(number_key{sequence}));
  };
  if (row.size() < row_header_bytes)
    return row;
  const std::string_view whole{row};
  write_number(row.data(), sum(whole.substr(4, 4)));
  for (std::size_t at = row_header_bytes; row.size() - at >= block_header_bytes;) {
    const auto bytes = read_number<std::uint32_t>(row.data() + at + 20);
    if (row.size() - at - block_header_bytes < bytes)
      break;
    write_number(row.data() + at, sum(whole.substr(at + 4, block_header_bytes - 4 + bytes)));
    at += block_header_bytes + bytes;
  }
  return row;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string row{reinterpret_cast<const char*>(bytes), size};
  walk(1, row);
  walk(1, mended(1, std::move(row)));
  return 0;
}
