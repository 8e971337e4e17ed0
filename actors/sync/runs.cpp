// What a sync says about its runs: what came of each, and how many there were.
#include "actors/sync.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

failure no_run(std::uint64_t number) {
  return {code::not_found, "there is no run " + std::to_string(number), "run",
          "The newest 51 runs of a sync are kept."};
}

} // namespace

sync::decision<sync::read_run> sync::on(const state& s, const read_run& c, moment) {
  if (s.run.number != 0 && (c.number == 0 || c.number == s.run.number))
    return reply(s.run);
  const auto it = std::ranges::find(s.past, c.number, &run::number);
  return it == s.past.end() ? decision<read_run>{refuse(no_run(c.number))} : reply(*it);
}

sync::decision<sync::list_runs> sync::on(const state& s, const list_runs&, moment) {
  run_list all;
  if (s.run.number != 0)
    all.runs.push_back(s.run);
  all.runs.insert(all.runs.end(), s.past.begin(), s.past.end());
  return reply(std::move(all));
}

sync::metrics::metrics(runtime::meters& m)
    : succeeded{m.count("tenon_sync_runs_total", "Runs that ended.", {{"outcome", "succeeded"}})},
      failed{m.count("tenon_sync_runs_total", "Runs that ended.", {{"outcome", "failed"}})},
      cancelled{m.count("tenon_sync_runs_total", "Runs that ended.", {{"outcome", "cancelled"}})},
      pages{m.count("tenon_sync_pages_total", "Pages stored.")},
      retries{m.count("tenon_sync_retries_total", "Attempts at a page that failed.")} {}

void sync::observe(metrics& m, const ended& e) {
  (e.outcome == outcome::succeeded ? m.succeeded
   : e.outcome == outcome::failed  ? m.failed
                                   : m.cancelled)
      .Increment();
}
void sync::observe(metrics& m, const moved&) {
  m.pages.Increment();
}
void sync::observe(metrics& m, const attempt_failed&) {
  m.retries.Increment();
}

} // namespace tenon::actors
