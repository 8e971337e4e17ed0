// Headers as expressions name them: X-Hook-Id is header.x_hook_id.
#pragma once

#include "actors/integration/web/message.hpp"
#include "protocols/value.hpp"

#include <string>
#include <string_view>

namespace tenon::actors::connectors {

std::string header_word(std::string_view header);
/// Of several of one name, the last.
value header_words(const headers&);

} // namespace tenon::actors::connectors
