// What is said at the door, as both sides write it: a line that tells a visitor from a node, then
// the authority's certificate, which is no secret, then TLS, and in it one message each way.
#pragma once

#include "cluster/link/wire.hpp"
#include "protocols/blob.hpp"
#include "protocols/council.hpp"

#include <functional>
#include <memory>

namespace tenon::nodes::cluster {

inline constexpr std::string_view greeting_at_the_door = "tenon door 1\n";
inline constexpr std::size_t most_certificate_bytes = 64u << 10;
inline constexpr std::size_t most_letter_bytes = 16u << 20; // a state of the largest cluster: 2 MB
inline constexpr std::size_t most_knock_bytes = 64u << 10;
inline constexpr span patience_at_the_door = std::chrono::seconds{15};

using shared_wire = std::shared_ptr<tenon::cluster::link::wire>;

/// Four bytes of length, the lowest first, then what is said.
std::string with_length(std::string_view said);
/// `too_large` beyond so many.
result<std::size_t> length_of(std::string_view four_bytes, std::size_t most);

void write_letter(const shared_wire&, const blob&, std::function<void(result<void>)>);
void read_letter(const shared_wire&, std::size_t most, std::function<void(result<blob>)>);

protocols::council::refusal refusal_of(const failure&);
failure failure_of(const protocols::council::refusal&);

} // namespace tenon::nodes::cluster
