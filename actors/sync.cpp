#include "actors/sync.hpp"

#include "actors/sync/shaping.hpp"
#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using wire = protocols::sync;

constexpr std::size_t past_runs = 50;
constexpr span first_back_off{1'000};
constexpr span longest_back_off{300'000};
// A source that asks for more patience than this is taken at its word, up to here.
constexpr span longest_wait = std::chrono::hours{24};

wire::spec spec_of(const wire::state& s) {
  auto spec = protocols::from_value<wire::spec>(spec_in(s.record), "spec");
  ensure(spec.has_value(), "a stored spec cannot be read");
  return *std::move(spec);
}

bool under_way(const wire::state& s) {
  return s.phase != wire::phase::idle;
}

wire::transfer next_transfer(const wire::state& s) {
  return {.run = s.run.number,
          .page = s.run.pages,
          .spec = s.record.spec,
          .position = s.position,
          .cursor =
              s.run.pages == 0 && s.position.empty() ? (s.run.full ? "" : s.cursor) : s.reached,
          .full = s.run.full,
          .since = s.since,
          .attempt = s.attempt};
}

/// Full jitter: anywhere between nothing and the exponential. What is drawn hangs on the moment, so
/// that syncs that failed together do not come back together, and replay has nothing to draw.
span back_off(const wire::state& s, moment now) {
  const auto most = std::min<span::rep>(longest_back_off.count(), first_back_off.count()
                                                                      << std::min(s.failures, 20u));
  const auto drawn = stable_hash(std::to_string(now.time_since_epoch().count()),
                                 stable_hash(s.record.spec) ^ s.run.number ^ s.run.pages << 20);
  return span{static_cast<span::rep>(drawn % static_cast<std::uint64_t>(most)) + 1};
}

std::optional<std::string> passed_limit(const wire::run& r, const wire::moved& m,
                                        const wire::limits& most) {
  const auto over = [](const char* what, std::uint64_t limit) {
    return "the run passed its limit of " + std::to_string(limit) + ' ' + what;
  };
  if (m.last)
    return std::nullopt;
  if (r.pages + 1 >= most.pages)
    return over("pages", most.pages);
  if (r.read + m.stored + m.unchanged + m.filtered + m.dead_lettered >= most.records)
    return over("records", most.records);
  if (r.bytes + m.bytes >= most.bytes)
    return over("bytes", most.bytes);
  return std::nullopt;
}

/// The position is about to be dropped: what the source waits for there is not wanted any more.
std::optional<wire::transfer> abandoned(const wire::state& s) {
  if (s.waits_for.empty())
    return std::nullopt;
  return wire::transfer{.spec = s.record.spec, // and of no run
                        .position = s.position,
                        .cursor = s.reached,
                        .abandon = true};
}

/// The decision so far, and that.
template <class Chained>
Chained abandoning(Chained so_far, const std::optional<wire::transfer>& t) {
  return t ? std::move(so_far).call(*t) : std::move(so_far);
}

wire::standing now_in(wire::phase phase, const wire::state& s) {
  return {phase, s.run.number};
}

} // namespace

result<void> sync::check_spec(const value& written) {
  const auto read = protocols::from_value<spec>(written, "spec");
  if (!read)
    return read.error();
  const auto one_kind = [&](const char* name) {
    const auto* said = written.find(name);
    const auto* kinds = said ? said->as<object>() : nullptr;
    return kinds && kinds->size() == 1 && kinds->begin()->second.is<object>();
  };
  if (!one_kind("from"))
    return failure{code::malformed, "the source is not one kind with its options", "spec.from",
                   "Write {connector: {integration: …, stream: …}} or {sqlite: {file: …, table: …, "
                   "key: …}}."};
  if (read->into.empty() == read->to.empty())
    return failure{code::malformed, "a sync feeds a collection or writes from one, and not both",
                   read->to.empty() ? "spec.into" : "spec.to",
                   "Write into: customers, or from: {collection: {name: customers}} and to: {…}."};
  const bool from_collection = written.find("from")->find("collection") != nullptr;
  if (!read->to.empty() && (!from_collection || !one_kind("to")))
    return failure{code::malformed,
                   from_collection ? "the destination is not one kind with its options"
                                   : "what is written comes from a collection",
                   from_collection ? "spec.to" : "spec.from",
                   from_collection ? "Write to: {connector: {integration: …, action: …}}."
                                   : "Write from: {collection: {name: customers}}."};
  if (read->to.empty() && from_collection)
    return failure{code::malformed, "what comes from a collection goes to a destination",
                   "spec.into", "Write to: {connector: {integration: …, action: …}}."};
  if (const auto named = check(identity{"t", "collection", read->into});
      !read->into.empty() && !named)
    return failure{code::malformed, named.error().why, "spec.into", named.error().remedy};
  if (!read->to.empty() && (written.find("conflicts") || !read->modified.empty()))
    return failure{code::malformed, "conflicts are found where records come in",
                   written.find("conflicts") ? "spec.conflicts" : "spec.modified",
                   "Say it at the sync whose records go into the collection."};
  if (const auto shape = shaping::make(*read); !shape)
    return shape.error();
  return {};
}

value sync::status(const state& s) {
  object shown{{"phase", name_of(s.phase)}, {"cursor", s.cursor}};
  if (!s.waits_for.empty())
    shown["waits_for"] = s.waits_for;
  if (s.run.number != 0)
    shown["run"] = protocols::to_value(s.run);
  return shown;
}

sync::decision<sync::remove> sync::on(const state& s, const remove& c, moment now) {
  if (under_way(s))
    return refuse({code::conflict, "a run is under way", {}, "Cancel it first."});
  return resource::on(s, c, now);
}

sync::persisted sync::when_removed(persisted p, const state& s, moment) {
  return abandoning(std::move(p), abandoned(s));
}

sync::decision<sync::start> sync::on(const state& s, const start& c, moment now) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  if (under_way(s))
    return reply(accepted{s.run.number, true});
  const started event{s.run.number + 1, c.full, c.by, now};
  auto after = s;
  apply(after, event);
  auto p = persist(event).call(next_transfer(after));
  return abandoning(std::move(p), after.position.empty() ? abandoned(s) : std::nullopt)
      .reply(accepted{event.run, false});
}

sync::decision<sync::pause> sync::on(const state& s, const pause&, moment) {
  if (!under_way(s))
    return refuse(code::conflict, "no run is under way");
  if (s.phase == phase::paused)
    return reply(now_in(phase::paused, s));
  return persist(paused{}).reply(now_in(phase::paused, s));
}

sync::decision<sync::resume> sync::on(const state& s, const resume&, moment) {
  if (s.phase != phase::paused)
    return refuse(code::conflict, "no run is paused");
  return persist(resumed{}).call(next_transfer(s)).reply(now_in(phase::running, s));
}

sync::decision<sync::cancel> sync::on(const state& s, const cancel&, moment now) {
  if (!under_way(s))
    return refuse(code::conflict, "no run is under way");
  return abandoning(persist(ended{.outcome = outcome::cancelled, .at = now}), abandoned(s))
      .reply(now_in(phase::idle, s));
}

sync::decision<sync::rewind> sync::on(const state& s, const rewind& c, moment) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  if (under_way(s))
    return refuse({code::conflict, "a run is under way", {}, "Cancel it first, then rewind."});
  return abandoning(persist(rewound{c.cursor}), abandoned(s)).reply(now_in(s.phase, s));
}

sync::decision<sync::transferred> sync::on(const state& s, const transferred& c, moment now) {
  if (!under_way(s) || c.run != s.run.number || c.page != s.run.pages) {
    if (c.run != s.run.number || s.run.outcome != outcome::cancelled)
      return ignore(); // a page that was asked for twice
    auto late = s;
    late.position = c.moved.position;
    late.reached = c.moved.cursor;
    late.waits_for = c.moved.waits_for;
    return abandoning(ignore(), abandoned(late));
  }
  const auto spec = spec_of(s);
  const auto fails = [&](const std::string& why, const std::string& place,
                         const std::string& remedy) {
    return ended{.outcome = outcome::failed,
                 .why = why,
                 .place = place,
                 .remedy = remedy,
                 .at = now,
                 .go_on_at = c.go_on_at};
  };
  if (c.why.empty()) {
    auto reached = c.moved;
    if (reached.resume_at && *reached.resume_at <= now)
      reached.resume_at.reset();
    auto p = persist(reached);
    if (c.moved.last)
      return std::move(p).also(ended{.outcome = outcome::succeeded, .at = now});
    if (const auto limit = passed_limit(s.run, c.moved, spec.limits))
      return std::move(p).also(fails(
          *limit, "spec.limits", "Raise the limit, or start again: it goes on where it stopped."));
    if (s.phase == phase::paused || reached.resume_at)
      return p;
    auto after = s;
    apply(after, reached);
    return std::move(p).call(next_transfer(after));
  }
  if (c.start_over && s.run.restarts < spec.retries) {
    auto after = s;
    apply(after, started_over{});
    auto p = abandoning(persist(started_over{}), abandoned(s));
    if (s.phase == phase::paused)
      return p;
    return std::move(p).call(next_transfer(after));
  }
  if (!c.transient || (!c.counted && s.failures >= spec.retries))
    return persist(fails(c.why, c.place, c.remedy));
  const auto wait =
      c.retry_after > span{0} ? std::min(c.retry_after, longest_wait) : back_off(s, now);
  return persist(attempt_failed{.why = c.why,
                                .place = c.place,
                                .remedy = c.remedy,
                                .retry_at = now + wait,
                                .attempt = c.attempt});
}

sync::decision<sync::wake> sync::on(const state& s, const wake&, moment now) {
  if (!under_way(s))
    return ignore();
  if (const auto limit = s.run.started_at + s.time_limit; s.phase != phase::paused && now >= limit)
    return persist(ended{.outcome = outcome::failed,
                         .why = "the run took longer than " + to_text(s.time_limit),
                         .place = "spec.limits.time",
                         .remedy = "Raise the limit, or start again: it goes on where it stopped.",
                         .at = now});
  if (s.phase != phase::waiting || now < s.retry_at)
    return ignore();
  return persist(attempted{}).call(next_transfer(s));
}

void sync::apply(state& s, const configured& e) {
  actors::apply(s.record, e);
}

void sync::apply(state& s, const removed& e) {
  actors::apply(s.record, e);
  // Runs go on being numbered, so that the collection can tell a new feed's pages from an old
  // one's.
  s = {.record = s.record, .run = {.number = s.run.number, .outcome = s.run.outcome}};
}

void sync::apply(state& s, const started& e) {
  if (s.run.number != 0) {
    s.past.insert(s.past.begin(), s.run);
    if (s.past.size() > past_runs)
      s.past.pop_back();
  }
  const bool fresh = e.full || s.run.outcome != outcome::failed;
  if (fresh || s.position.empty()) {
    s.position.clear();
    s.waits_for.clear();
    s.reached = e.full ? "" : s.cursor;
    s.since = e.run;
  }
  s.run = {.number = e.run, .full = e.full, .by = e.by, .started_at = e.at};
  s.phase = phase::running;
  s.failures = 0;
  s.attempt.clear();
  s.time_limit = spec_of(s).limits.time;
}

void sync::apply(state& s, const moved& e) {
  auto& r = s.run;
  ++r.pages;
  r.stored += e.stored;
  r.unchanged += e.unchanged;
  r.filtered += e.filtered;
  r.dead_lettered += e.dead_lettered;
  r.deleted += e.deleted;
  r.conflicts += e.conflicts;
  r.bytes += e.bytes;
  r.read += e.stored + e.unchanged + e.filtered + e.dead_lettered;
  r.expected = std::max(r.expected, e.expected);
  s.position = e.position;
  s.reached = e.cursor;
  s.failures = 0;
  s.attempt.clear();
  s.waits_for = e.waits_for;
  if (s.phase == phase::paused)
    return;
  s.phase = e.resume_at ? phase::waiting : phase::running;
  if (e.resume_at)
    s.retry_at = *e.resume_at;
}

void sync::apply(state& s, const attempt_failed& e) {
  ++s.failures;
  ++s.run.retries;
  s.run.why = e.why;
  s.run.place = e.place;
  s.run.remedy = e.remedy;
  s.retry_at = e.retry_at;
  s.attempt = e.attempt;
  if (s.phase != phase::paused)
    s.phase = phase::waiting;
}

void sync::apply(state& s, const attempted&) {
  s.phase = phase::running;
}

void sync::apply(state& s, const started_over&) {
  ++s.failures;
  ++s.run.restarts;
  s.attempt.clear();
  s.position.clear();
  s.waits_for.clear();
  s.reached.clear();
  s.cursor.clear();
  s.since = s.run.number;
}

void sync::apply(state& s, const paused&) {
  s.phase = phase::paused;
  s.run.outcome = outcome::paused;
}

void sync::apply(state& s, const resumed&) {
  s.phase = phase::running;
  s.run.outcome = outcome::running;
}

void sync::apply(state& s, const ended& e) {
  s.phase = phase::idle;
  s.run.outcome = e.outcome;
  s.run.ended_at = e.at;
  s.run.why = e.why;
  s.run.place = e.place;
  s.run.remedy = e.remedy;
  if (e.outcome == outcome::succeeded)
    s.cursor = s.reached;
  if (e.outcome != outcome::failed)
    s.position.clear();
  else if (!e.go_on_at.empty())
    s.position = e.go_on_at;
  if (s.position.empty() || !e.go_on_at.empty())
    s.waits_for.clear();
}

void sync::apply(state& s, const rewound& e) {
  s.cursor = e.cursor;
  s.position.clear();
  s.waits_for.clear();
  s.reached.clear();
}

bool sync::holds(const state& s) {
  const auto& r = s.run;
  return actors::holds(s.record) && s.past.size() <= past_runs &&
         r.read == r.stored + r.unchanged + r.filtered + r.dead_lettered &&
         (s.phase == phase::idle || s.record.exists);
}

runtime::deadlines sync::due(const state& s) {
  if (!under_way(s) || s.phase == phase::paused)
    return {};
  runtime::deadlines all{remind(s.run.started_at + s.time_limit, wake{})};
  if (s.phase == phase::waiting)
    all.push_back(remind(s.retry_at, wake{}));
  return all;
}

} // namespace tenon::actors
