// The stored form of one group commit: one row of the journal, keyed by its sequence. It holds a
// block for each partition that had entries waiting:
//
//   row    checksum 4 | blocks 4 | block…
//   block  checksum 4 | partition 2 | position in the row 2 | first index 7 | start 1 | entries 4 |
//          bytes 4 | entry…
//   entry  term 7 | kind 1 | size 4 | bytes
//
// A partition has several blocks in a row when not all of its entries follow each other.
// A checksum covers the row's sequence and everything behind it in its part, so that a block that
// is right but stands in the wrong place is found too. Reading trusts nothing: any bytes give
// either blocks or the reason why not.
#pragma once

#include "protocols/failure.hpp"
#include "runtime/journal.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tenon::runtime::store {

inline constexpr std::size_t row_header_bytes = 8;
inline constexpr std::size_t block_header_bytes = 24;
inline constexpr std::size_t entry_header_bytes = 12;

/// Terms and indices are below this.
inline constexpr std::uint64_t number_limit = std::uint64_t{1} << 56;

/// How a block stands to what its partition had before.
enum class block_start : std::uint8_t {
  follows, // at the end of the log
  cuts,    // what was there from its first index on is gone
  begins,  // all that was there is gone; it may be without entries
};

struct stored_entry {
  std::uint64_t term = 0;
  std::uint64_t index = 0;
  std::uint8_t kind = 0; // the owner's business
  std::string_view bytes;
};

/// A block whose checksum was right and whose entries fill it exactly.
struct stored_block {
  partition_number partition = 0;
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t offset = 0; // in the row, of the block's header
  std::string_view entries;
  block_start start = block_start::follows;

  std::uint64_t last() const { return first + count - 1; }
};

/// Steps through the entries of a block.
class entry_reader {
public:
  explicit entry_reader(const stored_block& b) : rest_{b.entries}, index_{b.first} {}

  std::optional<stored_entry> next();

private:
  std::string_view rest_;
  std::uint64_t index_;
};

/// What one block of a row to be written will hold.
struct planned_block {
  partition_number partition = 0;
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t bytes = 0;  // of its entries with their headers
  std::uint32_t offset = 0; // set by `plan_row`: where its header stands in the row
  block_start start = block_start::follows;
};

/// As many blocks as a row can hold.
inline constexpr std::size_t most_blocks = 65'535;

/// Lays the blocks out one behind the other; the row's size.
std::size_t plan_row(std::span<planned_block> blocks);
/// Writes one entry at `at`; where the next one stands.
char* write_entry(char* at, std::uint64_t term, std::string_view bytes,
                  std::uint8_t kind = 0) noexcept;
/// Completes a row whose entries are written: headers and checksums.
void seal_row(char* row, std::uint64_t sequence, std::span<const planned_block> blocks) noexcept;

/// The block whose header is at `offset`, checked.
result<stored_block> read_block(std::uint64_t sequence, std::string_view row, std::uint32_t offset);
/// All blocks, checked, and that nothing else is in the row.
result<std::vector<stored_block>> read_row(std::uint64_t sequence, std::string_view row);

} // namespace tenon::runtime::store
