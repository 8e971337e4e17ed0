// A copy of one partition's stored state, read for another node while everything goes on.
//
// It is read in many short transactions, one a chunk, and none is open between two calls: a
// snapshot that waited for a network would pin pages, and the file would grow as fast as cells are
// saved. What is read at different moments still makes one state, for the same reason as after a
// crash: the rows stand at different indices anyway, and whoever replays skips what a row has.
//
//   - The checkpoint is looked up first. Every entry up to it is in every later transaction.
//   - An identity's row is read before its table and history. What changes among those while they
//     are read is of entries behind the row's index, and replay puts it again: a table's changes
//     say what there is and not what to add, and history beyond the row's count is not read.
//   - An identity that was erased meanwhile has an entry behind the checkpoint that says so: its
//     row is copied without what is gone, or not at all, and replay erases it again.
//   - Nothing is stored before it is confirmed, so all that is in here is in every later owner's
//     log, and comes to the receiver if it is not there yet. Until its log has come as far as
//     `reaches`, its rows are of different moments, and no cell may run on them.
#pragma once

#include "runtime/store/copy_stream.hpp"
#include "runtime/store/local_state.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tenon::runtime::store {

class state_copy {
public:
  /// Both must outlive it. `copy` is a number that no other copy has.
  state_copy(const local_state&, const journal&, partition_number, std::uint64_t copy,
             std::size_t chunk_bytes = most_chunk_bytes);

  /// Where it stands: what the receiver's log begins behind.
  std::uint64_t index() const { return index_; }

  /// The next chunk; not called behind the last one. A failure ends the copy: the stored state is
  /// damaged, or was itself replaced meanwhile.
  result<copy_chunk> next();

private:
  enum class step : std::uint8_t { find_row, history, table, put_row, done };

  result<void> check_same(const read_transaction&) const;
  result<void> advance(const read_transaction&);
  result<void> find_row(const read_transaction&);
  result<void> copy_history(const read_transaction&);
  result<void> copy_table(const read_transaction&);
  failure damaged_row(std::string_view of) const;

  const local_state* state_;
  const journal* journal_;
  partition_number partition_;
  std::optional<std::string> stamp_; // as it was stored before the index was looked up
  std::uint64_t index_;
  copy_stream_writer writer_;

  step step_ = step::find_row;
  std::string row_key_;   // of the identity that is being copied, or was the last
  std::string row_value_; // as it is stored
  std::uint64_t history_end_ = 0;
  std::uint64_t next_history_ = 0;
  std::string last_table_key_; // whole; empty: none yet
};

} // namespace tenon::runtime::store
