// A letter of a collection, tried once more. What could not be delivered is delivered again with
// the next run. What could not be read, its source reads again from what the letter kept, with the
// options that it has now. A record that came in goes through `keep`, `map` and `drift` of its sync
// as they are now; the collection stores it, exactly once, in the entry in which it forgets the
// letter. If it fails again the letter stays, with the new reason.
#pragma once

#include "actors/sync/source.hpp"
#include "protocols/identity.hpp"
#include "protocols/letter.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/tasks/task.hpp"

namespace tenon::actors {

/// The kinds must outlive the task.
runtime::task<result<protocols::letter_types::replayed>>
replay_letter(runtime::host&, const source_kinds&, identity collection, std::uint64_t number);

} // namespace tenon::actors
