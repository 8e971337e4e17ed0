// Conflicts that wait for a person: both sides, and what both had before; and what is decided.
#include "actors/collection/conflicts.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using namespace collections;
using wire = protocols::collection;

constexpr std::uint32_t most_listed = 1000;
constexpr std::size_t page_bytes = 8u << 20;

struct found {
  const wire::outlet* outlet = nullptr;
  conflict::parked parked{};
};

result<found> find_parked(const collection::state& s, const wire::resolve& c) {
  found it;
  for (const auto& o : s.outlets) {
    if (!c.feed.empty() && o.except != c.feed)
      continue;
    auto waits = parked_for(s, o, c.key);
    if (!waits)
      continue;
    if (it.outlet != nullptr)
      return failure{code::conflict, "two feeds have a conflict about " + c.key, "feed",
                     "Say whose: " + it.outlet->except + " or " + o.except + "."};
    it = {&o, *std::move(waits)};
  }
  if (it.outlet == nullptr)
    return failure{code::not_found, "no conflict about " + c.key + " waits", "key",
                   "It may have been resolved already: list those that wait."};
  return it;
}

} // namespace

collection::decision<collection::list_conflicts> collection::on(const state& s,
                                                                const list_conflicts& c, moment) {
  const auto limit = std::clamp<std::uint32_t>(c.limit, 1, most_listed);
  conflicts out;
  std::size_t bytes = 0;
  s.rows.scan('k' + c.after, limit, [&](std::string_view key, const blob& stored) {
    if (!key.starts_with('k'))
      return false;
    auto one = protocols::decode<conflict::parked>(stored);
    ensure(one.has_value(), "a conflict that waits cannot be read");
    const auto row = s.rows.find(row_key(one->key));
    ensure(row.has_value(), "a conflict is about a record that is not there");
    bytes += one->brought.content.size() + one->agreed.content.size() + row->size();
    out.waiting.push_back({*std::move(one), read_row(*row)});
    out.next = key.substr(1);
    return bytes < page_bytes;
  });
  if (out.waiting.size() < limit && bytes < page_bytes)
    out.next.clear();
  return reply(std::move(out));
}

collection::decision<collection::resolve> collection::on(const state& s, const resolve& c,
                                                         moment now) {
  const auto it = find_parked(s, c);
  if (!it)
    return refuse(it.error());
  const auto stored = s.rows.find(row_key(c.key));
  ensure(stored.has_value(), "a conflict is about a record that is not there");
  auto row = read_row(*stored);
  const auto was = row.sequence;
  ++row.version;
  row.changed_at = now;
  row.origins.clear();
  switch (c.keep) {
  case conflict::keep::local:
    break;
  case conflict::keep::vendor:
    row.feed = it->outlet->except;
    row.deleted = it->parked.brought.deleted;
    if (!row.deleted)
      row.content = it->parked.brought.content;
    break;
  case conflict::keep::given: {
    const auto read = read_json(c.content.view());
    if (!read || !read->is<object>())
      return refuse({code::malformed, "the record is not a JSON object", "content",
                     "Write the whole record as it is to be on both sides."});
    row.feed.clear();
    row.deleted = false;
    row.content = c.content;
    break;
  }
  }
  conflict::resolved answer{c.key, it->outlet->except, row.version};
  return persist(conflict_resolved{it->outlet->except, c.key, std::move(row), was})
      .reply(std::move(answer));
}

void collection::apply(state& s, const conflict_resolved& e) {
  const auto* outlet = counterpart_of(s, e.feed);
  ensure(outlet != nullptr, "a conflict was resolved with nobody");
  const auto waited = parked_for(s, *outlet, e.key);
  ensure(waited.has_value(), "a conflict was resolved that did not wait");
  const auto stored = s.rows.find(row_key(e.key));
  ensure(stored.has_value(), "a conflict is about a record that is not there");
  const auto before = read_row(*stored);
  row_moves(s, e.key, &before, e.change.feed);
  put_change(s, e.key, e.change, e.was);
  if (e.change.feed != e.feed)
    keep_known(s, *outlet, {e.key, waited->brought});
  s.rows.erase(slot_key('k', outlet->slot, e.key));
  --s.parked;
  if (before.deleted && !e.change.deleted) {
    ++s.live;
    --s.tombstones;
  } else if (!before.deleted && e.change.deleted) {
    --s.live;
    ++s.tombstones;
  }
}

} // namespace tenon::actors
