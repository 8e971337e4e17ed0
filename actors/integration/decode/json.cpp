// JSON as it is.
#include "actors/integration/decode/decoder.hpp"

namespace tenon::actors::connectors {

const decoder json_decoder{"json", "application/json",
                           [](const blob& body) -> result<decoded> { return decoded{body}; }};

} // namespace tenon::actors::connectors
