// A stored value with a checksum in front that covers key and value, so that a value found under
// another key than its own is damage too.
#pragma once

#include "runtime/store/bytes.hpp"
#include "runtime/store/checksum.hpp"
#include "runtime/store/environment.hpp"

#include <optional>
#include <string_view>

namespace tenon::runtime::store {

inline constexpr std::size_t checksum_bytes = 4;

/// Completes a value whose bytes behind the checksum are written.
inline void seal_value(std::string_view key, char* value, std::size_t size) noexcept {
  write_number(value, checksum({value + checksum_bytes, size - checksum_bytes}, checksum(key)));
}

/// What was sealed; nothing when it is not what was sealed.
inline std::optional<std::string_view> unsealed(std::string_view key,
                                                std::string_view value) noexcept {
  if (value.size() < checksum_bytes)
    return std::nullopt;
  const auto content = value.substr(checksum_bytes);
  if (read_number<std::uint32_t>(value.data()) != checksum(content, checksum(key)))
    return std::nullopt;
  return content;
}

inline void put_sealed(write_transaction& to, table t, std::string_view key,
                       std::string_view content) {
  if (char* value = to.put(t, key, checksum_bytes + content.size())) {
    if (!content.empty())
      std::memcpy(value + checksum_bytes, content.data(), content.size());
    seal_value(key, value, checksum_bytes + content.size());
  }
}

} // namespace tenon::runtime::store
