// What is held, as a credential keeps it and hands it out: the token by itself, and beside it a
// small document that nobody else looks into.
#pragma once

#include "actors/integration/auth/method.hpp"

namespace tenon::actors::connectors {

/// {cookies, csrf, captured, integration}; "" when there is none of them. The last is by whose
/// connector the provider is told when the token is given up; "": it is not.
std::string to_text(const holding&, const std::string& told_by = {});

/// Into `into`; a text that is none of ours says nothing.
void read_held(std::string_view text, holding& into);
std::string read_told_by(std::string_view text);

} // namespace tenon::actors::connectors
