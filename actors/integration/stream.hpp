// The parts of a manifest that say how to ask and what to take from the answer.
#pragma once

#include "actors/integration/manifest.hpp"

namespace tenon::actors::connectors {

stream compile_stream(const std::string& name, const value&, const std::string& where, problems&);

} // namespace tenon::actors::connectors
