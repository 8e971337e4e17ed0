// How the blocks of one partition's log must follow each other, in the order of their rows: each
// begins where the last one ended, cuts what was there from its first index on, or begins the log
// anew. What is left of the rows may begin in the middle: rows go from the front, once nothing in
// them is wanted. It may even begin too high, and be cut deeper by a later row.
#pragma once

#include "runtime/store/log_row.hpp"

#include <cstdint>
#include <string>

namespace tenon::runtime::store {

class log_course {
public:
  /// Of a log that is trimmed through this index.
  explicit log_course(std::uint64_t trimmed = 0) : trimmed_{trimmed}, next_{trimmed + 1} {}

  /// Why the block cannot stand here; empty when it can. Then goes on behind it.
  std::string take(const stored_block&);
  /// Why the log cannot end here; empty when it can.
  std::string end() const;

  std::uint64_t trimmed() const { return trimmed_; }
  std::uint64_t next() const { return next_; }

private:
  std::uint64_t trimmed_;
  std::uint64_t next_;
  std::uint64_t lowest_ = 0; // from here on there is no gap; 0: no block was seen
};

} // namespace tenon::runtime::store
