// What stands in a journal's file besides the rows of its log: whose it is, in which version, and
// for each partition what its owner has promised, how far the log is trimmed, and what the owner
// wants to know of what was trimmed.
#pragma once

#include "protocols/blob.hpp"
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

/// What an owner has promised: the term it is in, and for whom it voted in it (0: nobody).
struct log_ballot {
  std::uint64_t term = 0;
  std::uint64_t vote = 0;

  bool operator==(const log_ballot&) const = default;
};

/// Where a log begins, behind this index, and what its owner said of everything up to it.
struct log_base {
  std::uint64_t index = 0;
  blob said;

  bool operator==(const log_base&) const = default;
};

struct journal_header {
  struct log {
    log_ballot ballot;
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

void write_log_base(write_transaction&, partition_number, const log_base&);
/// Nothing when there is none; a failure when it is damaged.
result<std::optional<log_base>> read_log_base(const environment&, partition_number);

/// Every row in order, checked; they must begin at `sequence` and have no gap. Ends with the first
/// failure, its own or of `each`.
result<void>
each_row(const environment&, std::uint64_t sequence,
         const std::function<result<void>(std::uint64_t, std::span<const stored_block>)>& each);

} // namespace tenon::runtime::store
