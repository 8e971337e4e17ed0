// An actor in memory with its durable bookkeeping, as of an index of its partition's log: made of
// the stored row and the entries behind it, and handed back to be stored. The same for the cell
// that goes on to decide and for a node that only follows, so both come to the same row.
#pragma once

#include "runtime/catalog.hpp"
#include "runtime/hosting/ledger.hpp"
#include "runtime/sealing/seal.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace tenon::runtime {

struct replica {
  /// What it is made from; all of it lives longer.
  struct origin {
    const runtime::kind& kind;
    void* kind_metrics;
    runtime::state& stored;
    const runtime::seal& seal;
    partition_number partition;
    const identity& id;
  };

  std::unique_ptr<runtime::body> body; // null until loaded, and once forgotten
  runtime::ledger ledger;
  std::uint64_t index = 0;     // of the last entry that is in it
  std::vector<blob> unsaved{}; // events, of an actor that keeps its history

  /// Anew from the stored row. After a failure there is no body.
  result<void> load(const origin&);

  /// An entry of this identity; one that the row already had changes nothing. What the actor's own
  /// functions throw is a failure too. After a failure there is no body.
  result<void> replay(const origin&, const journal_entry&);

  /// Takes in what the body has just decided; the entry as it is written to the log.
  blob write(const origin&, const protocols::cell::entry&);

  std::optional<moment> wakes_at() const;

  /// Hands everything over to be stored.
  void save(const origin&, std::uint64_t term);

private:
  void take_in(const origin&, const protocols::cell::entry&);
  result<void> replay(const origin&, const protocols::cell::entry&);
};

} // namespace tenon::runtime
