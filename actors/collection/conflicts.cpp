#include "actors/collection/conflicts.hpp"

#include "actors/collection/merging.hpp"
#include "actors/collection/naming.hpp"
#include "actors/collection/progress.hpp"

#include <algorithm>
#include <limits>

namespace tenon::actors::collections {
namespace {

using wire = protocols::collection;

constexpr std::size_t most_superseded = 8;
// From reading a page to storing it, at most: what rows were before that need not be kept.
constexpr span longest_reading = std::chrono::minutes{10};

std::optional<conflict::kept> kept_for(const collection::state& s, const wire::outlet& o,
                                       std::string_view key) {
  const auto bytes = s.rows.find(slot_key('b', o.slot, key));
  if (!bytes)
    return std::nullopt;
  auto kept = protocols::decode<conflict::kept>(*bytes);
  ensure(kept.has_value(), "what is kept of another side cannot be read");
  return *std::move(kept);
}

void put_kept(collection::state& s, const wire::outlet& o, std::string_view key,
              const conflict::kept& k) {
  s.rows.put(slot_key('b', o.slot, key), protocols::encode(k));
}

conflict::mark mark_of(const collection::state& s, const wire::outlet& o, std::string_view key) {
  const auto bytes = s.rows.find(slot_key('m', o.slot, key));
  if (!bytes)
    return {};
  auto kept = protocols::decode<conflict::mark>(*bytes);
  ensure(kept.has_value(), "what a refresh has seen cannot be read");
  return *kept;
}

/// A page may be older than several deliveries, if they followed closely.
conflict::kept with_earlier(conflict::kept known, const conflict::mark& last, moment now) {
  if (now - last.delivered_at > longest_reading)
    return known;
  auto all = last.before.superseded;
  if (!last.before.side.deleted)
    all.push_back(last.before.side.content);
  all.insert(all.end(), known.superseded.begin(), known.superseded.end());
  if (all.size() > most_superseded)
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(most_superseded));
  known.superseded = std::move(all);
  return known;
}

void put_mark(collection::state& s, const wire::outlet& o, std::string_view key,
              const conflict::mark& m) {
  s.rows.put(slot_key('m', o.slot, key), protocols::encode(m));
}

/// Of two sides that differ from what both had, what the row becomes.
settlement merged(const wire::outlet& counterpart, const conflict::kept& known,
                  const conflict::side& ours, const wire::incoming& brought,
                  const protocols::row_types::record* row, moment now) {
  settlement s{.contested = true};
  if (ours.deleted != brought.deleted) { // an edit outlives a deletion
    s.what = brought.deleted ? fate::sent_again : fate::accepted;
    s.news = brought.deleted;
    return s;
  }
  const auto at = brought.modified_at == moment{} ? now : brought.modified_at;
  const written_by by{row->feed, row->changed_at, row->origins};
  std::vector<std::string_view> earlier{known.side.content.view()};
  for (const auto& content : known.superseded)
    earlier.push_back(content.view());
  auto both =
      merge(earlier, ours.content.view(), by, brought.content.view(), counterpart.except, at);
  if (both.content == brought.content.view()) {
    s.what = fate::accepted;
    return s;
  }
  s.news = true;
  if (both.content == ours.content.view()) {
    s.what = fate::sent_again;
    return s;
  }
  s.what = fate::made;
  s.row = *row;
  ++s.row.version;
  s.row.content = blob::from(std::move(both.content));
  s.row.changed_at = now;
  s.row.feed.clear();
  s.row.origins = std::move(both.fields);
  return s;
}

} // namespace

wire::outlet outlet_for(const wire::state& s, std::string_view except) {
  std::uint8_t slot = '0'; // a letter, so that what it begins can be shown
  while (std::ranges::count(s.outlets, slot, &wire::outlet::slot) != 0)
    ++slot;
  return {.at = beginning(s), .except = std::string{except}, .slot = slot};
}

const wire::outlet* counterpart_of(const wire::state& s, std::string_view feed) {
  const auto it = std::ranges::find(s.outlets, feed, &wire::outlet::except);
  return it == s.outlets.end() || feed.empty() ? nullptr : &*it;
}

conflict::side side_of(const protocols::row_types::record* row) {
  return row == nullptr || row->deleted ? conflict::side{}
                                        : conflict::side{.deleted = false, .content = row->content};
}

bool same(const conflict::side& a, const conflict::side& b) {
  return a.deleted == b.deleted && (a.deleted || a.content == b.content);
}

conflict::kept known_to(const collection::state& s, const wire::outlet& o, std::string_view key,
                        const protocols::row_types::record* row) {
  if (auto kept = kept_for(s, o, key))
    return *std::move(kept);
  return {.side = row != nullptr && has_it(o, key, *row) ? side_of(row) : conflict::side{}};
}

std::optional<conflict::parked> parked_for(const collection::state& s, const wire::outlet& o,
                                           std::string_view key) {
  const auto kept = s.rows.find(slot_key('k', o.slot, key));
  if (!kept)
    return std::nullopt;
  auto read = protocols::decode<conflict::parked>(*kept);
  ensure(read.has_value(), "a conflict that waits cannot be read");
  return *std::move(read);
}

bool overwritten_since(const collection::state& s, const wire::outlet& o, std::string_view key,
                       const protocols::row_types::record* row, moment read) {
  if (row == nullptr || read == moment{})
    return false;
  if (const auto kept = kept_for(s, o, key))
    return kept->begun_at > read;
  // What was passed over by the outlet was not written there.
  return brought_there(o, key, *row) > read && mark_of(s, o, key).delivered_at != moment{};
}

settlement settle(const collection::state& s, const wire::outlet& counterpart,
                  const wire::incoming& brought, const protocols::row_types::record* row,
                  conflict::policy policy, moment now) {
  const auto ours = side_of(row);
  const conflict::side theirs{brought.deleted, brought.deleted ? blob{} : brought.content};
  const auto known = known_to(s, counterpart, brought.key, row);
  if (same(theirs, ours))
    return {.news = !same(theirs, known.side)};
  if (same(theirs, known.side))
    return {};
  if (!theirs.deleted && std::ranges::count(known.superseded, theirs.content) != 0)
    return {.news = true}; // an echo of what was on its way there
  if (same(ours, known.side))
    return {.what = fate::accepted};
  switch (policy) {
  case conflict::policy::vendor_wins:
    break;
  case conflict::policy::local_wins:
    return {.what = fate::sent_again, .contested = true, .news = true};
  case conflict::policy::merge:
    return merged(counterpart, known, ours, brought, row, now);
  case conflict::policy::manual:
    return {.contested = true, .news = false, .parked = true};
  }
  return {.what = fate::accepted, .contested = true};
}

settlement settle_late(const collection::state& s, const wire::outlet& counterpart,
                       const wire::incoming& brought, const protocols::row_types::record& row,
                       conflict::policy policy, moment now) {
  const auto ours = side_of(&row);
  const conflict::side theirs{brought.deleted, brought.deleted ? blob{} : brought.content};
  const auto before = mark_of(s, counterpart, brought.key).before;
  if (same(theirs, ours) || same(theirs, before.side) ||
      (!theirs.deleted && std::ranges::count(before.superseded, theirs.content) != 0))
    return {};
  settlement taken{.what = fate::made, .contested = true, .row = row};
  ++taken.row.version;
  taken.row.deleted = brought.deleted;
  if (!brought.deleted)
    taken.row.content = brought.content;
  taken.row.changed_at = now;
  taken.row.feed.clear();
  taken.row.origins.clear();
  switch (policy) {
  case conflict::policy::vendor_wins:
    break;
  case conflict::policy::local_wins:
    return {.contested = true};
  case conflict::policy::manual:
    return {.contested = true, .parked = true};
  case conflict::policy::merge: {
    auto both = merged(counterpart, before, ours, brought, &row, now);
    both.news = false;
    if (both.what == fate::sent_again)
      return {.contested = true};
    if (both.what == fate::made)
      return both;
    break;
  }
  }
  return taken;
}

void row_moves(collection::state& s, std::string_view key,
               const protocols::row_types::record* before, std::string_view feed) {
  if (before != nullptr && before->feed != feed) {
    if (!before->deleted && find_feed(s, before->feed) != nullptr)
      keep_own_name(s, before->feed, key);
    if (!feed.empty())
      forget_own_name(s, feed, key);
  }
  for (const auto& o : s.outlets) {
    if (o.except.empty())
      continue;
    if (o.except == feed) {
      s.rows.erase(slot_key('b', o.slot, key));
      continue;
    }
    if (before == nullptr)
      continue;
    if (before->feed == o.except && before->seen != 0)
      mark_seen(s, o, key, before->seen);
    auto kept = kept_for(s, o, key);
    if (!kept && has_it(o, key, *before)) {
      put_kept(s, o, key, {.side = side_of(before), .begun_at = brought_there(o, key, *before)});
      continue;
    }
    if (!kept)
      kept.emplace();
    if (!before->deleted)
      kept->superseded.push_back(before->content);
    if (kept->superseded.size() > most_superseded)
      kept->superseded.erase(kept->superseded.begin());
    put_kept(s, o, key, *kept);
  }
}

void keep_known(collection::state& s, const wire::outlet& counterpart, const conflict::known& k,
                moment written) {
  auto kept = kept_for(s, counterpart, k.key).value_or(conflict::kept{});
  kept.side = k.side;
  kept.begun_at = written;
  put_kept(s, counterpart, k.key, kept);
}

void settle_sent(collection::state& s, const wire::outlet& o, const conflict::sent& row,
                 moment begun, moment ended) {
  if (!row.held) {
    auto mark = mark_of(s, o, row.key);
    mark.before = with_earlier(kept_for(s, o, row.key).value_or(conflict::kept{}), mark, ended);
    mark.delivered_at = ended;
    put_mark(s, o, row.key, mark);
  }
  if (s.parked != 0 && parked_for(s, o, row.key))
    return; // a person decides, by what was known when both sides had changed it
  if (row.held) {
    if (!kept_for(s, o, row.key))
      put_kept(s, o, row.key, {});
  } else if (row.moved) {
    keep_known(s, o, {row.key, row.side}, begun);
  } else {
    s.rows.erase(slot_key('b', o.slot, row.key));
  }
}

bool is_missed(const collection::state& s, const wire::outlet& counterpart, std::string_view key,
               const protocols::row_types::record& row, std::uint64_t since, moment since_at) {
  const bool own = row.feed == counterpart.except;
  if (row.deleted || (own && row.seen >= since))
    return false;
  const auto mark = mark_of(s, counterpart, key);
  // What no refresh has ever seen may be something that its feed leaves out.
  if (!own && mark.run == 0)
    return false;
  return mark.run < since && (mark.delivered_at == moment{} || mark.delivered_at < since_at);
}

void mark_seen(collection::state& s, const wire::outlet& counterpart, std::string_view key,
               std::uint64_t run) {
  auto mark = mark_of(s, counterpart, key);
  mark.run = std::max(mark.run, run);
  put_mark(s, counterpart, key, mark);
}

void forget_sides(collection::state& s, const wire::outlet& o) {
  for (const char kind : {'b', 'k', 'm'}) {
    const auto prefix = slot_key(kind, o.slot, "");
    std::vector<std::string> all;
    s.rows.scan(prefix, std::numeric_limits<std::size_t>::max(),
                [&](std::string_view key, const blob&) {
                  if (!key.starts_with(prefix))
                    return false;
                  all.emplace_back(key);
                  return true;
                });
    if (kind == 'k')
      s.parked -= all.size();
    for (auto& key : all)
      s.rows.erase(std::move(key));
  }
}

} // namespace tenon::actors::collections
