#include "actors/sync/transfer.hpp"

#include "actors/collection.hpp"
#include "actors/collection/drift/judging.hpp"
#include "actors/sync.hpp"
#include "actors/sync/burying.hpp"
#include "actors/sync/opening.hpp"
#include "actors/sync/outcome.hpp"
#include "actors/sync/shaping.hpp"
#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using wire = protocols::sync;
using runtime::task;

// A page becomes one entry of the journal, which has at most 32 MB.
constexpr std::size_t most_page_bytes = 24u << 20;
constexpr span longest_ahead = std::chrono::seconds{30};
constexpr std::size_t around_a_record = 192; // its row's other fields, but for the feed's name

/// Refuses a page that could not be stored as a whole.
result<void> check_size(const source_page& p, std::string_view feed) {
  std::size_t bytes = 0;
  for (const auto& r : p.records)
    bytes +=
        around_a_record + feed.size() + r.key.size() + std::max(r.content.size(), r.came.size());
  for (const auto& l : p.letters)
    bytes += around_a_record + feed.size() + l.place.size() + l.reason.size() + l.bytes.size();
  if (bytes <= most_page_bytes)
    return {};
  return failure{code::too_large,
                 "a page of " + std::to_string(p.records.size() + p.letters.size()) +
                     " records would take " + std::to_string(bytes) + " bytes, more than " +
                     std::to_string(most_page_bytes),
                 "spec.from", "Ask the source for fewer records at once."};
}

/// What the spec makes of a page. A deletion carries no fields to judge. What may become a letter
/// later is needed then as it came.
void shape_page(const shaping& shape, source_page& p, bool may_be_letters, moment now) {
  std::erase_if(p.records, [&](protocols::collection::incoming& r) {
    if (r.deleted) {
      if (shape.names())
        r.origin = std::exchange(r.key, {});
      return false;
    }
    const auto as_it_came = r.content;
    const auto name = r.key;
    std::string why;
    const auto fate = shape.shape(r, why, now);
    if (fate == shaping::fate::filtered)
      ++p.filtered;
    else if (fate == shaping::fate::letter)
      p.letters.push_back(
          {.place = name, .reason = std::move(why), .bytes = as_it_came, .key = name});
    else if (may_be_letters && r.content.view().data() != as_it_came.view().data())
      r.came = as_it_came;
    return fate != shaping::fate::kept;
  });
}

/// What the collection holds the page to. What a source says of its fields is true before `map`.
protocols::drift_types::page fields_of(const source_page& p, const wire::spec& spec, bool first) {
  collections::field_sum fields;
  for (const auto& r : p.records)
    if (!r.deleted)
      fields.add(r.content.view());
  auto all = fields.page(spec.drift);
  if (first && spec.map.empty())
    all.declared = p.declared;
  return all;
}

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

/// The page, with when it was there, and how long it took to get it.
task<page_or_trouble> read_timed(runtime::host& host, std::shared_ptr<source> from,
                                 page_request wanted) {
  const auto begun = host.steady();
  auto read = co_await from->read(std::move(wanted));
  if (auto* page = std::get_if<source_page>(&read)) {
    page->took = std::chrono::duration_cast<span>(host.steady() - begun);
    page->read_at = host.now();
  }
  co_return read;
}

} // namespace

/// What is being read in advance: at most one page for each sync.
class transfer::read_ahead {
public:
  struct page_ahead {
    page_request wanted;
    std::uint64_t run = 0;
    moment since{};
    std::optional<page_or_trouble> read;
    std::optional<runtime::completion<page_or_trouble>> awaiting;
  };
  using place = std::shared_ptr<page_ahead>;

  place begin(const identity& sync, page_request wanted, std::uint64_t run, moment now) {
    auto fresh = std::make_shared<page_ahead>(
        page_ahead{.wanted = std::move(wanted), .run = run, .since = now});
    const std::lock_guard hold{guard_};
    pages_[sync] = fresh;
    return fresh;
  }

  void finish(const place& p, page_or_trouble read) {
    std::optional<runtime::completion<page_or_trouble>> waiting;
    {
      const std::lock_guard hold{guard_};
      if (!p->awaiting) {
        p->read = std::move(read);
        return;
      }
      waiting = std::move(p->awaiting);
    }
    (*waiting)(std::move(read));
  }

  /// The page that is being read in advance, if it is the one that is wanted now, and not too old:
  /// while a sync was paused, what it has read may have been changed, even by us.
  place take(const page_request& wanted, std::uint64_t run, moment now) {
    const std::lock_guard hold{guard_};
    const auto it = pages_.find(wanted.sync);
    if (it == pages_.end())
      return nullptr;
    auto p = std::move(it->second);
    pages_.erase(it);
    const bool same = p->run == run && now - p->since < longest_ahead &&
                      p->wanted.position == wanted.position && p->wanted.cursor == wanted.cursor &&
                      p->wanted.full == wanted.full && p->wanted.attempt == wanted.attempt;
    return same ? p : nullptr;
  }

  // The lambda is a temporary of the statement that waits, so it must own nothing: GCC 12 would
  // release it twice. `p` is the frame's, and is not touched once the guard is let go.
  task<result<page_or_trouble>> wait(place p) {
    co_return co_await runtime::callback<page_or_trouble>(
        [this, &p](runtime::completion<page_or_trouble> done) {
          std::optional<page_or_trouble> read;
          {
            const std::lock_guard hold{guard_};
            if (!p->read)
              p->awaiting = done;
            else
              read = std::move(p->read);
          }
          if (read)
            done(*std::move(read));
        });
  }

private:
  std::mutex guard_;
  std::map<identity, place> pages_;
};

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
      forgetting_{h, w, t, from}, ahead_{std::make_unique<read_ahead>()}, turns_{std::move(turns)} {
}

transfer::~transfer() = default;

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

void transfer::begin_ahead(std::shared_ptr<source> there, const page_request& next,
                           std::uint64_t run, std::shared_ptr<turnstile::place> here) {
  if (!here || here->is_wanted())
    return;
  const auto place = ahead_->begin(next.sync, next, run, host_.now());
  auto reading = [](task<page_or_trouble> page, read_ahead& ahead, read_ahead::place p,
                    std::shared_ptr<turnstile::place> turn) -> task<void> {
    auto read = co_await std::move(page);
    ahead.finish(p, std::move(read));
    turn.reset();
  }(read_timed(host_, std::move(there), next), *ahead_, place, std::move(here));
  if (!runtime::start(workers_, std::move(reading)))
    ahead_->take(next, run, host_.now());
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
  std::optional<page_or_trouble> outcome;
  if (const auto early = ahead_->take(wanted, asked.run, host_.now())) {
    if (auto read = co_await ahead_->wait(early))
      outcome = *std::move(read);
  }
  if (!outcome)
    outcome = co_await read_timed(host_, there, wanted);
  if (const auto* t = std::get_if<source_trouble>(&*outcome); t && t->unless_stored) {
    const auto before = co_await stored_before(host_, timer_, into, e.by, asked);
    if (!before)
      co_return answer(in_trouble(asked, trouble_from(before.error())));
    if (*before)
      co_return answer(moved_by(asked, **before));
    wanted.anew = true;
    outcome = co_await read_timed(host_, there, wanted);
  }
  if (auto* t = std::get_if<source_trouble>(&*outcome))
    co_return answer(in_trouble(asked, std::move(*t)));
  auto& page = std::get<source_page>(*outcome);
  const auto shape = shaping::make(spec);
  if (!shape)
    co_return answer(in_trouble(asked, {shape.error()}));
  if (!shape->does_nothing())
    shape_page(*shape, page, spec.drift != protocols::drift_types::policy::widen, host_.now());
  if (auto fits = check_size(page, e.by.name); !fits)
    co_return answer(in_trouble(asked, {fits.error()}));

  if (!page.last && !page.resume_at) {
    const page_request next{.sync = e.by,
                            .position = page.position,
                            .cursor = page.cursor,
                            .full = asked.full,
                            .priority = spec.priority,
                            .settings = asked.settings};
    begin_ahead(there, next, asked.run, here.lock());
  }

  const bool marks = page.complete;
  const bool may_skip = page.counted && !(asked.page == 0 && page.last);
  const auto bytes = page.bytes, expected = page.expected;
  auto settings = std::move(page.settings);
  const auto took = page.took;
  const auto resume_at = page.resume_at;
  const auto waits_for = std::move(page.waits_for);
  auto fields = fields_of(page, spec, asked.page == 0);
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
