// A request to a hook, from its arrival to its answer: challenge, verification, and the events it
// brings stored before it is acknowledged. An event that comes again changes nothing, but that the
// hook's trigger hears of it once more (actors/trigger.hpp).
#pragma once

#include "actors/integration/hooks/inbound.hpp"
#include "actors/integration/platform.hpp"

namespace tenon::actors::connectors {

enum class reception : std::uint8_t { challenged, stored, repeated, let_go };

struct received {
  hook_answer answer;
  reception how = reception::let_go;
};

/// The events go into the collection `<integration>_<hook>`. `not_found` when there is no such
/// hook; `unauthenticated` when the sender proves nothing; `unavailable` when it should send again.
runtime::task<result<received>> receive(platform&, identity integration, std::string hook, inbound);

} // namespace tenon::actors::connectors
