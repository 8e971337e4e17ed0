// CRC-32C (Castagnoli) over stored bytes, because LMDB 0.9 has no checksums of its own: by the
// processor's instruction where it has one (about 8 bytes in 3 cycles), by table elsewhere.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenon::runtime::store {

/// Of `bytes` behind bytes whose checksum is `before`, so that parts need not be joined.
std::uint32_t checksum(std::string_view bytes, std::uint32_t before = 0) noexcept;

} // namespace tenon::runtime::store
