// What the records of a page do to the rows.
#pragma once

#include "actors/collection/conflicts.hpp"
#include "actors/collection/naming.hpp"

namespace tenon::actors::collections {

/// Decided for the page as a whole. Whether it is the feed's next one has been looked at before.
collection::page_stored become_rows(const collection::state&, const protocols::collection::store&,
                                    moment now);

protocols::collection::stored answer_to(const collection::page_stored&);

/// The rows become what the changes say, and what other sides have of them is kept.
void change_rows(collection::state&, const std::vector<protocols::row_types::change>&);

/// What a page says about the other side of rows that stay something else here.
template <class Event> void
keep_sides(collection::state& s, const protocols::collection::outlet& counterpart, const Event& e) {
  for (const auto& k : e.known) {
    keep_known(s, counterpart, k);
    if (k.side.deleted)
      forget_own_name(s, e.feed, k.key);
  }
  for (const auto& one : e.parked) {
    if (one.brought.deleted)
      forget_own_name(s, e.feed, one.key);
    auto place = slot_key('k', counterpart.slot, one.key);
    s.parked += !s.rows.find(place);
    s.rows.put(std::move(place), protocols::encode(one));
    keep_known(s, counterpart, {one.key, one.agreed}); // whatever the outlet passes by meanwhile
  }
  for (const auto& key : e.agreed) {
    s.rows.erase(slot_key('k', counterpart.slot, key));
    --s.parked;
  }
}

} // namespace tenon::actors::collections
