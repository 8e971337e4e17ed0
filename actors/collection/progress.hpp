// How far an outlet has got, now and a moment ago. A page that a feed had read before a delivery
// began says what its side was before that: it is no news, however late it is stored.
//
// What an outlet had reached is kept for the last half minute, a second apart. Of deliveries that
// are kept as one, the first one's beginning counts: so a page is taken for old only when it is.
#pragma once

#include "protocols/collection.hpp"

#include <string_view>

namespace tenon::actors::collections {

/// Whether the outlet's side has the row as it is: it was delivered, or its feed has written it.
bool has_it(const protocols::collection::outlet&, std::string_view key,
            const protocols::row_types::record& row);

/// When the delivery began that has brought the row there, or earlier; zero when nobody knows.
moment brought_there(const protocols::collection::outlet&, std::string_view key,
                     const protocols::row_types::record& row);

/// The outlet has just got to where it is, by a delivery that began then.
void note_progress(protocols::collection::outlet&, moment begun);

} // namespace tenon::actors::collections
