// Walks a data directory that nobody has open and says everything that is wrong with it: the
// structure of both files, every checksum, the log's continuity, and whether log and state agree.
#pragma once

#include "protocols/failure.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::runtime::store {

struct finding {
  std::filesystem::path file;
  std::string place;
  std::string what;
};

struct examination {
  std::vector<finding> findings; // the first hundred
  std::uint64_t more = 0;        // how many there are beyond those
  std::uint64_t log_entries = 0;
  std::uint64_t identities = 0;
  std::uint64_t table_rows = 0;
  std::uint64_t history_rows = 0;

  bool clean() const { return findings.empty(); }
};

/// A failure when it cannot be examined: missing, in use, unreadable.
result<examination> examine(const std::filesystem::path& directory);

} // namespace tenon::runtime::store
