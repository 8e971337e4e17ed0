#include "runtime/store/state_copy.hpp"

#include "protocols/ensure.hpp"
#include "runtime/store/checked_value.hpp"
#include "runtime/store/storage_failure.hpp"

namespace tenon::runtime::store {
namespace {

std::optional<std::string> stored_stamp(const read_transaction& from, partition_number p) {
  const auto found = from.find(state_meta_table, stamp_key(p));
  return found ? std::optional{std::string{*found}} : std::nullopt;
}

} // namespace

state_copy::state_copy(const local_state& s, const journal& j, partition_number p,
                       std::uint64_t copy, std::size_t chunk_bytes)
    : state_{&s}, journal_{&j}, partition_{p}, stamp_{stored_stamp(s.file().read(), p)},
      index_{s.checkpointed(p)}, writer_{copy, chunk_bytes} {
  writer_.begin(p, index_);
}

result<copy_chunk> state_copy::next() {
  must(step_ != step::done || writer_.full(), "a copy is read on behind its end");
  if (!writer_.full()) {
    const auto snapshot = state_->file().read();
    if (auto same = check_same(snapshot); !same)
      return std::move(same).error();
    while (!writer_.full())
      if (auto ok = advance(snapshot); !ok)
        return std::move(ok).error();
  }
  return writer_.take();
}

result<void> state_copy::check_same(const read_transaction& snapshot) const {
  if (snapshot.find(state_meta_table, installing_key(partition_)) ||
      stored_stamp(snapshot, partition_) != stamp_)
    return failure{code::unavailable,
                   "the stored state of partition " + std::to_string(partition_) +
                       " is itself replaced by another node's",
                   state_->file().file().string(), "Begin another copy in a moment.", span{1'000}};
  return {};
}

failure state_copy::damaged_row(std::string_view of) const {
  const auto id = identity_of(row_key_);
  return damaged(state_->file().file(),
                 std::string{of} + " of " + (id ? to_string(*id) : std::string{"nobody"}),
                 "its checksum is wrong");
}

result<void> state_copy::advance(const read_transaction& snapshot) {
  switch (step_) {
  case step::find_row:
    return find_row(snapshot);
  case step::history:
    return copy_history(snapshot);
  case step::table:
    return copy_table(snapshot);
  case step::put_row:
    writer_.put(copy_part::row, row_key_, row_value_);
    step_ = step::find_row;
    return {};
  case step::done:
    break;
  }
  return {};
}

result<void> state_copy::find_row(const read_transaction& snapshot) {
  const state_key prefix{partition_};
  auto at = snapshot.walk(row_table);
  bool more = at.seek(row_key_.empty() ? prefix.view() : std::string_view{row_key_});
  if (more && at.key() == row_key_)
    more = at.next();
  if (!more || !at.key().starts_with(prefix.view())) {
    // Of now, and so at least of every transaction before.
    writer_.end(journal_->durable(partition_));
    step_ = step::done;
    return {};
  }
  row_key_ = at.key();
  row_value_ = at.value();
  const auto row = read_stored_row(row_key_, row_value_);
  if (!row || !identity_of(row_key_))
    return damaged_row("row");
  history_end_ = row->history_end;
  next_history_ = 0;
  last_table_key_.clear();
  step_ = step::history;
  return {};
}

result<void> state_copy::copy_history(const read_transaction& snapshot) {
  auto at = snapshot.walk(history_table);
  const auto key = [this] {
    return row_key_ + std::string{std::string_view{number_key{next_history_}}};
  };
  bool more = next_history_ < history_end_ && at.seek(key());
  for (; next_history_ < history_end_ && !writer_.full(); more = at.next(), ++next_history_) {
    if (!more || at.key() != key()) {
      // Erased since the row was read: replay comes to that, until then the rest is not missed.
      history_end_ = next_history_;
      cut_history(row_key_, row_value_, history_end_);
      break;
    }
    if (!unsealed(at.key(), at.value()))
      return damaged_row("history");
    writer_.put(copy_part::history, at.key(), at.value());
  }
  if (next_history_ == history_end_)
    step_ = step::table;
  return {};
}

result<void> state_copy::copy_table(const read_transaction& snapshot) {
  auto at = snapshot.walk(rows_table);
  bool more = at.seek(last_table_key_.empty() ? row_key_ : last_table_key_);
  if (more && at.key() == last_table_key_)
    more = at.next();
  for (; more && at.key().starts_with(row_key_); more = at.next()) {
    if (writer_.full())
      return {};
    if (!unsealed(at.key(), at.value()))
      return damaged_row("table");
    writer_.put(copy_part::table, at.key(), at.value());
    last_table_key_ = at.key();
  }
  step_ = step::put_row;
  return {};
}

} // namespace tenon::runtime::store
