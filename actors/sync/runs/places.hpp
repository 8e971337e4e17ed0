// Where the newest run stood before each of its pages, so that a later one can go on from there: a
// bounded number of places, evenly thinned, the first always among them. Pure.
#pragma once

#include "protocols/sync.hpp"

namespace tenon::actors {

void begin_places(protocols::sync::state&);
/// The page is in the run's account already.
void note_place(protocols::sync::state&, const protocols::sync::moved&);
/// Null when it is not kept.
const protocols::sync::place* find_place(const protocols::sync::state&, std::uint64_t page);
bool places_hold(const protocols::sync::state&);

} // namespace tenon::actors
