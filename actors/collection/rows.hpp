// How a collection keeps what is too much for memory: records by key, letters by number, and, once
// something is delivered from it, the keys in the order of their newest changes.
#pragma once

#include "protocols/codec.hpp"
#include "protocols/collection.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::actors::collections {

inline std::string row_key(std::string_view key) {
  return 'r' + std::string{key};
}

/// Big-endian, so that numbers sort as they count.
inline std::string numbered_key(char kind, std::uint64_t number) {
  std::string key{kind};
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>(number >> shift & 0xff);
  return key;
}

inline std::string letter_key(std::uint64_t number) {
  return numbered_key('l', number);
}

/// Its content is the record's key.
inline std::string change_key(std::uint64_t sequence) {
  return numbered_key('c', sequence);
}

inline std::uint64_t number_in(std::string_view key) {
  std::uint64_t number = 0;
  for (const char c : key.substr(1))
    number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

inline protocols::row_types::record read_row(const blob& bytes) {
  auto row = protocols::decode<protocols::row_types::record>(bytes);
  ensure(row.has_value(), "a stored record cannot be read");
  return *std::move(row);
}

constexpr std::size_t max_feeds = 256;

inline const protocols::collection::feed* find_feed(const protocols::collection::state& s,
                                                    std::string_view name) {
  const auto it = std::ranges::find(s.feeds, name, &protocols::collection::feed::name);
  return it == s.feeds.end() ? nullptr : &*it;
}

inline protocols::collection::feed& feed_of(protocols::collection::state& s,
                                            const std::string& name) {
  const auto it = std::ranges::find(s.feeds, name, &protocols::collection::feed::name);
  return it != s.feeds.end() ? *it
                             : s.feeds.emplace_back(protocols::collection::feed{.name = name});
}

/// Whether there is anything in it; a collection need not be configured.
inline bool is_there(const protocols::collection::state& s) {
  return s.record.exists || !s.feeds.empty() || !s.outlets.empty() ||
         s.live + s.tombstones + s.letters + s.drift.fields != 0;
}

/// Numbered among all changes, once somebody follows them. `was` is the row's number before.
template <class State> void put_change(State& s, const std::string& key,
                                       protocols::row_types::record row, std::uint64_t was) {
  if (was != 0)
    s.rows.erase(change_key(was));
  row.sequence = 0;
  if (!s.outlets.empty()) {
    row.sequence = ++s.sequence;
    s.rows.put(change_key(row.sequence), blob::copy_of(key));
  }
  s.rows.put(row_key(key), protocols::encode(row));
}

} // namespace tenon::actors::collections
