// What an integration remembers of its health, and what of that it shows.
#pragma once

#include "protocols/integration.hpp"
#include "protocols/value.hpp"

namespace tenon::actors::connectors::health {

/// The last appraisal; empty: there was none.
object health_of(const protocols::integration::state&);
bool health_holds(const protocols::integration::state&);

} // namespace tenon::actors::connectors::health
