// What a sync tells of its runs.
#include "actors/sync.hpp"
#include "actors/sync/runs/account.hpp"

#include <algorithm>

namespace tenon::actors {

sync::decision<sync::read_run> sync::on(const state& s, const read_run& c, moment) {
  if (s.run.number != 0 && (c.number == 0 || c.number == s.run.number))
    return reply(s.run);
  const auto it = std::ranges::find(s.past, c.number, &run::number);
  if (it != s.past.end())
    return reply(*it);
  return refuse({code::not_found, "there is no run " + std::to_string(c.number), "run",
                 "The newest 51 runs of a sync are kept."});
}

sync::decision<sync::list_runs> sync::on(const state& s, const list_runs&, moment) {
  run_list all;
  if (s.run.number != 0)
    all.runs.push_back(s.run);
  all.runs.insert(all.runs.end(), s.past.begin(), s.past.end());
  return reply(std::move(all));
}

sync::decision<sync::list_places> sync::on(const state& s, const list_places& c, moment) {
  if (s.run.number == 0 || (c.run != 0 && c.run != s.run.number))
    return refuse({code::not_found, "places are kept of the newest run alone", "run",
                   s.run.number == 0 ? "" : "That is run " + std::to_string(s.run.number) + '.'});
  return reply(protocols::sync::places{s.run.number, s.places});
}

sync::decision<sync::read_statistics> sync::on(const state& s, const read_statistics&, moment now) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  return reply(statistics_of(s, now));
}

} // namespace tenon::actors
