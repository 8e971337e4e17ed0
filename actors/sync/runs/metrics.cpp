// What is counted of all runs together.
#include "actors/sync.hpp"

namespace tenon::actors {
namespace {

runtime::counter& records(runtime::meters& m, const char* fate) {
  return m.count("tenon_sync_records_total", "Records read, by what became of them.",
                 {{"fate", fate}});
}

} // namespace

sync::metrics::metrics(runtime::meters& m)
    : succeeded{m.count("tenon_sync_runs_total", "Runs that ended.", {{"outcome", "succeeded"}})},
      failed{m.count("tenon_sync_runs_total", "Runs that ended.", {{"outcome", "failed"}})},
      cancelled{m.count("tenon_sync_runs_total", "Runs that ended.", {{"outcome", "cancelled"}})},
      pages{m.count("tenon_sync_pages_total", "Pages stored.")}, stored{records(m, "stored")},
      unchanged{records(m, "unchanged")}, filtered{records(m, "filtered")},
      letters{records(m, "dead_lettered")}, bytes{m.count("tenon_sync_bytes_total",
                                                          "Of pages, as they came.")},
      retries{m.count("tenon_sync_retries_total", "Attempts at a page that failed.")} {}

void sync::observe(metrics& m, const ended& e) {
  (e.outcome == outcome::succeeded ? m.succeeded
   : e.outcome == outcome::failed  ? m.failed
                                   : m.cancelled)
      .Increment();
}
void sync::observe(metrics& m, const moved& e) {
  m.pages.Increment();
  m.stored.Increment(static_cast<double>(e.stored));
  m.unchanged.Increment(static_cast<double>(e.unchanged));
  m.filtered.Increment(static_cast<double>(e.filtered));
  m.letters.Increment(static_cast<double>(e.dead_lettered));
  m.bytes.Increment(static_cast<double>(e.bytes));
}
void sync::observe(metrics& m, const attempt_failed&) {
  m.retries.Increment();
}

} // namespace tenon::actors
