// What the vendor adds to every row it serves: when it last changed, its place in the order of all
// changes, and whether it is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::tests::paged_api {

/// "2024-05-01T09:30:00.250Z".
void write_time(std::int64_t ms, std::string& onto);

/// RFC 3339 in UTC ("Z" or "+00:00", any number of decimals) or milliseconds since the epoch.
std::optional<std::int64_t> read_time(std::string_view text);

/// `,"updated_at":"…","seq":7,"deleted":false`
void write_stamps(std::int64_t updated_at, std::int64_t seq, bool deleted, std::string& onto);

/// The size of that for a row that is not deleted.
std::size_t stamps_bytes(std::int64_t seq);

} // namespace tenon::tests::paged_api
