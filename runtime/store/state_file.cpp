#include "runtime/store/state_file.hpp"

#include "runtime/store/checked_value.hpp"
#include "runtime/store/storage_failure.hpp"

namespace tenon::runtime::store {
namespace {

// header   version 4 | partitions 4 | node
// row      index 8 | history end 8 | moment 8 | flags 1 | bytes
constexpr std::uint32_t version = 1;
constexpr std::string_view header_key = "header";
constexpr std::size_t row_fixed_bytes = 25;
constexpr std::uint8_t has_moment = 1;
constexpr std::uint8_t is_unfinished = 2;

std::string checkpoint_key(partition_number p) {
  return "checkpoint" + std::string{state_key{p}.view()};
}

} // namespace

std::vector<std::string> state_tables() {
  return {"row", "table", "history", "due", "unfinished", "meta"};
}

void write_state_header(write_transaction& to, const state_header& header) {
  std::string content(8, '\0');
  write_number(write_number(content.data(), version), header.partitions);
  put_sealed(to, state_meta_table, header_key, content + header.node);
}

result<std::optional<state_header>> read_state_header(const environment& from) {
  const auto snapshot = from.read();
  const auto value = snapshot.find(state_meta_table, header_key);
  if (!value) {
    if (snapshot.walk(row_table).first())
      return damaged(from.file(), "header", "it is missing and there are rows");
    return std::optional<state_header>{};
  }
  const auto content = unsealed(header_key, *value);
  if (!content || content->size() < 8)
    return damaged(from.file(), "header", "its checksum is wrong");
  const auto found = read_number<std::uint32_t>(content->data());
  if (found != version)
    return failure{code::conflict,
                   "the file has format " + std::to_string(found) + ", this program writes " +
                       std::to_string(version),
                   from.file().string(), "Open it with the version of tenon that wrote it."};
  return std::optional{state_header{std::string{content->substr(8)},
                                    read_number<std::uint32_t>(content->data() + 4)}};
}

void write_checkpoint(write_transaction& to, partition_number p, std::uint64_t index) {
  char content[8];
  write_number(content, index);
  put_sealed(to, state_meta_table, checkpoint_key(p), {content, sizeof content});
}

result<std::uint64_t> read_checkpoint(const environment& from, partition_number p) {
  const auto key = checkpoint_key(p);
  const auto snapshot = from.read();
  const auto value = snapshot.find(state_meta_table, key);
  if (!value)
    return std::uint64_t{0};
  const auto content = unsealed(key, *value);
  if (!content || content->size() != 8)
    return damaged(from.file(), "checkpoint of partition " + std::to_string(p),
                   "its checksum is wrong");
  return read_number<std::uint64_t>(content->data());
}

void write_stored_row(write_transaction& to, std::string_view key, const stored_row& row) {
  const auto size = checksum_bytes + row_fixed_bytes + row.bytes.size();
  char* const value = to.put(row_table, key, size);
  if (!value)
    return;
  char* at = write_number(value + checksum_bytes, row.index);
  at = write_number(at, row.history_end);
  at = write_number(at, row.wake_at ? row.wake_at->time_since_epoch().count() : std::int64_t{0});
  at = write_number(at, static_cast<std::uint8_t>((row.wake_at ? has_moment : 0) |
                                                  (row.unfinished ? is_unfinished : 0)));
  if (!row.bytes.empty())
    std::memcpy(at, row.bytes.data(), row.bytes.size());
  seal_value(key, value, size);
}

std::optional<stored_row> read_stored_row(std::string_view key, std::string_view value) {
  const auto content = unsealed(key, value);
  if (!content || content->size() < row_fixed_bytes)
    return std::nullopt;
  const char* const at = content->data();
  stored_row row{read_number<std::uint64_t>(at), read_number<std::uint64_t>(at + 8), std::nullopt,
                 false, content->substr(row_fixed_bytes)};
  const auto flags = read_number<std::uint8_t>(at + 24);
  if ((flags & has_moment) != 0)
    row.wake_at = moment{span{read_number<std::int64_t>(at + 16)}};
  row.unfinished = (flags & is_unfinished) != 0;
  return row;
}

} // namespace tenon::runtime::store
