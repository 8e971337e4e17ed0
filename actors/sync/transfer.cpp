#include "actors/sync/transfer.hpp"

#include "actors/collection.hpp"
#include "actors/collection/drift/judging.hpp"
#include "actors/sync.hpp"
#include "actors/sync/burying.hpp"
#include "actors/sync/opening.hpp"
#include "actors/sync/outcome.hpp"
#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"

namespace tenon::actors {
namespace {

using wire = protocols::sync;
using runtime::task;

/// Whose limit on pages at once a sync comes under; empty: none's.
std::string integration_of(const wire::spec& s) {
  const auto side = read_json(s.to.empty() ? s.from : s.to);
  const auto* connector = side ? side->find("connector") : nullptr;
  const auto* name = connector ? connector->find("integration") : nullptr;
  return name && name->is<std::string>() ? *name->as<std::string>() : "";
}

/// How the page was answered when it was stored; nothing when it is not.
task<result<std::optional<protocols::collection::stored>>>
stored_before(runtime::host& host, runtime::timer& timer, identity into, identity sync,
              wire::transfer asked) {
  using known = std::optional<protocols::collection::stored>;
  const protocols::collection::position where{.feed = sync.name};
  const auto feed = co_await ask_patiently<collection>(host, timer, into, where);
  if (!feed && feed.error().code == code::not_found)
    co_return known{};
  if (!feed)
    co_return feed.error();
  if (feed->run != asked.run || feed->pages != asked.page + 1)
    co_return known{};
  co_return known{feed->last_page};
}

wire::transferred moved_by(const wire::transfer& asked,
                           const protocols::collection::stored& stored) {
  return {.run = asked.run,
          .page = asked.page,
          .moved = {.stored = stored.stored,
                    .unchanged = stored.unchanged,
                    .filtered = stored.filtered,
                    .dead_lettered = stored.dead_lettered,
                    .deleted = stored.deleted,
                    .position = stored.position,
                    .cursor = stored.cursor,
                    .last = stored.last,
                    .conflicts = stored.conflicts}};
}

} // namespace

struct transfer::asked_page {
  runtime::effect effect;
  wire::transfer asked;
  wire::spec spec;
  std::function<void(blob)> outcome;

  void say(wire::command c) const { outcome(protocols::encode(std::move(c))); }
  void fail(source_trouble t) const { say(in_trouble(asked, std::move(t))); }
};

transfer::transfer(runtime::host& h, runtime::workers& w, runtime::timer& t,
                   const source_kinds& from, const destination_kinds& to,
                   std::shared_ptr<turnstile> turns)
    : host_{h}, workers_{w}, timer_{t}, kinds_{from}, outflow_{h, t, to},
      forgetting_{h, w, t, from}, turns_{std::move(turns)} {}

void transfer::perform(runtime::effect e, std::function<void(blob)> outcome) {
  auto asked = protocols::decode<wire::transfer>(e.request);
  ensure(asked.has_value(), "a sync asked for a transfer that cannot be read");
  auto page = std::make_shared<asked_page>();
  page->effect = std::move(e);
  page->asked = *std::move(asked);
  page->outcome = std::move(outcome);
  auto spec = sync_spec_from(page->asked.spec);
  if (!spec)
    return page->fail({spec.error()});
  page->spec = *std::move(spec);
  if (page->asked.forget)
    return forgetting_.begin({page->effect.by, page->spec, page->asked.run},
                             [page](result<void> done) { // of no run: it may be another's by now
                               page->say(wire::transferred{.why = done ? "" : done.error().why});
                             });
  if (page->asked.abandon) // no page: the sync may ask for one at the same time
    return begin(std::move(page), nullptr);
  turns_->ask({.wanted = {page->effect.by, integration_of(page->spec), page->spec.priority},
               .number = page->effect.number,
               .begin = [this, page](auto here) { begin(page, std::move(here)); },
               .withdrawn = [page] { page->say(wire::withdrawn{}); }});
}

void transfer::begin(std::shared_ptr<const asked_page> page,
                     std::shared_ptr<turnstile::place> here) {
  auto moving = move(page, here);
  // The place is free before the sync hears of its page, so that whoever waits goes first.
  auto done = [page, here = std::move(here)](result<blob> r) mutable {
    if (here)
      here->rest();
    here.reset();
    r ? page->outcome(*std::move(r)) : page->fail({.why = r.error(), .transient = true});
  };
  if (const auto begun = runtime::start<blob>(workers_, std::move(moving), std::move(done)); !begun)
    page->fail({.why = begun.error(), .transient = true});
}

void transfer::begin_ahead(std::shared_ptr<source> there, std::shared_ptr<const wire::spec> spec,
                           read_ahead::reading next, std::shared_ptr<turnstile::place> here) {
  if (!here || here->is_wanted())
    return;
  const auto place = ahead_.begin(next, host_.now());
  auto page = read_shaped(host_, std::move(there), std::move(spec), next.wanted);
  auto reading = [](task<shaped_or_trouble> made, read_ahead& ahead, read_ahead::place p,
                    std::shared_ptr<turnstile::place> turn) -> task<void> {
    auto read = co_await std::move(made);
    ahead.finish(p, std::move(read));
    turn.reset();
  }(std::move(page), ahead_, place, std::move(here));
  if (!runtime::start(workers_, std::move(reading)))
    ahead_.take(next, host_.now());
}

task<result<blob>> transfer::move(std::shared_ptr<const asked_page> wanted_page,
                                  std::weak_ptr<turnstile::place> here) {
  const auto& e = wanted_page->effect;
  const auto& asked = wanted_page->asked;
  const auto& spec = wanted_page->spec;
  const auto answer = [](wire::transferred t) {
    return protocols::encode(wire::command{std::move(t)});
  };
  if (!spec.to.empty()) {
    auto moved = co_await outflow_.move(e, asked, spec);
    co_return answer(std::move(moved));
  }
  auto opened = open_source(kinds_, e.by, spec);
  if (!opened)
    co_return answer(in_trouble(asked, {opened.error()}));
  const auto there = *std::move(opened);

  page_request wanted{.sync = e.by,
                      .position = asked.position,
                      .cursor = asked.cursor,
                      .full = asked.full,
                      .attempt = asked.attempt,
                      .priority = spec.priority,
                      .settings = asked.settings};
  if (asked.abandon) {
    const auto told = co_await there->abandon(wanted);
    co_return answer({.run = asked.run, .why = told ? "" : told.error().why});
  }
  const identity into{e.by.tenant, "collection", spec.into};
  if (e.repeated && there->metered()) {
    const auto before = co_await stored_before(host_, timer_, into, e.by, asked);
    if (!before)
      co_return answer(in_trouble(asked, trouble_from(before.error())));
    if (*before && !(*before)->last) // after the last one there may be rows left to bury
      co_return answer(moved_by(asked, **before));
  }
  const std::shared_ptr<const wire::spec> shared_spec{wanted_page, &spec};
  std::optional<shaped_or_trouble> outcome;
  const read_ahead::reading this_page{wanted, asked.run, asked.spec};
  if (const auto early = ahead_.take(this_page, host_.now())) {
    if (auto read = co_await ahead_.wait(early))
      outcome = *std::move(read);
  }
  if (!outcome)
    outcome = co_await read_shaped(host_, there, shared_spec, wanted);
  if (const auto* t = std::get_if<source_trouble>(&*outcome); t && t->unless_stored) {
    const auto before = co_await stored_before(host_, timer_, into, e.by, asked);
    if (!before)
      co_return answer(in_trouble(asked, trouble_from(before.error())));
    if (*before)
      co_return answer(moved_by(asked, **before));
    wanted.anew = true;
    outcome = co_await read_shaped(host_, there, shared_spec, wanted);
  }
  if (auto* t = std::get_if<source_trouble>(&*outcome))
    co_return answer(in_trouble(asked, std::move(*t)));
  auto& [page, fields] = std::get<shaped_page>(*outcome);
  if (asked.page == 0 && spec.map.empty()) // what a source says of its fields is true before `map`
    fields.declared = std::move(page.declared);

  const bool goes_on = !page.last && !page.resume_at;
  const read_ahead::reading next_page{{.sync = e.by,
                                       .position = page.position,
                                       .cursor = page.cursor,
                                       .full = asked.full,
                                       .priority = spec.priority,
                                       .settings = asked.settings},
                                      asked.run,
                                      asked.spec};
  if (goes_on && !there->metered())
    begin_ahead(there, shared_spec, next_page, here.lock());

  const bool marks = page.complete;
  const bool may_skip = page.counted && !(asked.page == 0 && page.last);
  const auto bytes = page.bytes, expected = page.expected;
  auto settings = std::move(page.settings);
  const auto took = page.took;
  const auto resume_at = page.resume_at;
  const auto waits_for = std::move(page.waits_for);
  const protocols::collection::store store{.feed = e.by.name,
                                           .run = asked.run,
                                           .page = asked.page,
                                           .records = std::move(page.records),
                                           .letters = std::move(page.letters),
                                           .filtered = page.filtered,
                                           .position = std::move(page.position),
                                           .cursor = std::move(page.cursor),
                                           .last = page.last,
                                           .marks = marks,
                                           .policy = spec.conflicts,
                                           .drift = std::move(fields),
                                           .read_at = page.read_at};
  auto stored = co_await ask_patiently<collection>(host_, timer_, into, store);
  if (!stored)
    co_return answer(in_trouble(asked, trouble_from(stored.error())));
  if (!stored->stopped.empty())
    co_return answer(in_trouble(asked, {collections::stopped_by(stored->stopped, spec.into)}));
  if (goes_on && there->metered())
    begin_ahead(there, shared_spec, next_page, here.lock());
  auto done = moved_by(asked, *stored);
  done.moved.bytes = bytes;
  done.moved.expected = expected;
  done.moved.resume_at = resume_at;
  done.moved.waits_for = waits_for;
  done.moved.settings = std::move(settings);
  done.moved.took = took;
  if (stored->last && marks) {
    const unseen gone{e.by.name, asked.run, asked.since, asked.since_at, may_skip};
    const auto buried = co_await bury(host_, into, gone);
    if (!buried)
      co_return answer(in_trouble(asked, {.why = buried.error(), .transient = true}));
    done.moved.deleted += *buried;
  }
  co_return answer(std::move(done));
}

} // namespace tenon::actors
