// Records written as a platform sends them where it does not send JSON.
#pragma once

#include "actors/integration/decode/decoder.hpp"
#include "protocols/value.hpp"

namespace tenon::actors::connectors {

/// The body and its media type.
struct encoded {
  std::string body;
  std::string_view type;
};

encoded encode_records(const decoder&, const list&);

/// As gzip; nothing is made smaller, which no reader notices.
std::string packed(std::string_view);

} // namespace tenon::actors::connectors
