// Lets go of what is kept elsewhere for a sync that is removed, or that reads and writes elsewhere
// from now on: how far it had got, in its collection, and what its source holds for it alone, such
// as a replication slot. Nobody waits for it, so it is tried again for some minutes; a node that
// stops meanwhile goes on at its next start. What is given up is logged, with what a person can do.
#pragma once

#include "actors/sync/source.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/tasks/timer.hpp"
#include "runtime/tasks/workers.hpp"

namespace tenon::actors {

class forgetting {
public:
  forgetting(runtime::host& h, runtime::workers& w, runtime::timer& t, const source_kinds& k)
      : host_{h}, workers_{w}, timer_{t}, kinds_{k} {}

  /// `run` is its newest: a sync of the same name that came later keeps what is its own.
  struct what {
    identity sync;
    protocols::sync::spec spec;
    std::uint64_t run = 0;
  };
  /// Told unless the node stops before the end.
  void begin(what, std::function<void(result<void>)> told);

private:
  runtime::task<result<bool>> forget(what);
  runtime::task<result<void>> try_once(const what&);

  runtime::host& host_;
  runtime::workers& workers_;
  runtime::timer& timer_;
  const source_kinds& kinds_;
};

} // namespace tenon::actors
