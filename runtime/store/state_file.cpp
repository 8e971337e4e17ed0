#include "runtime/store/state_file.hpp"

#include "runtime/store/checked_value.hpp"
#include "runtime/store/storage_failure.hpp"

namespace tenon::runtime::store {
namespace {

// header      version 4 | partitions 4 | node
// row         index 8 | history end 8 | moment 8 | flags 1 | bytes
constexpr std::uint32_t version = 1;
constexpr std::string_view header_key = "header";
// stamp       index 8 | reaches 8 | said
// installing  copy 8 | checksum 4 | a stamp
constexpr std::size_t row_fixed_bytes = 25;
constexpr std::size_t history_end_at = 8;
constexpr std::size_t stamp_fixed_bytes = 16;
constexpr std::size_t installation_fixed_bytes = 12;
constexpr std::uint8_t has_moment = 1;
constexpr std::uint8_t is_unfinished = 2;

std::string checkpoint_key(partition_number p) {
  return "checkpoint" + std::string{state_key{p}.view()};
}

std::string content_of(const state_stamp& s) {
  std::string content(stamp_fixed_bytes, '\0');
  write_number(write_number(content.data(), s.index), s.reaches);
  return content.append(s.said.view());
}

state_stamp stamp_from(std::string_view content) {
  return {read_number<std::uint64_t>(content.data()),
          read_number<std::uint64_t>(content.data() + 8),
          blob::copy_of(content.substr(stamp_fixed_bytes))};
}

/// The content under a key of the partition: nothing when there is none.
result<std::optional<std::string>> read_content(const environment& from, const std::string& key,
                                                std::size_t least, std::string_view what,
                                                partition_number p) {
  const auto snapshot = from.read();
  const auto value = snapshot.find(state_meta_table, key);
  if (!value)
    return std::optional<std::string>{};
  const auto content = unsealed(key, *value);
  if (!content || content->size() < least)
    return damaged(from.file(), std::string{what} + " of partition " + std::to_string(p),
                   "its checksum is wrong");
  return std::optional{std::string{*content}};
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
  const auto content = read_content(from, checkpoint_key(p), 8, "checkpoint", p);
  if (!content)
    return content.error();
  return *content ? read_number<std::uint64_t>((*content)->data()) : 0;
}

std::string stamp_key(partition_number p) {
  return "stamp" + std::string{state_key{p}.view()};
}

std::string installing_key(partition_number p) {
  return "installing" + std::string{state_key{p}.view()};
}

void write_stamp(write_transaction& to, partition_number p, const state_stamp& s) {
  put_sealed(to, state_meta_table, stamp_key(p), content_of(s));
}

void write_installation(write_transaction& to, partition_number p, const installation& i) {
  std::string content(installation_fixed_bytes, '\0');
  write_number(write_number(content.data(), i.copy), i.checksum);
  put_sealed(to, state_meta_table, installing_key(p), content + content_of(i.stamp));
}

result<std::optional<state_stamp>> read_stamp(const environment& from, partition_number p) {
  const auto content = read_content(from, stamp_key(p), stamp_fixed_bytes, "stamp", p);
  if (!content)
    return content.error();
  return *content ? std::optional{stamp_from(**content)} : std::nullopt;
}

result<std::optional<installation>> read_installation(const environment& from, partition_number p) {
  const auto content =
      read_content(from, installing_key(p), installation_fixed_bytes + stamp_fixed_bytes,
                   "mark of the installation", p);
  if (!content)
    return content.error();
  if (!*content)
    return std::optional<installation>{};
  const std::string_view bytes{**content};
  return std::optional{installation{read_number<std::uint64_t>(bytes.data()),
                                    read_number<std::uint32_t>(bytes.data() + 8),
                                    stamp_from(bytes.substr(installation_fixed_bytes))}};
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

void cut_history(std::string_view key, std::string& value, std::uint64_t end) {
  write_number(value.data() + checksum_bytes + history_end_at, end);
  seal_value(key, value.data(), value.size());
}

} // namespace tenon::runtime::store
