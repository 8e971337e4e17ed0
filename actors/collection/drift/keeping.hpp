// Holds what a feed brings to what is known of a collection's fields, and keeps that: the fields in
// one row and the newest changes in another. Nothing is kept of a page that was not stored but what
// stopped it, so that a person can accept just that.
#pragma once

#include "actors/collection.hpp"
#include "actors/collection/drift/judging.hpp"

#include <string>
#include <vector>

namespace tenon::actors::collections {

struct held {
  std::vector<drift::change> stopped; // the page must not be stored
  std::vector<std::string> refused;   // of each record, why it is a letter; empty: none is
  drift::noted noted;
};

held hold(const collection::state&, const protocols::collection::store&, moment now);

/// The page as it is stored: what was refused is among its letters.
protocols::collection::store without_refused(const protocols::collection::store&, const held&);

void note(collection::state&, const std::vector<drift::change>&, std::uint64_t unkept = 0);

} // namespace tenon::actors::collections
