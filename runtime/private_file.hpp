// Small files that only their owner may read: keys, and what is worth as much.
#pragma once

#include "protocols/failure.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace tenon::runtime {

/// Under its name only when it is whole, and then durable. A link in its place is replaced, never
/// followed.
result<void> write_private_file(const std::filesystem::path&, std::string_view text);

/// `not_found` when it is not there, then with the remedy that the caller knows; `forbidden` when
/// others than its owner may use it; `too_large` beyond so many bytes.
result<std::string> read_private_file(const std::filesystem::path&, std::size_t most_bytes,
                                      const std::string& remedy);

} // namespace tenon::runtime
