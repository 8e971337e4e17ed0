// What the records of a page do to the rows.
#pragma once

#include "actors/collection.hpp"

namespace tenon::actors::collections {

/// Decided for the page as a whole. Whether it is the feed's next one has been looked at before.
collection::page_stored become_rows(const collection::state&, const protocols::collection::store&,
                                    moment now);

protocols::collection::stored answer_to(const collection::page_stored&);

} // namespace tenon::actors::collections
