#include "actors/collection.hpp"

#include "actors/collection/conflicts.hpp"
#include "actors/collection/returned.hpp"
#include "actors/collection/rows.hpp"
#include "protocols/binding.hpp"
#include "runtime/expression/expression.hpp"

#include <algorithm>

namespace tenon::actors {
namespace {

using namespace collections;
using wire = protocols::collection;

constexpr std::uint32_t max_page = 1000;
constexpr std::size_t rows_looked_at = 10'000; // by one read, whatever its filter
constexpr std::size_t page_bytes = 8u << 20;

} // namespace

result<void> collection::check_spec(const value& written) {
  if (const auto read = protocols::from_value<spec>(written, "spec"); !read)
    return read.error();
  return {};
}

value collection::status(const protocols::collection::state& s) {
  list feeds;
  for (const auto& f : s.feeds)
    feeds.push_back(object{{"sync", f.name}, {"run", f.run}, {"pages", f.pages}});
  list outlets;
  for (const auto& o : s.outlets)
    if (!o.name.empty())
      outlets.push_back(
          object{{"sync", o.name},
                 {"run", o.run},
                 {"behind", o.at.rows ? value{} : value{s.sequence - o.at.sequence}}});
  return object{{"records", s.live},
                {"tombstones", s.tombstones},
                {"letters", s.letters},
                {"conflicts", s.parked},
                {"fields", s.drift.fields},
                {"drifts", s.drift.drifts},
                {"waiting_fields", s.drift.waiting},
                {"feeds", std::move(feeds)},
                {"outlets", std::move(outlets)}};
}

collection::decision<collection::describe> collection::on(const state& s, const describe& c,
                                                          moment now) {
  if (s.record.exists || !is_there(s))
    return resource::on(s, c, now);
  // Nobody configured it: a sync began to store, which is enough.
  return reply(described{.spec = "{}", .status = write_json(status(s))});
}

collection::decision<collection::remove> collection::on(const state& s, const remove& c,
                                                        moment now) {
  if (s.record.exists || !is_there(s))
    return resource::on(s, c, now);
  if (c.if_version != 0)
    return refuse({code::stale, "nobody has configured the collection: it has no version",
                   "if_version", "Leave the condition out."});
  return persist(removed{now})
      .reply(changed{protocols::resource::outcome::removed, s.record.version + 1});
}

collection::decision<protocols::collection::position>
collection::on(const state& s, const protocols::collection::position& c, moment) {
  const auto* feed = find_feed(s, c.feed);
  return feed ? reply(*feed) : reply(protocols::collection::feed{.name = c.feed});
}

collection::decision<collection::read> collection::on(const state& s, const read& c, moment now) {
  using namespace runtime;
  std::optional<expression::program> filter;
  if (!c.filter.empty()) {
    auto compiled = expression::compile(
        c.filter, {.roots = {"record"}, .implied_root = "record", .allow_secrets = false});
    if (!compiled) {
      auto why = std::move(compiled).error();
      why.where = why.where.empty() ? "filter" : "filter, " + why.where;
      return refuse(std::move(why));
    }
    filter = *std::move(compiled);
  }
  const auto limit = std::clamp<std::uint32_t>(c.limit, 1, max_page);
  page out;
  std::size_t bytes = 0, looked_at = 0;
  std::optional<failure> wrong;
  s.rows.scan(row_key(c.after), rows_looked_at, [&](std::string_view key, const blob& stored) {
    if (!key.starts_with('r'))
      return false;
    out.next = key.substr(1);
    auto row = read_row(stored);
    ++looked_at;
    if (row.deleted && !c.tombstones)
      return true;
    if (filter) {
      expression::scope names;
      names.bind_json("record", row.content.view());
      names.set_now(now);
      const auto kept = expression::evaluate_condition(*filter, names);
      if (!kept) {
        wrong = kept.error();
        return false;
      }
      if (!*kept)
        return true;
    }
    auto returned = returned_by_all(s, out.next);
    bytes += row.content.size();
    for (const auto& one : returned)
      bytes += one.content.size();
    out.items.push_back({out.next, std::move(row), std::move(returned)});
    return out.items.size() < limit && bytes < page_bytes;
  });
  if (wrong)
    return refuse(*std::move(wrong));
  const bool full = out.items.size() == limit || bytes >= page_bytes || looked_at == rows_looked_at;
  if (!full)
    out.next.clear();
  return reply(std::move(out));
}

collection::decision<collection::list_letters> collection::on(const state& s, const list_letters& c,
                                                              moment) {
  const auto limit = std::clamp<std::uint32_t>(c.limit, 1, max_page);
  protocols::letter_types::page out;
  std::size_t bytes = 0;
  s.rows.scan(letter_key(c.after), limit, [&](std::string_view key, const blob& stored) {
    if (!key.starts_with('l'))
      return false;
    auto kept = protocols::decode<protocols::letter_types::kept>(stored);
    ensure(kept.has_value(), "a stored letter cannot be read");
    const auto number = number_in(key);
    bytes += kept->bytes.size() + kept->again.size();
    out.letters.push_back({number, *std::move(kept)});
    out.next = number;
    return bytes < page_bytes;
  });
  if (out.letters.size() < limit && bytes < page_bytes)
    out.next = 0;
  return reply(std::move(out));
}

void collection::apply(state& s, const configured& e) {
  actors::apply(s.record, e);
}

void collection::apply(state& s, const removed& e) {
  actors::apply(s.record, e);
  static_cast<protocols::collection::state&>(s) = {.record = s.record};
  s.rows.clear();
}

bool collection::gone(const state& s) {
  return !is_there(s);
}

bool collection::holds(const state& s) {
  return actors::holds(s.record) && s.feeds.size() <= max_feeds;
}

namespace {

runtime::counter& drifts(runtime::meters& m, const char* fate) {
  return m.count("tenon_collection_drifts_total",
                 "Fields that were not as before, by what became of that.", {{"fate", fate}});
}

} // namespace

collection::metrics::metrics(runtime::meters& m)
    : stored{m.count("tenon_collection_stored_total", "Records stored: new or changed.")},
      unchanged{m.count("tenon_collection_unchanged_total", "Records that were there already.")},
      letters{m.count("tenon_collection_letters_total", "Records that could not be stored.")},
      conflicts{m.count("tenon_collection_conflicts_total", "Rows that both sides had changed.")},
      added{drifts(m, "added")}, widened{drifts(m, "widened")},
      quarantined{drifts(m, "quarantined")}, stopped{drifts(m, "stopped")} {}

void collection::observe(metrics& m, const page_stored& e) {
  m.stored.Increment(static_cast<double>(e.changes.size()));
  m.unchanged.Increment(static_cast<double>(e.unchanged));
  if (e.replayed == 0)
    m.letters.Increment(static_cast<double>(e.letters.size()));
  m.conflicts.Increment(static_cast<double>(e.conflicts));
  for (const auto& c : e.drift.changes)
    if (c.fate == protocols::drift_types::fate::added)
      m.added.Increment();
    else if (c.fate == protocols::drift_types::fate::widened)
      m.widened.Increment();
    else if (c.fate == protocols::drift_types::fate::quarantined)
      m.quarantined.Increment();
}

void collection::observe(metrics& m, const drift_stopped& e) {
  m.stopped.Increment(static_cast<double>(e.changes.size()));
}

void collection::observe(metrics& m, const swept& e) {
  m.conflicts.Increment(static_cast<double>(e.conflicts));
}

} // namespace tenon::actors
