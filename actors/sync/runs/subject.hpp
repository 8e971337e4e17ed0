// What a sync reads, as its source's options say it. A cursor, and a place on the way, belong to
// that: of another stream, table or account they would leave out whatever is older than they are.
#pragma once

#include "protocols/sync.hpp"

#include <string>

namespace tenon::actors {

/// Whether the second spec reads what the first one has read, however it does. What is not known to
/// be about how it is read may change what: reading too much costs time, too little loses records.
bool reads_the_same(const protocols::sync::spec&, const protocols::sync::spec&);

/// Why the next run begins anew, with where it stood, so that a person can go back to that; empty
/// when it stood nowhere. The state is the one before the change.
std::string why_anew(const protocols::sync::state&);

} // namespace tenon::actors
