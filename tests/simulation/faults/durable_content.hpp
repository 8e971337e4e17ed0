// What the writer that is killed writes, so that whoever looks afterwards knows what to find.
#pragma once

#include "protocols/identity.hpp"

#include <cstdint>
#include <string>

namespace tenon::tests::faults {

inline constexpr std::uint16_t content_partitions = 4;

/// The bytes of this entry: of differing lengths, a few larger than a page.
inline std::string content_of(std::uint16_t partition, std::uint64_t index) {
  auto text = std::to_string(partition) + '/' + std::to_string(index) + ' ';
  const auto size = index % 37 == 0 ? 9000 : 20 + index * 7919 % 400;
  while (text.size() < size)
    text += static_cast<char>('a' + (text.size() + index) % 26);
  return text;
}

/// The cell this entry belongs to.
inline identity owner_of(std::uint64_t index) {
  return {"acme", "sync", "n" + std::to_string(index % 10)};
}

} // namespace tenon::tests::faults
