// The parts of a manifest that say how to ask and what to take from the answer.
#pragma once

#include "actors/integration/manifest.hpp"

namespace tenon::actors::connectors {

stream compile_stream(const std::string& name, const value&, const std::string& where, problems&);

/// `get: /path` or `method` and `path`, with `query`, `headers` and `body`, from the fields of a
/// request or of a check.
request_pattern take_request(form&, const vocabulary&);

std::vector<std::pair<std::string, program>> compile_headers(const value*, const std::string& where,
                                                             const vocabulary&, problems&);

} // namespace tenon::actors::connectors
