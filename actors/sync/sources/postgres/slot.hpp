// What a server keeps for a sync that captures changes: a publication of the table and a
// replication slot that says how much of the log is still wanted. Made when they are missing, and
// judged each time before they are relied on.
#pragma once

#include "actors/sync/sources/postgres/pgoutput.hpp"
#include "actors/sync/sources/postgres/table.hpp"

namespace tenon::actors::postgres {

/// The same, with names where none were chosen. Slots of syncs are told apart by a hash.
change_options named(change_options, const identity& sync);

/// A slot that begins now; one of that name is dropped first. What is committed from here on will
/// be told, and everything before it is to be seen in the table.
result<pgoutput::position> begin_slot(session&, const described_table&, const change_options&);

/// They are not needed any more; it is fine if they are gone.
result<void> end_slot(session&, const change_options&, bool with_publication);

/// `stale` unless everything after `from` can still be told.
result<void> check_slot(session&, const change_options&, pgoutput::position from);

/// How far the server's log is written for good.
result<pgoutput::position> end_of_log(session&);

} // namespace tenon::actors::postgres
