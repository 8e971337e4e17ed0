// One page of messages. Where it ends, and what is acknowledged before it, is decided by what the
// last page's position says (mqtt/deliveries.hpp).
#pragma once

#include "actors/sync/sources/mqtt/session.hpp"

namespace tenon::actors::mqtt {

/// The topics that the cursor was written with.
result<std::vector<std::string>> read_cursor(const std::string&);

/// A record, or a letter. `delivered_as` is the key that the delivery gives it.
void take_message(const source_options&, const message&, const std::string& delivered_as,
                  entries& into);
/// The message that a letter holds.
result<source_page> read_again(const source_options&, const protocols::letter_types::kept&);

/// Why no more was waited for.
enum class ended : std::uint8_t { full, quiet, late };

/// What the page after this place is to say, when so much was found.
struct turn {
  place after;
  bool last = false;
};
turn turn_after(const place& before, std::vector<given> found, ended);

result<source_page> read_page(session&, const source_options&, const page_request&);

} // namespace tenon::actors::mqtt
