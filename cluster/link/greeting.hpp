// What is agreed on when two nodes connect, decided from both hellos.
#pragma once

#include "cluster/link/frame.hpp"
#include "protocols/link.hpp"

#include <optional>

namespace tenon::cluster::link {

using hello = protocols::link::hello;
using channel = protocols::link::channel;

inline constexpr std::uint16_t oldest_version = 1;
inline constexpr std::uint16_t newest_version = 1;

struct agreement {
  std::uint16_t version = 0;
  std::uint64_t epoch = 0;
};

/// `certified_node` is what the peer's certificate says; nothing when there is none because TLS is
/// off. `forbidden` and `unauthenticated` where the hello says something else, `conflict` when no
/// version is spoken by both or it is ourselves who answers.
result<agreement> agree(const hello& ours, const hello& theirs,
                        const std::optional<std::string>& certified_node);

/// The first frame of a peer: its hello, or why it refuses ours.
result<hello> read_greeting(const frame&);

/// A frame, ready to be written.
std::string to_frame(const hello&, checking);
std::string to_frame(const failure& refusal, checking);

} // namespace tenon::cluster::link
