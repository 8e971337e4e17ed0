#include "actors/collection/storing.hpp"

#include "actors/collection/conflicts.hpp"
#include "actors/collection/drift/keeping.hpp"
#include "actors/collection/merging.hpp"
#include "actors/collection/naming.hpp"
#include "actors/collection/rows.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace tenon::actors {
namespace {

using namespace collections;
using wire = protocols::collection;

constexpr std::size_t max_key_bytes = 250; // a table key has 255, some of them our prefix

/// Whether no key comes twice, seen without looking any up: they ascend as texts, or as the digits
/// of numbers do.
bool keys_ascend(const std::vector<wire::incoming>& records) {
  bool texts = true, numbers = true;
  for (std::size_t i = 1; i < records.size() && (texts || numbers); ++i) {
    const auto& before = records[i - 1].key;
    const auto& key = records[i].key;
    const bool greater = before < key;
    texts = texts && greater;
    numbers = numbers && (before.size() < key.size() || (before.size() == key.size() && greater));
  }
  return texts || numbers;
}

/// One page on its way to becoming an event: what each record does to its row.
class page_account {
public:
  page_account(const collection::state& s, const wire::store& page, moment now)
      : state_{s}, page_{page}, counterpart_{counterpart_of(s, page.feed)},
        merges_{page.policy == conflict::policy::merge ||
                std::ranges::count(s.feeds, conflict::policy::merge, &wire::feed::policy) != 0} {
    if (counterpart_ == nullptr && page.policy != conflict::policy::vendor_wins)
      counterpart_ = &expected_.emplace(outlet_for(s, page.feed));
    out.feed = page.feed;
    out.run = page.run;
    out.page = page.page;
    out.letters = page.letters;
    out.filtered = page.filtered;
    out.position = page.position;
    out.cursor = page.cursor;
    out.last = page.last;
    out.policy = page.policy;
    out.at = now;
    out.changes.reserve(page.records.size());
    if (keys_ascend(page.records))
      std::ranges::for_each(page.records, [&](const auto& record) { take(record); });
    else
      take_last_words(page.records);
    for (auto& letter : out.letters) {
      letter.feed = page.feed;
      letter.run = page.run;
      letter.at = now;
      if (letter.key.size() > max_key_bytes)
        letter.key.clear();
      keep_from_sweep(letter.key);
    }
  }

  wire::page_stored out;

private:
  /// A key that comes twice in one page: the last word counts, those before it as unchanged.
  void take_last_words(const std::vector<wire::incoming>& records) {
    std::unordered_map<std::string_view, const wire::incoming*> last;
    last.reserve(records.size());
    for (const auto& record : records)
      last[record.key] = &record;
    for (const auto& record : records)
      if (last[record.key] == &record)
        take(record);
      else
        ++out.unchanged;
  }

  void take(const wire::incoming& record) {
    if (record.key.empty() || record.key.size() > max_key_bytes) {
      const auto& there = record.origin.empty() ? record.key : record.origin;
      out.letters.push_back({.place = there.empty() ? "key" : there,
                             .reason = record.key.empty() ? "the key is empty"
                                       : record.origin.empty()
                                           ? "the key is longer than 250 bytes"
                                           : "the key, here or there, is longer than 240 bytes",
                             .bytes = record.came.empty() ? record.content : record.came,
                             .key = there});
      return;
    }
    const auto stored = state_.rows.find(row_key(record.key));
    if (counterpart_ != nullptr)
      return reconcile(record, stored ? std::optional{read_row(*stored)} : std::nullopt);
    if (!stored)
      return record.deleted ? stay(record, nullptr) : change(record, {}, false);
    const auto row = read_row(*stored);
    if (record.deleted ? row.deleted : !row.deleted && row.content == record.content)
      return stay(record, &row);
    change(record, row, true);
  }

  /// The feed's side may not have heard yet of what has changed here.
  void reconcile(const wire::incoming& record,
                 const std::optional<protocols::row_types::record>& row) {
    const auto* before = row ? &*row : nullptr;
    const bool late = overwritten_since(state_, *counterpart_, record.key, before, page_.read_at);
    auto s = late ? settle_late(state_, *counterpart_, record, *row, page_.policy, out.at)
                  : settle(state_, *counterpart_, record, before, page_.policy, out.at);
    const conflict::side brought{record.deleted, record.deleted ? blob{} : record.content};
    std::optional<conflict::parked> waits;
    if (state_.parked != 0)
      waits = parked_for(state_, *counterpart_, record.key);
    if (s.parked) {
      if (!waits || !same(waits->brought, brought)) {
        ++out.conflicts;
        out.parked.push_back({.feed = page_.feed,
                              .key = record.key,
                              .brought = brought,
                              .agreed = known_to(state_, *counterpart_, record.key, before).side,
                              .at = out.at});
      }
      return stay(record, before);
    }
    out.conflicts += s.contested;
    if (late && s.what == fate::unchanged)
      return stay(record, before);
    if (waits)
      out.agreed.push_back(record.key);
    // While it waited the outlet has passed it by.
    if (waits && s.what == fate::unchanged && before && !same(brought, side_of(before)))
      s.what = fate::sent_again;
    if (s.news)
      out.known.push_back({record.key, brought});
    switch (s.what) {
    case fate::unchanged:
      return stay(record, before);
    case fate::accepted:
      return change(record, row.value_or(protocols::row_types::record{}), row.has_value());
    case fate::sent_again:
      // As another version, even if the outlet has not come to it yet: it may be on its way, and
      // the feed's side has changed after that.
      s.row = *row;
      ++s.row.version;
      break;
    case fate::made:
      out.deleted += s.row.deleted && !row->deleted;
      out.born += !s.row.deleted && row->deleted;
      out.revived += !s.row.deleted && row->deleted;
      break;
    }
    if (page_.marks && !record.deleted)
      out.seen.push_back(record.key);
    out.changes.push_back({record.key, std::move(s.row), row->sequence});
  }

  /// What has been seen is noted for the sweep: of the row's own feed, or of one that is written
  /// to; a row whose feed is gone is this one's from now on.
  void stay(const wire::incoming& record, const protocols::row_types::record* row) {
    ++out.unchanged;
    if (page_.marks && !record.deleted && row != nullptr &&
        (row->feed == page_.feed || counterpart_ != nullptr || !find_feed(state_, row->feed)))
      out.seen.push_back(record.key);
  }

  /// A letter's record is still there, where it came from, so its row stays as it was.
  void keep_from_sweep(const std::string& origin) {
    const auto key = name_here(state_, page_.feed, origin).value_or(origin);
    const auto stored = key.empty() || !page_.marks ? std::nullopt : state_.rows.find(row_key(key));
    if (stored && (counterpart_ != nullptr || read_row(*stored).feed == page_.feed))
      out.seen.push_back(key);
  }

  void change(const wire::incoming& record, const protocols::row_types::record& before,
              bool existed) {
    if (record.deleted)
      ++out.deleted;
    else if (!existed || before.deleted)
      ++out.born;
    if (existed && before.deleted)
      ++out.revived;
    out.changes.push_back({record.key,
                           {.version = before.version + 1,
                            // What is gone keeps its last content: who is told of it needs to know.
                            .content = record.deleted && existed ? before.content : record.content,
                            .deleted = record.deleted,
                            .changed_at = out.at,
                            .feed = page_.feed,
                            .run = page_.run,
                            .seen = page_.marks                 ? page_.run
                                    : before.feed == page_.feed ? before.seen
                                                                : 0,
                            .origins = origins_of(record, before)},
                           before.sequence});
  }

  origins origins_of(const wire::incoming& record,
                     const protocols::row_types::record& before) const {
    if (!merges_ || record.deleted || before.version == 0)
      return {};
    return kept_origins(before.content.view(), {before.feed, before.changed_at, before.origins},
                        record.content.view());
  }

  const collection::state& state_;
  const wire::store& page_;
  const wire::outlet* counterpart_; // null: nothing is written to where this feed reads
  std::optional<wire::outlet> expected_{};
  bool merges_; // so it matters where each field comes from
};

void note_seen(collection::state& s, const collection::page_stored& e) {
  const auto* counterpart = counterpart_of(s, e.feed);
  for (const auto& key : e.seen) {
    const auto stored = s.rows.find(row_key(key));
    if (!stored)
      continue;
    auto row = read_row(*stored);
    if (row.feed != e.feed && counterpart != nullptr) {
      mark_seen(s, *counterpart, key, e.run);
      continue;
    }
    row.feed = e.feed;
    row.seen = e.run;
    s.rows.put(row_key(key), protocols::encode(row));
  }
}

} // namespace

void collections::change_rows(collection::state& s,
                              const std::vector<protocols::row_types::change>& changes) {
  const bool paired =
      std::ranges::any_of(s.outlets, [](const auto& o) { return !o.except.empty(); });
  const bool shared = !changes.empty() && std::ranges::any_of(s.feeds, [&](const auto& f) {
    return f.name != changes.front().row.feed;
  });
  for (const auto& c : changes) {
    if (paired || (shared && c.row.version > 1)) {
      const auto stored = s.rows.find(row_key(c.key));
      const auto before = stored ? std::optional{read_row(*stored)} : std::nullopt;
      row_moves(s, c.key, before ? &*before : nullptr, c.row.feed);
    }
    put_change(s, c.key, c.row, c.was);
  }
}

collection::page_stored collections::become_rows(const collection::state& s,
                                                 const wire::store& page, moment now) {
  if (!needs_names(page)) {
    auto event = page_account{s, page, now}.out;
    event.names = own_names_gone(s, page);
    return event;
  }
  auto found = with_names(s, page);
  auto event = page_account{s, found.page, now}.out;
  event.names = std::move(found.names);
  event.unchanged += found.unknown;
  return event;
}

wire::stored collections::answer_to(const collection::page_stored& e) {
  return {.stored = e.changes.size(),
          .unchanged = e.unchanged,
          .deleted = e.deleted,
          .dead_lettered = e.letters.size(),
          .filtered = e.filtered,
          .position = e.position,
          .cursor = e.cursor,
          .last = e.last,
          .conflicts = e.conflicts};
}

collection::decision<collection::store> collection::on(const state& s, const store& c, moment now) {
  const auto* feed = find_feed(s, c.feed);
  if (!feed && s.feeds.size() >= max_feeds)
    return refuse({code::too_large, "the collection has 256 feeds", "feed",
                   "Give the sync a collection of its own."});
  if (feed && c.run < feed->run)
    return refuse(code::conflict, "a newer run of this feed has begun");
  if (c.policy != conflict::policy::vendor_wins && !counterpart_of(s, c.feed) &&
      s.outlets.size() >= max_outlets)
    return refuse({code::too_large, "the collection has 64 outlets", "feed",
                   "Remove a sync that is no longer needed."});
  const auto pages = feed && feed->run == c.run ? feed->pages : 0;
  if (pages > 0 && c.page + 1 == pages) {
    auto as_before = feed->last_page;
    as_before.repeated = true;
    return reply(std::move(as_before));
  }
  if (c.page != pages)
    return refuse(code::conflict, "page " + std::to_string(c.page) + " came, page " +
                                      std::to_string(pages) + " is next");
  const auto held = hold(s, c, now);
  if (!held.stopped.empty())
    return persist(drift_stopped{held.stopped}).reply(stored{.stopped = held.stopped});
  auto event =
      held.refused.empty() ? become_rows(s, c, now) : become_rows(s, without_refused(c, held), now);
  event.drift = held.noted;
  auto answer = answer_to(event);
  return persist(std::move(event)).reply(std::move(answer));
}

collection::decision<collection::put> collection::on(const state& s, const put& c, moment now) {
  const auto* feed = find_feed(s, c.feed);
  if (!feed && s.feeds.size() >= max_feeds)
    return refuse({code::too_large, "the collection has 256 feeds", "feed",
                   "Give the events a collection of their own."});
  store page{.feed = c.feed, .run = feed ? feed->run : 1, .page = feed ? feed->pages : 0};
  std::set<std::string_view> taken;
  for (const auto& record : c.records)
    if (taken.insert(record.key).second && !s.rows.find(row_key(record.key)))
      page.records.push_back(record);
  const auto repeated = c.records.size() - page.records.size();
  if (page.records.empty())
    return reply(stored{.unchanged = repeated, .repeated = true});
  field_sum fields;
  for (const auto& record : page.records)
    fields.add(record.content.view());
  page.drift = fields.page(drift::policy::widen);
  auto event = become_rows(s, page, now);
  event.drift = hold(s, page, now).noted;
  event.unchanged += repeated;
  auto answer = answer_to(event);
  return persist(std::move(event)).reply(std::move(answer));
}

void collection::apply(state& s, const page_stored& e) {
  if (e.policy != conflict::policy::vendor_wins && counterpart_of(s, e.feed) == nullptr)
    s.outlets.push_back(outlet_for(s, e.feed));
  change_rows(s, e.changes);
  if (const auto* counterpart = counterpart_of(s, e.feed))
    keep_sides(s, *counterpart, e);
  note_seen(s, e);
  keep_names(s, e.feed, e.names);
  for (const auto& l : e.letters)
    s.rows.put(letter_key(e.replayed != 0 ? e.replayed : ++s.letters), protocols::encode(l));
  if (e.replayed != 0 && e.letters.empty())
    s.rows.erase(letter_key(e.replayed));
  s.live += e.born;
  s.live -= std::min(s.live, e.deleted);
  s.tombstones += e.deleted;
  s.tombstones -= std::min(s.tombstones, e.revived);
  note(s, e.drift.changes, e.drift.unkept);
  if (e.replayed != 0) // it is no page of its feed
    return;
  s.drift.learnt |= e.last && s.drift.fields != 0;
  auto& f = feed_of(s, e.feed);
  if (f.run != e.run)
    f = {.name = e.feed, .swept_run = f.swept_run};
  f.run = e.run;
  f.pages = e.page + 1;
  f.position = e.position;
  f.cursor = e.cursor;
  f.policy = e.policy;
  f.last_page = answer_to(e);
}

} // namespace tenon::actors
