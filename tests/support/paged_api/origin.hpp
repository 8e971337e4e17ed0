// The rows of one table as they were before anybody changed them, in the order of their keys. Two
// kinds: the tables of the Chinook database, and records made up from a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tenon::tests::paged_api {

class origin {
public:
  virtual ~origin() = default;
  virtual std::size_t size() const = 0;
  virtual std::int64_t key(std::size_t index) const = 0;
  virtual std::optional<std::size_t> find(std::int64_t key) const = 0;
  virtual std::int64_t updated_at(std::size_t index) const = 0; // ms since the epoch
  /// Appends the row's JSON members without braces: `"id":7,"name":"x"`.
  virtual void members(std::size_t index, std::string& onto) const = 0;
};

/// All rows of a table of the SQLite file, columns in snake_case; updated_at is spread over the
/// year 2024 by a hash of table and key. Throws std::runtime_error that says what is wrong with the
/// file.
std::unique_ptr<origin> chinook_table(const std::string& file, const std::string& table);

struct generated_records {
  std::size_t count = 0;
  std::size_t bytes = 1024; // of one record as served, braces and stamps included
  std::uint64_t seed = 1;
};
inline constexpr std::size_t least_record_bytes = 320;

/// Keys 1 to count; updated_at grows by a second with the key.
std::unique_ptr<origin> generated(generated_records);

/// Milliseconds since the epoch of 2024-01-01T00:00:00Z: the first updated_at there is.
inline constexpr std::int64_t beginning = 1'704'067'200'000;

} // namespace tenon::tests::paged_api
