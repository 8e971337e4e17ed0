#include "runtime/store/journal_file.hpp"

#include "runtime/store/checked_value.hpp"
#include "runtime/store/storage_failure.hpp"

namespace tenon::runtime::store {
namespace {

// header   version 4 | first sequence 8 | partitions 4 | (term 8 | vote 8 | trimmed 8)… | node
// base N   index 8 | what was said of it
constexpr std::uint32_t version = 2;
constexpr std::uint32_t version_without_votes = 1; // read, and written as the newest
constexpr std::string_view header_key = "header";
constexpr std::size_t fixed_bytes = 16;
constexpr std::size_t log_bytes = 24;
constexpr std::size_t log_bytes_without_vote = 16;

std::string base_key(partition_number p) {
  return "base " + std::to_string(p);
}

} // namespace

std::vector<std::string> journal_tables() {
  return {"wal", "meta"};
}

void write_journal_header(write_transaction& to, const journal_header& header) {
  const auto size =
      checksum_bytes + fixed_bytes + header.logs.size() * log_bytes + header.node.size();
  char* const value = to.put(journal_meta_table, header_key, size);
  if (!value)
    return;
  char* at = write_number(value + checksum_bytes, version);
  at = write_number(at, header.first_sequence);
  at = write_number(at, static_cast<std::uint32_t>(header.logs.size()));
  for (const auto& log : header.logs) {
    at = write_number(at, log.ballot.term);
    at = write_number(at, log.ballot.vote);
    at = write_number(at, log.trimmed);
  }
  std::memcpy(at, header.node.data(), header.node.size());
  seal_value(header_key, value, size);
}

result<std::optional<journal_header>> read_journal_header(const environment& from) {
  const auto snapshot = from.read();
  const auto value = snapshot.find(journal_meta_table, header_key);
  if (!value) {
    if (snapshot.walk(wal_table).first())
      return damaged(from.file(), "header", "it is missing and the log is not empty");
    return std::optional<journal_header>{};
  }
  const auto content = unsealed(header_key, *value);
  if (!content || content->size() < fixed_bytes)
    return damaged(from.file(), "header", "its checksum is wrong");
  const auto found = read_number<std::uint32_t>(content->data());
  if (found != version && found != version_without_votes)
    return failure{code::conflict,
                   "the file has format " + std::to_string(found) + ", this program writes " +
                       std::to_string(version),
                   from.file().string(), "Open it with the version of tenon that wrote it."};
  journal_header header;
  header.first_sequence = read_number<std::uint64_t>(content->data() + 4);
  const auto count = read_number<std::uint32_t>(content->data() + 12);
  auto rest = content->substr(fixed_bytes);
  const bool votes = found == version;
  const auto each = votes ? log_bytes : log_bytes_without_vote;
  if (rest.size() / each < count)
    return damaged(from.file(), "header", "it is too short");
  for (std::uint32_t p = 0; p < count; ++p, rest.remove_prefix(each))
    header.logs.push_back({{read_number<std::uint64_t>(rest.data()),
                            votes ? read_number<std::uint64_t>(rest.data() + 8) : 0},
                           read_number<std::uint64_t>(rest.data() + each - 8)});
  header.node = rest;
  return std::optional{std::move(header)};
}

void write_log_base(write_transaction& to, partition_number p, const log_base& base) {
  const auto key = base_key(p);
  const auto size = checksum_bytes + sizeof base.index + base.said.size();
  char* const value = to.put(journal_meta_table, key, size);
  if (!value)
    return;
  char* const at = write_number(value + checksum_bytes, base.index);
  if (!base.said.empty())
    std::memcpy(at, base.said.data(), base.said.size());
  seal_value(key, value, size);
}

result<std::optional<log_base>> read_log_base(const environment& from, partition_number p) {
  const auto key = base_key(p);
  const auto snapshot = from.read();
  const auto value = snapshot.find(journal_meta_table, key);
  if (!value)
    return std::optional<log_base>{};
  const auto content = unsealed(key, *value);
  if (!content || content->size() < sizeof(std::uint64_t))
    return damaged(from.file(), key, "its checksum is wrong");
  return std::optional{log_base{read_number<std::uint64_t>(content->data()),
                                blob::copy_of(content->substr(sizeof(std::uint64_t)))}};
}

result<void>
each_row(const environment& from, std::uint64_t sequence,
         const std::function<result<void>(std::uint64_t, std::span<const stored_block>)>& each) {
  const auto snapshot = from.read();
  auto at = snapshot.walk(wal_table);
  for (bool more = at.first(); more; more = at.next(), ++sequence) {
    const auto place = "row " + std::to_string(sequence);
    if (at.key().size() != 8 || read_big(at.key()) != sequence)
      return damaged(from.file(), place, "it is missing");
    const auto blocks = read_row(sequence, at.value());
    if (!blocks)
      return damaged(from.file(), place, blocks.error().why + " at " + blocks.error().where);
    if (auto ok = each(sequence, *blocks); !ok)
      return ok;
  }
  return {};
}

} // namespace tenon::runtime::store
