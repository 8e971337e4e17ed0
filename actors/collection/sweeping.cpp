// What becomes of rows that a full refresh has not seen.
#include "actors/collection/conflicts.hpp"
#include "actors/collection/naming.hpp"
#include "actors/collection/rows.hpp"
#include "actors/collection/storing.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using namespace collections;

// By one command: some 20 ms of looking, and what its event may hold.
constexpr std::size_t rows_looked_at = 10'000;
constexpr std::size_t rows_swept = 2'000;
constexpr std::size_t bytes_at_once = 8u << 20;

/// What a source calls what it does not have any more may become the name of something else.
void forget_names_of_missed(collection::state& s, const collection::swept& e) {
  if (!has_names(s, e.feed))
    return;
  for (const auto& key : e.keys)
    forget_name_there(s, e.feed, key);
  for (const auto& one : e.changes)
    forget_name_there(s, e.feed, one.key);
  for (const auto& one : e.known)
    forget_name_there(s, e.feed, one.key);
}

} // namespace

collection::decision<collection::sweep> collection::on(const state& s, const sweep& c, moment now) {
  const auto* feed = find_feed(s, c.feed);
  if (!feed || feed->run != c.run || !feed->last_page.last)
    return refuse(code::conflict, "a sweep follows the last page of its run");
  if (feed->swept_run == c.run)
    return reply(sweep_reached{feed->swept_rows, true});
  swept event{.feed = c.feed, .run = c.run, .after = feed->swept_to, .done = true, .at = now};
  const auto since = c.since != 0 ? c.since : c.run;
  const auto* counterpart = counterpart_of(s, c.feed);
  store gone{.feed = c.feed, .run = c.run, .policy = feed->policy};
  std::size_t looked_at = 0, bytes_held = 0;
  // The first run of a feed has brought every row that the feed has ever brought.
  const bool all_are_seen = c.run == 1 && counterpart == nullptr;
  const auto most = all_are_seen ? 0 : rows_looked_at;
  s.rows.scan(row_key(feed->swept_to), most, [&](std::string_view key, const blob& bytes) {
    if (!key.starts_with('r'))
      return false;
    const auto row = read_row(bytes);
    key.remove_prefix(1);
    event.after = key;
    if (counterpart && is_missed(s, *counterpart, key, row, since, c.since_at)) {
      gone.records.push_back({.key = std::string{key}, .deleted = true});
      bytes_held += row.content.size();
    }
    if (!counterpart && !row.deleted && row.feed == c.feed && row.seen < since)
      event.keys.emplace_back(key);
    event.done = ++looked_at < rows_looked_at && bytes_held < bytes_at_once &&
                 event.keys.size() + gone.records.size() < rows_swept;
    return event.done;
  });
  // As if the feed had brought their deletions: what was changed here as well is a conflict.
  auto page = become_rows(s, gone, now);
  event.changes = std::move(page.changes);
  event.deleted = page.deleted;
  event.conflicts = page.conflicts;
  event.known = std::move(page.known);
  event.parked = std::move(page.parked);
  event.agreed = std::move(page.agreed);
  const auto deleted = feed->swept_rows + event.keys.size() + event.deleted;
  const sweep_reached answer{deleted, event.done};
  return persist(std::move(event)).reply(answer);
}

void collection::apply(state& s, const swept& e) {
  for (const auto& key : e.keys)
    if (const auto stored = s.rows.find(row_key(key))) {
      auto row = read_row(*stored);
      row_moves(s, key, &row, e.feed);
      ++row.version;
      row.deleted = true;
      row.changed_at = e.at;
      row.run = e.run;
      put_change(s, key, row, row.sequence);
    }
  change_rows(s, e.changes);
  if (const auto* counterpart = counterpart_of(s, e.feed))
    keep_sides(s, *counterpart, e);
  forget_names_of_missed(s, e);
  const auto deleted = e.keys.size() + e.deleted;
  s.live -= std::min<std::uint64_t>(s.live, deleted);
  s.tombstones += deleted;
  auto& f = feed_of(s, e.feed);
  f.swept_to = e.after;
  f.swept_rows += deleted;
  if (e.done)
    f.swept_run = e.run;
}

} // namespace tenon::actors
