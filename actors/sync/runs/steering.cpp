// What people and schedules do with the runs of a sync: begin, hold, go on, step, end, and say
// where the next one begins.
#include "actors/sync.hpp"
#include "actors/sync/runs/account.hpp"
#include "actors/sync/runs/next_page.hpp"
#include "actors/sync/runs/places.hpp"
#include "protocols/json.hpp"

namespace tenon::actors {
namespace {

using wire = protocols::sync;

wire::standing now_in(wire::phase phase, const wire::state& s) {
  return {phase, s.run.number};
}

failure writes_elsewhere() {
  return {code::conflict,
          "a sync that writes goes on where its collection says",
          {},
          "Start it with `full` to write every record again."};
}

/// What it says only the source can read, at the start of the next run; but each is an object.
result<void> check_cursor(const std::string& given) {
  if (given.empty())
    return {};
  const auto read = read_json(given);
  if (read && read->is<object>())
    return {};
  return failure{code::malformed,
                 read ? "a cursor is an object, not a " + std::string{read->type_name()}
                      : "the cursor is not JSON: " + read.error().why,
                 "cursor",
                 "Give one as `tenon sync places` shows it, or none to read from the beginning."};
}

} // namespace

sync::decision<sync::start> sync::on(const state& s, const start& c, moment now) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  if (under_way(s))
    return reply(accepted{s.run.number, true});
  const started event{s.run.number + 1, c.full, c.by, now, c.every};
  auto after = s;
  apply(after, event);
  auto p = persist(event).call(next_transfer(after));
  return abandoning(std::move(p), after.position.empty() ? abandoned(s) : std::nullopt)
      .reply(accepted{event.run, false});
}

sync::decision<sync::step> sync::on(const state& s, const step& c, moment now) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  const went_on page{.at = now, .stepping = true};
  if (s.phase == phase::paused)
    return persist(page).call(next_transfer(s)).reply(now_in(phase::running, s));
  if (s.stepping)
    return reply(now_in(s.phase, s));
  if (under_way(s))
    return refuse({code::conflict,
                   "the run is not paused",
                   {},
                   "Pause it first; from then on each step is one page."});
  const started event{s.run.number + 1, c.full, c.by, now};
  auto after = s;
  apply(after, event);
  auto p = persist(event, page).call(next_transfer(after));
  return abandoning(std::move(p), after.position.empty() ? abandoned(s) : std::nullopt)
      .reply(now_in(phase::running, after));
}

sync::decision<sync::pause> sync::on(const state& s, const pause&, moment) {
  if (!under_way(s))
    return refuse(code::conflict, "no run is under way");
  if (s.phase == phase::paused)
    return reply(now_in(phase::paused, s));
  return withdrawing(persist(paused{}), s).reply(now_in(phase::paused, s));
}

sync::decision<sync::resume> sync::on(const state& s, const resume&, moment now) {
  if (s.phase != phase::paused && !s.stepping)
    return refuse(code::conflict, "no run is paused");
  auto p = persist(went_on{.at = now});
  if (s.phase != phase::running) // of a step, the page is asked for
    p = std::move(p).call(next_transfer(s));
  return std::move(p).reply(now_in(phase::running, s));
}

sync::decision<sync::cancel> sync::on(const state& s, const cancel&, moment now) {
  if (!under_way(s))
    return refuse(code::conflict, "no run is under way");
  auto p = withdrawing(persist(ended{.outcome = outcome::cancelled, .at = now}), s);
  return abandoning(std::move(p), abandoned(s)).reply(now_in(phase::idle, s));
}

sync::decision<sync::rewind> sync::on(const state& s, const rewind& c, moment) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  if (under_way(s))
    return refuse({code::conflict, "a run is under way", {}, "Cancel it first, then rewind."});
  if (!spec_of(s).to.empty())
    return refuse(writes_elsewhere());
  if (auto readable = check_cursor(c.cursor); !readable)
    return refuse(std::move(readable).error());
  if (!c.to_page)
    return abandoning(persist(rewound{.cursor = c.cursor}), abandoned(s)).reply(now_in(s.phase, s));
  if (s.run.number == 0 || (c.run != 0 && c.run != s.run.number))
    return refuse({code::not_found, "places are kept of the newest run alone", "run", {}});
  const auto* place = find_place(s, c.page);
  if (!place)
    return refuse({code::not_found,
                   "the place before page " + std::to_string(c.page) + " is not kept", "page",
                   "Take one of those that the run's `places` lists."});
  auto p = persist(
      rewound{.cursor = place->cursor, .position = place->position, .waits_for = place->waits_for});
  return abandoning(std::move(p), abandoned(s, place->waits_for)).reply(now_in(s.phase, s));
}

sync::decision<sync::withdrawn> sync::on(const state&, const withdrawn&, moment) {
  return ignore(); // whoever wants a page has asked for it anew
}

void sync::apply(state& s, const paused&) {
  s.phase = phase::paused;
  s.run.outcome = outcome::paused;
  s.stepping = false;
  count_paused(s);
}

void sync::apply(state& s, const resumed&) {
  s.phase = phase::running;
  s.run.outcome = outcome::running;
}

void sync::apply(state& s, const went_on& e) {
  s.phase = phase::running;
  s.run.outcome = outcome::running;
  s.stepping = e.stepping;
  count_going(s, e.at);
}

void sync::apply(state& s, const rewound& e) {
  s.waits_for = e.waits_for;
  s.begins_for = e.why;
  s.goes_on = !e.position.empty();
  s.position = e.position;
  s.reached = s.goes_on ? e.cursor : "";
  if (!s.goes_on)
    s.cursor = e.cursor;
}

} // namespace tenon::actors
