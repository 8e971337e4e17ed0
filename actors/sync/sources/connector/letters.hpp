// Letters about records of platforms, with what an expression of their connector could name beside
// the record: they are read again without asking anybody.
#pragma once

#include "actors/integration/decode/decoder.hpp"
#include "actors/sync/letters.hpp"

#include <optional>
#include <utility>

namespace tenon::actors::connectors {

/// `changes`: it came by the stream's way of reading on from a token.
protocols::letter_types::kept letter_of(malformed_record, std::uint64_t page, bool changes);

/// The record that a letter holds, and whether it came by the way on from a token.
std::optional<std::pair<malformed_record, bool>> record_of(const protocols::letter_types::kept&);

} // namespace tenon::actors::connectors
