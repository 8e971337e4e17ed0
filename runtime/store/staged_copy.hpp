// The receiving side of a state copy: chunks go to a file beside the stored state, each checked as
// it comes, and the file has its name only when it is whole and durable. Nothing of the stored
// state is touched before.
//
//   <state>.copy-<partition>.part   chunks are coming; removed when the node starts
//   <state>.copy-<partition>        whole; removed when the node starts, unless the file of stored
//                                   state says that it was being put in place
#pragma once

#include "protocols/failure.hpp"
#include "runtime/store/copy_stream.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace tenon::runtime::store {

struct staging_limits {
  std::uint64_t most_bytes = std::uint64_t{256} << 30;  // of one copy
  std::uint64_t spare_bytes = std::uint64_t{512} << 20; // stay free on the disk, beside the copy
};

class staged_copy {
public:
  /// What was staged of the partition before is gone, so nothing of it may be being put in place.
  /// `copy` is the number that its chunks must have.
  static result<staged_copy> begin(const std::filesystem::path& state_file, partition_number,
                                   std::uint64_t copy, staging_limits = {});
  /// Removes the file, unless it was let go of.
  ~staged_copy();
  staged_copy(staged_copy&&) noexcept;
  staged_copy(const staged_copy&) = delete;
  staged_copy& operator=(const staged_copy&) = delete;

  /// The next chunk. One of another copy, one that came before and one behind a gap are refused and
  /// change nothing; after every other failure the copy is of no use. Durable with the last one.
  result<void> take(const copy_chunk&);

  bool whole() const { return whole_; }
  const copy_totals& totals() const { return reader_.totals(); }
  std::uint64_t copy() const { return copy_; }
  std::uint32_t checksum() const { return checksum_; }
  std::uint64_t bytes() const { return bytes_; }
  const std::filesystem::path& file() const { return file_; }

  /// The file stays: from now on it belongs to whoever puts it in place.
  void let_go() { file_.clear(); }

private:
  staged_copy(std::filesystem::path file, partition_number p, std::uint64_t copy, staging_limits l)
      : file_{std::move(file)}, partition_{p}, copy_{copy}, limits_{l} {}

  result<void> check_next(const copy_chunk&) const;
  result<void> check_room(std::size_t more) const;
  result<void> append(std::string_view);
  result<void> finish();
  std::filesystem::path part() const;

  std::filesystem::path file_;
  partition_number partition_;
  std::uint64_t copy_;
  staging_limits limits_;
  int descriptor_ = -1;
  copy_stream_reader reader_;
  std::uint32_t next_ = 0;
  std::uint32_t checksum_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t unsynced_ = 0;
  bool whole_ = false;
  std::optional<failure> spoilt_;
};

/// A whole staged copy, as the file of it says.
struct staged {
  std::uint64_t copy = 0;
  std::uint32_t checksum = 0; // of the chunks' checksums
  copy_totals totals;
};

/// Reads it from begin to end; `each` sees every record. A failure when anything of it is not as it
/// came.
result<staged> read_staged(const std::filesystem::path& file,
                           const copy_stream_reader::visit& each);

std::filesystem::path staged_file_of(const std::filesystem::path& state_file, partition_number);

/// Removes every staged copy beside the file of stored state.
result<void> remove_staged(const std::filesystem::path& state_file);

} // namespace tenon::runtime::store
