// What the other side of an outlet has answered of the rows that were written there, such as what
// it calls them. It becomes known in the same event as how far the outlet has got, and is kept by
// row, until the row is gone there, or the outlet is.
#pragma once

#include "actors/collection.hpp"
#include "protocols/outlet.hpp"

#include <string_view>
#include <vector>

namespace tenon::actors::collections {

/// A JSON object; empty: nothing is known.
blob returned_of(const collection::state&, const protocols::collection::outlet&,
                 std::string_view key);

/// By all outlets that have a name.
std::vector<protocols::outlet_types::held> returned_by_all(const collection::state&,
                                                           std::string_view key);

void keep_returned(collection::state&, protocols::collection::outlet&,
                   const std::vector<protocols::outlet_types::returned>&);

/// The outlet is gone.
void forget_returned(collection::state&, const protocols::collection::outlet&);
/// It is called by another slot from now on.
void move_returned(collection::state&, const protocols::collection::outlet&, std::uint8_t to);

} // namespace tenon::actors::collections
