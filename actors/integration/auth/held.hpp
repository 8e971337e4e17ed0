// What is held, as a credential keeps it and hands it out: the token by itself, and beside it a
// small document that nobody else looks into.
#pragma once

#include "actors/integration/auth/method.hpp"

namespace tenon::actors::connectors {

/// {cookies, csrf, captured}; "" when there is none of them.
std::string to_text(const holding&);

/// Into `into`; a text that is none of ours says nothing.
void read_held(std::string_view text, holding& into);

} // namespace tenon::actors::connectors
