#include "runtime/store/state_key.hpp"

#include "protocols/ensure.hpp"
#include "runtime/store/bytes.hpp"

#include <algorithm>

namespace tenon::runtime::store {
namespace {

constexpr std::size_t partition_bytes = 2;
constexpr std::size_t moment_bytes = 8;

/// Turns the sign over, so that moments sort as unsigned numbers do.
std::uint64_t sortable(moment m) {
  return static_cast<std::uint64_t>(m.time_since_epoch().count()) ^ (std::uint64_t{1} << 63);
}

partition_number partition_of(std::string_view key) {
  return static_cast<partition_number>(static_cast<unsigned char>(key[0]) << 8 |
                                       static_cast<unsigned char>(key[1]));
}

} // namespace

state_key::state_key(partition_number p) {
  bytes_[size_++] = static_cast<char>(p >> 8);
  bytes_[size_++] = static_cast<char>(p & 0xff);
}

state_key::state_key(partition_number p, std::string_view tenant, std::string_view kind)
    : state_key{p} {
  add_ended(tenant);
  add_ended(kind);
}

state_key::state_key(partition_number p, const identity& id) : state_key{p, id.tenant, id.kind} {
  add_ended(id.name);
}

void state_key::add(std::string_view part) {
  must(part.size() <= sizeof bytes_ - size_, "a key is longer than the longest identity's");
  if (!part.empty())
    std::memcpy(bytes_ + size_, part.data(), part.size());
  size_ += part.size();
}

void state_key::add_ended(std::string_view part) {
  add(part);
  add({"\0", 1});
}

state_key state_key::with(std::string_view more) const {
  auto key = *this;
  key.add(more);
  return key;
}

state_key state_key::with(std::uint64_t number) const {
  return with(number_key{number});
}

state_key due_key(moment m, std::string_view row_key) {
  return state_key{partition_of(row_key)}.with(sortable(m)).with(row_key.substr(partition_bytes));
}

state_key due_end(partition_number p, moment m) {
  return state_key{p}.with(sortable(m)).with("\xff");
}

moment moment_of(std::string_view key) {
  const auto number = read_big(key.substr(partition_bytes, moment_bytes));
  return moment{span{static_cast<std::int64_t>(number ^ (std::uint64_t{1} << 63))}};
}

std::string row_key_of_due(std::string_view key) {
  std::string row{key.substr(0, partition_bytes)};
  row += key.substr(partition_bytes + moment_bytes);
  return row;
}

std::string_view row_key_of(std::string_view key) {
  std::size_t end = partition_bytes;
  for (int part = 0; part < 3; ++part) {
    const auto zero = key.find('\0', std::min(end, key.size()));
    if (zero == key.npos)
      return {};
    end = zero + 1;
  }
  return key.substr(0, end);
}

std::optional<identity> identity_of(std::string_view key) {
  if (key.size() < partition_bytes)
    return std::nullopt;
  key.remove_prefix(partition_bytes);
  identity id;
  for (auto* part : {&id.tenant, &id.kind, &id.name}) {
    const auto end = key.find('\0');
    if (end == key.npos)
      return std::nullopt;
    *part = key.substr(0, end);
    key.remove_prefix(end + 1);
  }
  if (!key.empty())
    return std::nullopt;
  return id;
}

} // namespace tenon::runtime::store
