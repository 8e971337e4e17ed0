// Reading "a=1&b=2%20c": what forms and queries say.
#pragma once

#include "actors/integration/web/url.hpp"

namespace tenon::actors::connectors {

/// In their order; a pair that cannot be decoded stays as it is written.
parameters read_form(std::string_view text);

} // namespace tenon::actors::connectors
