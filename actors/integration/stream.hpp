// The parts of a manifest that say how to ask and what to take from the answer.
#pragma once

#include "actors/integration/manifest.hpp"

namespace tenon::actors::connectors {

/// What the answers are written in, where the records are, and how pages follow: `decode`,
/// `unpack`, `records`, `page`. The request is known already.
void take_answer(form&, stream&);

stream compile_stream(const std::string& name, const value&, const std::string& where, const jobs&,
                      problems&);

} // namespace tenon::actors::connectors
