// What the fault library and the power cut agree on: for every write of a file under watch, what
// stood there before, and which writes have become durable since. Files are known by inode,
// because they are renamed.
#pragma once

#include <cstdint>

namespace tenon::tests::faults {

enum class record_kind : std::uint32_t {
  write,       // followed by `size` bytes: what stood at `offset` before, zeros behind the end
  synced,      // every write of the file numbered up to `number` is durable
  written_dry, // the write `number` is durable: it went through a descriptor with O_DSYNC
};

struct record {
  record_kind kind;
  std::uint32_t unused = 0;
  std::uint64_t number; // of writes, ascending over all files
  std::uint64_t inode;
  std::uint64_t offset;
  std::uint64_t size;
  std::uint64_t file_size; // before the write
};

} // namespace tenon::tests::faults
