// What runs came to over time: hours and days of a sync, bounded, and what follows from them. All
// of it is part of the sync's state, changed by its events. Pure.
#pragma once

#include "protocols/sync.hpp"
#include "protocols/value.hpp"

namespace tenon::actors {

/// The present run is under way from then on, with the rest of its time.
void count_going(protocols::sync::state&, moment from);
void count_paused(protocols::sync::state&);
/// Its page is in the run's counts already, but for the time it took.
void count_page(protocols::sync::state&, const protocols::sync::moved&);
void count_end(protocols::sync::state&, const protocols::sync::ended&);

/// When the present run has had its time; nothing while time does not pass for it.
std::optional<moment> end_of_time(const protocols::sync::state&);

protocols::account_types::statistics statistics_of(const protocols::sync::state&, moment now);
/// What of it can be said without asking for the time.
object account_of(const protocols::sync::state&);

bool account_holds(const protocols::sync::state&);

} // namespace tenon::actors
