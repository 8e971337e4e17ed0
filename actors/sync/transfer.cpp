#include "actors/sync/transfer.hpp"

#include "actors/collection.hpp"
#include "actors/sync.hpp"
#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"
#include "protocols/json.hpp"
#include "runtime/expression/expression.hpp"
#include "runtime/tasks/asking.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using wire = protocols::sync;
using runtime::task;

// The collection is busy storing what came before: a short wait is cheaper than a failed attempt.
constexpr span busy_look{20};
constexpr int busy_looks = 250;
// A page becomes one entry of the journal, which has at most 32 MB.
constexpr std::size_t most_page_bytes = 24u << 20;
constexpr std::size_t around_a_record = 192; // its row's other fields, but for the feed's name

bool busy(const failure& f) {
  return f.code == code::overloaded || f.code == code::unavailable;
}

wire::transferred trouble(const wire::transfer& asked, source_trouble t) {
  return {.run = asked.run,
          .page = asked.page,
          .why = t.why.why.empty() ? "unknown" : std::move(t.why.why),
          .place = std::move(t.why.where),
          .remedy = std::move(t.why.remedy),
          .transient = t.transient,
          .retry_after = t.retry_after,
          .start_over = t.start_over,
          .attempt = std::move(t.attempt),
          .counted = t.counted};
}

/// Refuses a page that could not be stored as a whole.
result<void> check_size(const source_page& p, std::string_view feed) {
  std::size_t bytes = 0;
  for (const auto& r : p.records)
    bytes += around_a_record + feed.size() + r.key.size() + r.content.size();
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

/// Takes out what the sync's `keep` does not keep. A record on which the expression fails is a
/// letter: whether it was wanted cannot be known.
result<void> keep_only(const std::string& condition, source_page& p, moment now) {
  using namespace runtime::expression;
  const auto kept =
      compile(condition, {.roots = {"record"}, .implied_root = "record", .allow_secrets = false});
  if (!kept)
    return failure{code::malformed, kept.error().why, "spec.keep", kept.error().remedy};
  scope names;
  names.set_now(now);
  std::erase_if(p.records, [&](const protocols::collection::incoming& r) {
    if (r.deleted)
      return false; // a deletion carries no fields to judge
    names.bind_json("record", r.content.view());
    const auto wanted = evaluate_condition(*kept, names);
    if (wanted && *wanted)
      return false;
    if (wanted)
      ++p.filtered;
    else
      p.letters.push_back(
          {.place = r.key, .reason = "spec.keep: " + wanted.error().why, .bytes = r.content});
    return true;
  });
  return {};
}

} // namespace

/// What is being read in advance: at most one page for each sync.
class transfer::read_ahead {
public:
  struct page_ahead {
    page_request wanted;
    std::uint64_t run = 0;
    std::optional<page_or_trouble> read;
    std::optional<runtime::completion<page_or_trouble>> awaiting;
  };
  using place = std::shared_ptr<page_ahead>;

  place begin(const identity& sync, page_request wanted, std::uint64_t run) {
    auto fresh = std::make_shared<page_ahead>(page_ahead{.wanted = std::move(wanted), .run = run});
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

  /// The page that is being read in advance, if it is the one that is wanted now.
  place take(const page_request& wanted, std::uint64_t run) {
    const std::lock_guard hold{guard_};
    const auto it = pages_.find(wanted.sync);
    if (it == pages_.end())
      return nullptr;
    auto p = std::move(it->second);
    pages_.erase(it);
    const bool same = p->run == run && p->wanted.position == wanted.position &&
                      p->wanted.cursor == wanted.cursor && p->wanted.full == wanted.full &&
                      p->wanted.attempt == wanted.attempt;
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

transfer::transfer(runtime::host& h, runtime::workers& w, runtime::timer& t, const source_kinds& k)
    : host_{h}, workers_{w}, timer_{t}, kinds_{k}, ahead_{std::make_unique<read_ahead>()} {}

transfer::~transfer() = default;

void transfer::perform(runtime::effect e, std::function<void(blob)> outcome) {
  const auto asked = protocols::decode<wire::transfer>(e.request);
  ensure(asked.has_value(), "a sync asked for a transfer that cannot be read");
  const auto failed = [asked = *asked, outcome](const failure& f) {
    outcome(protocols::encode(wire::command{trouble(asked, {.why = f, .transient = true})}));
  };
  const auto started =
      runtime::start<blob>(workers_, move(std::move(e)), [outcome, failed](result<blob> r) {
        r ? outcome(*std::move(r)) : failed(r.error());
      });
  if (!started)
    failed(started.error());
}

task<result<blob>> transfer::move(runtime::effect e) {
  const auto asked = *protocols::decode<wire::transfer>(e.request);
  const auto answer = [](wire::transferred t) {
    return protocols::encode(wire::command{std::move(t)});
  };
  const auto written = read_json(asked.spec);
  const auto spec = written ? protocols::from_value<wire::spec>(*written, "spec")
                            : result<wire::spec>{written.error()};
  if (!spec)
    co_return answer(trouble(asked, {spec.error()}));
  const auto from = read_json(spec->from);
  const auto& [kind_name, options] = *from->as<object>()->begin();
  const auto kind = std::ranges::find(kinds_, kind_name, [](const auto& k) { return k->name(); });
  if (kind == kinds_.end())
    co_return answer(trouble(
        asked, {{code::not_found, "there is no kind of source called " + kind_name, "spec.from"}}));
  auto opened = (*kind)->open(e.by, *options.as<object>());
  if (!opened)
    co_return answer(trouble(asked, {opened.error()}));
  const std::shared_ptr<source> there = std::move(*opened);

  const page_request wanted{e.by, asked.position, asked.cursor, asked.full, asked.attempt};
  std::optional<page_or_trouble> outcome;
  if (const auto early = ahead_->take(wanted, asked.run)) {
    if (auto read = co_await ahead_->wait(early))
      outcome = *std::move(read);
  }
  if (!outcome)
    outcome = co_await there->read(wanted);
  if (auto* t = std::get_if<source_trouble>(&*outcome))
    co_return answer(trouble(asked, std::move(*t)));
  auto& page = std::get<source_page>(*outcome);
  if (!spec->keep.empty())
    if (auto kept = keep_only(spec->keep, page, host_.now()); !kept)
      co_return answer(trouble(asked, {kept.error()}));
  if (auto fits = check_size(page, e.by.name); !fits)
    co_return answer(trouble(asked, {fits.error()}));

  if (!page.last) {
    const page_request next{e.by, page.position, page.cursor, asked.full};
    const auto place = ahead_->begin(e.by, next, asked.run);
    const auto begun = runtime::start(workers_,
                                      [](std::shared_ptr<source> s, page_request r,
                                         read_ahead& ahead, read_ahead::place p) -> task<void> {
                                        auto read = co_await s->read(std::move(r));
                                        ahead.finish(p, std::move(read));
                                      }(there, next, *ahead_, place));
    if (!begun)
      ahead_->take(next, asked.run);
  }

  const identity into{e.by.tenant, "collection", spec->into};
  const bool marks = page.complete;
  const auto bytes = page.bytes, expected = page.expected;
  const protocols::collection::store store{.feed = e.by.name,
                                           .run = asked.run,
                                           .page = asked.page,
                                           .records = std::move(page.records),
                                           .letters = std::move(page.letters),
                                           .filtered = page.filtered,
                                           .position = std::move(page.position),
                                           .cursor = std::move(page.cursor),
                                           .last = page.last,
                                           .marks = marks};
  auto stored = co_await runtime::ask<collection>(host_, into, store);
  for (int look = 0; !stored && busy(stored.error()) && look < busy_looks; ++look) {
    if (!co_await timer_.wait(stored.error().retry_after.value_or(busy_look)))
      break;
    stored = co_await runtime::ask<collection>(host_, into, store);
  }
  if (!stored)
    co_return answer(trouble(
        asked, {.why = stored.error(),
                .transient = busy(stored.error()) || stored.error().code == code::timed_out}));
  wire::transferred done{.run = asked.run,
                         .page = asked.page,
                         .moved = {.stored = stored->stored,
                                   .unchanged = stored->unchanged,
                                   .filtered = stored->filtered,
                                   .dead_lettered = stored->dead_lettered,
                                   .deleted = stored->deleted,
                                   .bytes = bytes,
                                   .position = stored->position,
                                   .cursor = stored->cursor,
                                   .last = stored->last,
                                   .expected = expected}};
  const protocols::collection::sweep sweep{e.by.name, asked.run, asked.since};
  while (stored->last && marks) {
    const auto swept = co_await runtime::ask<collection>(host_, into, sweep);
    if (!swept)
      co_return answer(trouble(asked, {.why = swept.error(), .transient = true}));
    if (swept->done) {
      done.moved.deleted += swept->deleted;
      break;
    }
  }
  co_return answer(std::move(done));
}

} // namespace tenon::actors
