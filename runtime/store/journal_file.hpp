// What stands in a journal's file besides the rows of its log: whose it is, in which version, and
// for each partition its term and how far it is trimmed.
#pragma once

#include "runtime/store/environment.hpp"
#include "runtime/store/log_row.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tenon::runtime::store {

inline constexpr table wal_table = 0;
inline constexpr table journal_meta_table = 1;

std::vector<std::string> journal_tables();

struct journal_header {
  struct log {
    std::uint64_t term = 0;
    std::uint64_t trimmed = 0;

    bool operator==(const log&) const = default;
  };

  std::string node;
  std::uint64_t first_sequence = 1; // of the rows that are not erased
  std::vector<log> logs;            // by partition

  bool operator==(const journal_header&) const = default;
};

void write_journal_header(write_transaction&, const journal_header&);

/// Nothing in a new file. A failure when the header is damaged or of another version.
result<std::optional<journal_header>> read_journal_header(const environment&);

/// Every row in order, checked; they must begin at `sequence` and have no gap. Ends with the first
/// failure, its own or of `each`.
result<void>
each_row(const environment&, std::uint64_t sequence,
         const std::function<result<void>(std::uint64_t, std::span<const stored_block>)>& each);

} // namespace tenon::runtime::store
