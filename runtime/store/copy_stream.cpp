#include "runtime/store/copy_stream.hpp"

#include "protocols/codec.hpp"
#include "protocols/ensure.hpp"
#include "runtime/store/checked_value.hpp"

#include <algorithm>

namespace tenon::runtime::store {
namespace {

// record  part 1 | bytes of key 2 | bytes of value 4 | key | value
// head    version 4 | partition 2 | index 8
// end     records 8 | reaches 8
constexpr std::uint32_t version = 1;
constexpr std::size_t record_head_bytes = 7;
constexpr std::size_t head_bytes = 14;
constexpr std::size_t end_bytes = 16;
/// A row is an actor's message and a little around it.
constexpr std::size_t most_value_bytes = protocols::max_message_bytes + (std::size_t{1} << 20);
/// What was taken is dropped from the buffer's front when it is so much.
constexpr std::size_t worth_moving = std::size_t{4} << 20;

failure unsound(std::string why) {
  return {code::malformed, std::move(why), "state copy",
          "Report this: what the other node sent is not what it stores."};
}

} // namespace

std::uint32_t checksum_of(const copy_chunk& c) {
  char front[13];
  char* at = write_number(front, c.copy);
  at = write_number(at, c.number);
  write_number(at, static_cast<std::uint8_t>(c.last));
  return checksum(c.bytes.view(), checksum({front, sizeof front}));
}

void copy_stream_writer::add(copy_part part, std::string_view key, std::string_view value) {
  char front[record_head_bytes];
  char* at = write_number(front, static_cast<std::uint8_t>(part));
  at = write_number(at, static_cast<std::uint16_t>(key.size()));
  write_number(at, static_cast<std::uint32_t>(value.size()));
  buffer_.append(front, sizeof front).append(key).append(value);
}

void copy_stream_writer::begin(partition_number p, std::uint64_t index) {
  totals_.partition = p;
  totals_.index = index;
  char value[head_bytes];
  write_number(write_number(write_number(value, version), p), index);
  add(copy_part::head, {}, {value, sizeof value});
}

void copy_stream_writer::put(copy_part part, std::string_view key, std::string_view value) {
  ++totals_.records;
  add(part, key, value);
}

void copy_stream_writer::end(std::uint64_t reaches) {
  char value[end_bytes];
  write_number(write_number(value, totals_.records), reaches);
  add(copy_part::end, {}, {value, sizeof value});
  ended_ = true;
}

copy_chunk copy_stream_writer::take() {
  const auto size = std::min(waiting(), chunk_bytes_);
  copy_chunk made{.copy = copy_, .number = number_++, .last = ended_ && size == waiting()};
  made.bytes = blob::copy_of(std::string_view{buffer_}.substr(taken_, size));
  made.checksum = checksum_of(made);
  taken_ += size;
  if (taken_ == buffer_.size() || taken_ >= worth_moving) {
    buffer_.erase(0, taken_);
    taken_ = 0;
  }
  return made;
}

result<void> copy_stream_reader::take(std::string_view bytes, const visit& each) {
  rest_ += bytes;
  std::string_view left{rest_};
  while (left.size() >= record_head_bytes) {
    const auto part = read_number<std::uint8_t>(left.data());
    const std::size_t key = read_number<std::uint16_t>(left.data() + 1);
    const std::size_t value = read_number<std::uint32_t>(left.data() + 3);
    if (part > static_cast<std::uint8_t>(copy_part::end) || key > max_key_bytes ||
        value > most_value_bytes)
      return unsound("a record is none that this program knows");
    if (left.size() < record_head_bytes + key + value)
      break;
    const copy_record record{copy_part{part}, left.substr(record_head_bytes, key),
                             left.substr(record_head_bytes + key, value)};
    if (auto ok = judge(record); !ok)
      return ok;
    if (record.part != copy_part::head && record.part != copy_part::end)
      each(record);
    left.remove_prefix(record_head_bytes + key + value);
  }
  rest_.erase(0, rest_.size() - left.size());
  if (ended_ && !rest_.empty())
    return unsound("there are bytes behind its end");
  return {};
}

result<void> copy_stream_reader::judge(const copy_record& record) {
  if (ended_)
    return unsound("there are records behind its end");
  if ((record.part == copy_part::head) == begun_)
    return unsound(begun_ ? "it begins twice" : "it does not begin with its head");
  if (record.part == copy_part::head)
    return judge_head(record);
  if (record.part != copy_part::end)
    return judge_stored(record);
  if (record.value.size() != end_bytes)
    return unsound("its end has another size");
  if (!owner_.empty())
    return unsound("table or history rows are without their row");
  if (const auto said = read_number<std::uint64_t>(record.value.data()); said != totals_.records)
    return unsound("it has " + std::to_string(totals_.records) + " records instead of " +
                   std::to_string(said));
  totals_.reaches = read_number<std::uint64_t>(record.value.data() + 8);
  if (totals_.reaches < totals_.index)
    return unsound("it reaches less far than it stands");
  ended_ = true;
  return {};
}

result<void> copy_stream_reader::judge_head(const copy_record& record) {
  if (record.value.size() != head_bytes)
    return unsound("its head has another size");
  if (const auto found = read_number<std::uint32_t>(record.value.data()); found != version)
    return unsound("it has format " + std::to_string(found) + ", this program reads " +
                   std::to_string(version));
  totals_.partition = read_number<partition_number>(record.value.data() + 4);
  totals_.index = read_number<std::uint64_t>(record.value.data() + 6);
  begun_ = true;
  return {};
}

/// Rows come in the order of their keys, each behind its table and history.
result<void> copy_stream_reader::judge_stored(const copy_record& record) {
  ++totals_.records;
  const auto owner = row_key_of(record.key);
  const auto id = identity_of(owner);
  if (!id || !check(*id) || !record.key.starts_with(state_key{totals_.partition}.view()))
    return unsound("a key is not of an identity of the partition");
  if (!unsealed(record.key, record.value))
    return unsound("a checksum of " + to_string(*id) + " is wrong");
  if (owner <= std::string_view{last_row_} || (!owner_.empty() && owner != owner_))
    return unsound("rows of " + to_string(*id) + " are out of order");
  owner_ = owner;
  const auto more = record.key.size() - owner.size();
  if (record.part == copy_part::row) {
    if (more != 0 || !read_stored_row(record.key, record.value))
      return unsound("the row of " + to_string(*id) + " cannot be read");
    last_row_ = std::exchange(owner_, {});
  } else if (more == 0 || (record.part == copy_part::history && more != 8)) {
    return unsound("a table or history row of " + to_string(*id) + " has no key");
  }
  return {};
}

} // namespace tenon::runtime::store
