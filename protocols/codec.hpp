// Values to bytes and back, for every type that the schemas in this folder declare. Bytes are a
// flat Cap'n Proto message whose root is the type's struct: equal values give equal bytes, and
// bytes written by an older schema decode with the newer fields at their defaults.
//
// Decoding trusts nothing: whatever the bytes, the answer is a value or `malformed`, within a small
// multiple of their size in time and memory. Data fields share the allocation they came in.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"

#include <cstddef>

namespace tenon::protocols {

/// The largest message, on the wire and in the journal.
inline constexpr std::size_t max_message_bytes = 64u << 20;

/// Specialised for each generated type. A value beyond max_message_bytes is a bug of whoever built
/// it without a bound, and ends as one (`ensure`).
template <class T> blob encode(const T&);
template <class T> result<T> decode(const blob&);

} // namespace tenon::protocols
