// What travels when a partition's stored state is copied to another node: records one behind the
// other, cut into chunks of at most 1 MiB that are numbered and have a checksum each.
//
//   head                                       which partition, and at which index its state stands
//   for every identity, by key:
//     history* table*                          as they are stored, checksums included
//     row                                      last, so that nothing is a row before it is whole
//   end                                        how many records, and what the rows may reach
//
// Listings (deadlines, unfinished) are not copied: they follow from the rows. Reading trusts
// nothing: whatever the bytes, the answer is a sound record or a failure that says where.
#pragma once

#include "protocols/blob.hpp"
#include "runtime/store/state_file.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tenon::runtime::store {

inline constexpr std::size_t most_chunk_bytes = std::size_t{1} << 20;

struct copy_chunk {
  std::uint64_t copy = 0;   // which copy: drawn anew for each
  std::uint32_t number = 0; // from 0 without gaps
  bool last = false;
  blob bytes;
  std::uint32_t checksum = 0; // of all the above
};

std::uint32_t checksum_of(const copy_chunk&);

enum class copy_part : std::uint8_t { head, history, table, row, end };

struct copy_record {
  copy_part part = copy_part::head;
  std::string_view key;
  std::string_view value;
};

/// What a whole copy says of itself.
struct copy_totals {
  partition_number partition = 0;
  std::uint64_t index = 0;   // every entry up to here is in it
  std::uint64_t reaches = 0; // and none beyond here
  std::uint64_t records = 0; // rows, table rows and history rows

  bool operator==(const copy_totals&) const = default;
};

class copy_stream_writer {
public:
  copy_stream_writer(std::uint64_t copy, std::size_t chunk_bytes)
      : copy_{copy}, chunk_bytes_{chunk_bytes} {}

  void begin(partition_number, std::uint64_t index);
  void put(copy_part, std::string_view key, std::string_view value);
  void end(std::uint64_t reaches);

  /// Whether there is enough for a chunk, or nothing more will come.
  bool full() const { return ended_ || waiting() >= chunk_bytes_; }
  copy_chunk take();

private:
  std::size_t waiting() const { return buffer_.size() - taken_; }
  void add(copy_part, std::string_view key, std::string_view value);

  std::uint64_t copy_;
  std::size_t chunk_bytes_;
  std::uint32_t number_ = 0;
  copy_totals totals_;
  std::string buffer_;
  std::size_t taken_ = 0;
  bool ended_ = false;
};

class copy_stream_reader {
public:
  using visit = std::function<void(const copy_record&)>;

  /// The bytes of the next chunk. `each` is called with every history row, table row and row that
  /// is complete with them; views are valid during the call.
  result<void> take(std::string_view bytes, const visit& each);

  bool ended() const { return ended_; }
  const copy_totals& totals() const { return totals_; }

private:
  result<void> judge(const copy_record&);
  result<void> judge_head(const copy_record&);
  result<void> judge_stored(const copy_record&);

  std::string rest_; // of a record that is not complete
  bool begun_ = false;
  bool ended_ = false;
  std::string last_row_;
  std::string owner_; // of the table and history rows that wait for their row
  copy_totals totals_;
};

} // namespace tenon::runtime::store
