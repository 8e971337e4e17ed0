#include "actors/sync.hpp"

#include "actors/sync/runs/account.hpp"
#include "actors/sync/runs/next_page.hpp"
#include "actors/sync/runs/places.hpp"
#include "actors/sync/runs/subject.hpp"
#include "actors/sync/shaping.hpp"
#include "actors/sync/tuning/deciding.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using wire = protocols::sync;

constexpr std::size_t past_runs = 50;
constexpr span after_a_hiccup{250}; // most failures are one, and over at once
constexpr span second_back_off{2'000};
constexpr span longest_back_off{300'000};
// A source that asks for more patience than this is taken at its word, up to here.
constexpr span longest_wait = std::chrono::hours{24};

/// Full jitter: anywhere between nothing and the exponential. What is drawn hangs on the moment, so
/// that syncs that failed together do not come back together, and replay has nothing to draw.
span back_off(const wire::state& s, moment now) {
  const auto doubled = second_back_off.count() << (std::clamp(s.failures, 1u, 20u) - 1);
  const auto most = s.failures == 0 ? after_a_hiccup.count()
                                    : std::min<span::rep>(longest_back_off.count(), doubled);
  const auto drawn = stable_hash(std::to_string(now.time_since_epoch().count()),
                                 stable_hash(s.record.spec) ^ s.run.number ^ s.run.pages << 20);
  return span{static_cast<span::rep>(drawn % static_cast<std::uint64_t>(most)) + 1};
}

/// A page of a run that had ended before it came: nobody will ask for what it waits for.
bool came_too_late(const wire::state& s, const wire::transferred& c) {
  const auto past = std::ranges::find(s.past, c.run, &wire::run::number);
  const auto* run = c.run == s.run.number ? &s.run : past != s.past.end() ? &*past : nullptr;
  return run && (run->outcome == wire::outcome::cancelled ||
                 (run->outcome == wire::outcome::failed && c.page == run->pages));
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
  if (read->into.empty() && read->to.empty())
    return failure{code::malformed, "where the records go is missing", "spec.into",
                   "Write into: customers, the collection that is fed; or to: {…} beside "
                   "from: {collection: {name: customers}}."};
  if (!read->into.empty() && !read->to.empty())
    return failure{code::malformed, "a sync feeds a collection or writes from one, and not both",
                   "spec.to", "Leave one of them out, and make a second sync for the other."};
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
  if (!read->to.empty() && !read->key.empty())
    return failure{code::malformed, "what is written goes by its name in the collection",
                   "spec.key", "Say it at the sync whose records go into the collection."};
  if (!read->to.empty() && (written.find("conflicts") || !read->modified.empty()))
    return failure{code::malformed, "conflicts are found where records come in",
                   written.find("conflicts") ? "spec.conflicts" : "spec.modified",
                   "Say it at the sync whose records go into the collection."};
  if (!read->to.empty() && written.find("drift"))
    return failure{code::malformed, "fields are followed where records come in", "spec.drift",
                   "Say it at the sync whose records go into the collection."};
  if (const auto shape = shaping::make(*read); !shape)
    return shape.error();
  if (const auto bounds = tuning::read_bounds(read->tuning); !bounds)
    return bounds.error();
  return {};
}

value sync::status(const state& s) {
  object shown{{"phase", name_of(s.phase)}, {"cursor", s.cursor}};
  if (!s.begins_for.empty())
    shown["begins_anew"] = s.begins_for;
  if (!s.waits_for.empty())
    shown["waits_for"] = s.waits_for;
  if (s.run.number != 0) {
    shown["run"] = protocols::to_value(s.run);
    shown["statistics"] = account_of(s);
  }
  return shown;
}

sync::decision<sync::remove> sync::on(const state& s, const remove& c, moment now) {
  if (under_way(s))
    return refuse({code::conflict, "a run is under way", {}, "Cancel it first."});
  return resource::on(s, c, now);
}

sync::persisted sync::when_configured(persisted p, const state& s, const value& written,
                                      moment now) {
  const auto next = protocols::from_value<spec>(written, "spec");
  if (!s.record.exists || !next)
    return unpacing(std::move(p), s, written);
  const bool elsewhere = !same_ends(spec_of(s), *next);
  if (!elsewhere && reads_the_same(spec_of(s), *next))
    return unpacing(std::move(p), s, written);
  // How far the one was read says nothing about the other.
  if (under_way(s))
    p = withdrawing(std::move(p).also(ended{.outcome = outcome::cancelled,
                                            .why = "the sync reads or writes elsewhere now",
                                            .at = now}),
                    s);
  p = abandoning(std::move(p).also(rewound{.why = why_anew(s)}), abandoned(s));
  if (elsewhere)
    p = std::move(p).call(forgotten(s));
  return unpacing(std::move(p), s, written);
}

sync::persisted sync::when_removed(persisted p, const state& s, moment) {
  return abandoning(std::move(p), abandoned(s)).call(forgotten(s));
}

sync::decision<sync::transferred> sync::on(const state& s, const transferred& c, moment now) {
  if (!under_way(s) || c.run != s.run.number || c.page != s.run.pages) {
    if (!came_too_late(s, c))
      return ignore(); // a page that was asked for twice
    auto late = s;
    late.position = c.moved.position;
    late.reached = c.moved.cursor;
    late.waits_for = c.moved.waits_for;
    return abandoning(ignore(), abandoned(late));
  }
  const auto spec = spec_of(s);
  const auto fails = [&](const auto& why, const auto& place, const auto& remedy) {
    return ended{.outcome = outcome::failed,
                 .why = why,
                 .place = place,
                 .remedy = remedy,
                 .at = now,
                 .go_on_at = c.go_on_at};
  };
  if (c.why.empty()) {
    auto page = c.moved;
    page.at = now;
    if (page.resume_at && *page.resume_at <= now)
      page.resume_at.reset();
    auto tuned = tuning::after_page(s, spec, page, now);
    auto p = persist(page);
    if (tuned.change)
      p = std::move(p).also(*tuned.change);
    if (page.last)
      return pacing(std::move(p).also(ended{.outcome = outcome::succeeded, .at = now}),
                    tuning::after_run(s, spec, page, now));
    if (const auto limit = passed_limit(s.run, page, spec.limits))
      return std::move(p).also(fails(
          *limit, "spec.limits", "Raise the limit, or start again: it goes on where it stopped."));
    if (s.phase == phase::paused)
      return p;
    if (s.stepping)
      return std::move(p).also(paused{});
    if (page.resume_at)
      return p;
    auto next = next_transfer(s, page);
    next.settings = std::move(tuned.next);
    return std::move(p).call(next);
  }
  if (c.start_over && s.run.restarts < spec.retries) {
    const began_again event{c.why};
    auto after = s;
    apply(after, event);
    auto p = abandoning(persist(event), abandoned(s));
    if (s.phase == phase::paused)
      return p;
    return std::move(p).call(next_transfer(after));
  }
  const auto taken_back = tuning::after_failure(s.tuning, c.why, now);
  const bool may_pass = c.transient || taken_back; // as it was before the trial, it may do
  if (!may_pass || (!c.counted && s.failures >= spec.retries)) {
    const auto end = fails(c.why, c.place, c.remedy);
    auto p =
        !spec.to.empty() && !c.attempt.empty() // the next run goes on with what was left open
            ? persist(attempt_failed{.why = c.why, .retry_at = now, .attempt = c.attempt}).also(end)
            : persist(end);
    return taken_back ? std::move(p).also(*taken_back) : std::move(p);
  }
  const auto wait =
      c.retry_after > span{0} ? std::min(c.retry_after, longest_wait) : back_off(s, now);
  auto p = persist(attempt_failed{c.why, c.place, c.remedy, now + wait, c.attempt});
  return taken_back ? std::move(p).also(*taken_back) : std::move(p);
}

sync::persisted sync::withdrawing(persisted p, const state& s) {
  if (s.phase != phase::running) // paused, or between two attempts: nothing is asked for
    return p;
  return std::move(p).call(withdraw{s.run.number});
}

sync::decision<sync::wake> sync::on(const state& s, const wake&, moment now) {
  if (!under_way(s))
    return ignore();
  if (const auto limit = end_of_time(s); limit && now >= *limit)
    return withdrawing(
        persist(ended{.outcome = outcome::failed,
                      .why = "the run took longer than " + to_text(s.time_limit),
                      .place = "spec.limits.time",
                      .remedy = "Raise the limit, or start again: it goes on where it stopped.",
                      .at = now}),
        s);
  if (s.phase != phase::waiting || now < s.retry_at)
    return ignore();
  return persist(attempted{}).call(next_transfer(s));
}

void sync::apply(state& s, const configured& e) {
  const auto before = s.record;
  actors::apply(s.record, e);
  if (tuning::tunes_otherwise(before, s.record))
    s.tuning = {};
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
  const bool goes_on = !e.full && (s.run.outcome == outcome::failed || s.goes_on);
  s.goes_on = false;
  if (!goes_on || s.position.empty()) {
    s.position.clear();
    s.waits_for.clear();
    s.reached = e.full ? "" : s.cursor;
    s.since = e.run;
    s.began_at = e.at;
  }
  s.run = {.number = e.run,
           .full = e.full,
           .by = e.by,
           .started_at = e.at,
           .restarted_for = std::exchange(s.begins_for, {})};
  s.phase = phase::running;
  s.failures = 0;
  // What a destination knows of a page that it is still writing outlives the run.
  if (!goes_on || spec_of(s).to.empty())
    s.attempt.clear();
  if (e.every > span{})
    s.tuning.interval = e.every;
  s.time_limit = spec_of(s).limits.time;
  begin_places(s);
  s.busy_at.reset();
  count_going(s, e.at);
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
  note_place(s, e);
  count_page(s, e);
  tuning::measure(s.tuning, e);
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
  s.began_at = s.run.started_at;
}

void sync::apply(state& s, const began_again& e) {
  apply(s, started_over{});
  s.run.restarted_for = e.why;
}

void sync::apply(state& s, const ended& e) {
  count_end(s, e);
  if (e.outcome == outcome::succeeded && tuning::is_regular(s.run))
    tuning::note_run(s.tuning, s.run.stored > 0);
  s.phase = phase::idle;
  s.stepping = false;
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

bool sync::holds(const state& s) {
  const auto& r = s.run;
  return actors::holds(s.record) && s.past.size() <= past_runs &&
         r.read == r.stored + r.unchanged + r.filtered + r.dead_lettered &&
         (s.phase == phase::idle || s.record.exists) &&
         (!s.stepping || (under_way(s) && s.phase != phase::paused)) && places_hold(s) &&
         account_holds(s) && tuning::holds(s.tuning);
}

runtime::deadlines sync::due(const state& s) {
  const auto limit = end_of_time(s);
  if (!limit)
    return {};
  runtime::deadlines all{remind(*limit, wake{})};
  if (s.phase == phase::waiting)
    all.push_back(remind(s.retry_at, wake{}));
  return all;
}

} // namespace tenon::actors
