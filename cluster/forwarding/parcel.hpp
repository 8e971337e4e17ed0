// What one node says to another about actors that live elsewhere (protocols/asking.capnp): from
// what this node knows of a message to words, and back. Pure; trusts nothing that it reads.
#pragma once

#include "cluster/link/frame.hpp"
#include "protocols/asking.hpp"
#include "protocols/identity.hpp"
#include "runtime/hosting/envelope.hpp"
#include "runtime/journal.hpp"

#include <memory>

namespace tenon::cluster::forwarding {

namespace words = protocols::asking_types; // words::ask, words::answer, words::parcel

using node_id = std::uint32_t; // 0: nobody
using runtime::partition_number;
using runtime::steady_point;

/// A parcel is closed when it has grown to this; more goes into the next one.
inline constexpr std::size_t parcel_bytes = 256u << 10;
/// The largest command, and the largest reply: what is larger fits into no frame.
inline constexpr std::size_t most_bytes = link::most_frame_bytes - (64u << 10);

/// Without number; what the asker's patience is at this moment.
words::ask in_words(partition_number, std::string to, const runtime::envelope&, steady_point now);
/// Without answer.
std::unique_ptr<runtime::envelope> envelope_of(words::ask&&, steady_point now);

/// A reply beyond most_bytes becomes `too_large`.
words::said in_words(result<blob>);
words::said in_words(const failure&);
/// Of what is not `moved`.
result<blob> result_of(words::said&&);

/// At least the bytes that it takes in a parcel.
std::size_t weight_of(const words::ask&);
std::size_t weight_of(const words::answer&);

} // namespace tenon::cluster::forwarding
