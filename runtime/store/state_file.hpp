// What stands in the file of stored state: its header, how a row is stored, and the checkpoints.
#pragma once

#include "runtime/state.hpp"
#include "runtime/store/environment.hpp"
#include "runtime/store/state_key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::runtime::store {

inline constexpr table row_table = 0;
inline constexpr table rows_table = 1; // table rows of identities
inline constexpr table history_table = 2;
inline constexpr table due_table = 3;
inline constexpr table unfinished_table = 4;
inline constexpr table state_meta_table = 5;

std::vector<std::string> state_tables();

struct state_header {
  std::string node;
  std::uint32_t partitions = 0;

  bool operator==(const state_header&) const = default;
};

void write_state_header(write_transaction&, const state_header&);
/// Nothing in a new file. A failure when the header is damaged or of another version.
result<std::optional<state_header>> read_state_header(const environment&);

void write_checkpoint(write_transaction&, partition_number, std::uint64_t index);
/// 0 when none was written. A failure when it is damaged.
result<std::uint64_t> read_checkpoint(const environment&, partition_number);

/// Another node's stored state that took the place of what the partition had. `index` is where it
/// stands, and was the checkpoint then; rows of it may be of entries up to `reaches`. `said` is
/// whatever belongs to it, for whoever keeps the log.
struct state_stamp {
  std::uint64_t index = 0;
  std::uint64_t reaches = 0;
  blob said;

  bool operator==(const state_stamp&) const = default;
};

/// Stands in the file while a staged copy is put in place of a partition's rows, which are then of
/// neither: whoever opens the file finishes it.
struct installation {
  std::uint64_t copy = 0;
  std::uint32_t checksum = 0; // of the staged copy
  state_stamp stamp;
};

std::string stamp_key(partition_number);
std::string installing_key(partition_number);

void write_stamp(write_transaction&, partition_number, const state_stamp&);
void write_installation(write_transaction&, partition_number, const installation&);
/// Nothing when there is none. A failure when it is damaged.
result<std::optional<state_stamp>> read_stamp(const environment&, partition_number);
result<std::optional<installation>> read_installation(const environment&, partition_number);

/// A row as it is stored, behind its checksum.
struct stored_row {
  std::uint64_t index = 0;
  std::uint64_t history_end = 0; // number behind the last history row
  std::optional<moment> wake_at;
  bool unfinished = false;
  std::string_view bytes;
};

void write_stored_row(write_transaction&, std::string_view key, const stored_row&);
/// Nothing when it is damaged.
std::optional<stored_row> read_stored_row(std::string_view key, std::string_view value);
/// Makes the value one of a row with less history.
void cut_history(std::string_view key, std::string& value, std::uint64_t end);

} // namespace tenon::runtime::store
