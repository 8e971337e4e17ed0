// Keys of stored state. All begin with the partition, two bytes, big-endian; then
//
//   row, unfinished   tenant 0 kind 0 name 0
//   table             tenant 0 kind 0 name 0 key
//   history           tenant 0 kind 0 name 0 number, 8 bytes
//   due               moment, 8 bytes, in an order that negative ones keep; tenant 0 kind 0 name 0
//
// Zero ends a part because no part may contain it and it sorts below everything that may: names
// are listed in their own order, and no identity's table runs into another's.
#pragma once

#include "protocols/identity.hpp"
#include "runtime/journal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::runtime::store {

inline constexpr std::size_t max_table_key_bytes = 255;

/// A key in place: activation builds one for every load, and the heap would be its largest cost.
class state_key {
public:
  explicit state_key(partition_number); // every key of the partition
  state_key(partition_number, const identity&);
  state_key(partition_number, std::string_view tenant, std::string_view kind);

  /// The same with more behind it.
  state_key with(std::string_view more) const;
  state_key with(std::uint64_t number) const;

  operator std::string_view() const noexcept { return {bytes_, size_}; }
  std::string_view view() const noexcept { return {bytes_, size_}; }

private:
  void add(std::string_view part);
  void add_ended(std::string_view part);

  char bytes_[512];
  std::size_t size_ = 0;
};

/// The key in `due` of the identity whose row has this key.
state_key due_key(moment, std::string_view row_key);
/// A key that every due key at or before the moment is below.
state_key due_end(partition_number, moment);
moment moment_of(std::string_view due_key);
std::string row_key_of_due(std::string_view due_key);

/// The key of the row that a table or history key belongs to; empty when it is of none.
std::string_view row_key_of(std::string_view key);

/// Nothing when the bytes are no row's key.
std::optional<identity> identity_of(std::string_view row_key);

} // namespace tenon::runtime::store
