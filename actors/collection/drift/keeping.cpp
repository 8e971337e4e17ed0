#include "actors/collection/drift/keeping.hpp"

#include "actors/collection/rows.hpp"

#include <algorithm>

namespace tenon::actors {
namespace collections {
namespace {

using wire = protocols::collection;

constexpr std::size_t most_changes = 200;

// Rows of their own, beside those that rows.hpp keys.
constexpr const char* schema_key = "s";
constexpr const char* history_key = "d";

template <class Kept> Kept kept_in(const collection::state& s, std::string_view key) {
  const auto bytes = s.rows.find(key);
  if (!bytes)
    return {};
  auto kept = protocols::decode<Kept>(*bytes);
  ensure(kept.has_value(), "what is kept of a collection's fields cannot be read");
  return *std::move(kept);
}

bool says_nothing(const drift::page& p) {
  return p.seen.empty() && p.declared.empty() && p.unkept == 0;
}

/// What is left of the page when each record is judged alone: `why` says what is not.
drift::page sorted(const known_fields& known, const wire::store& page, bool learnt,
                   std::vector<std::string>& why) {
  why.resize(page.records.size());
  field_sum kept;
  for (std::size_t i = 0; i < page.records.size(); ++i) {
    const auto& record = page.records[i];
    if (record.deleted)
      continue;
    field_sum alone;
    alone.add(record.content.view());
    auto one = alone.page(page.drift.policy);
    one.declared = page.drift.declared;
    const auto judged = judge(known, one, learnt);
    if (judged.refused.empty())
      kept.add(record.content.view());
    else
      why[i] = "spec.drift: " + sentence(judged.refused.front());
  }
  auto rest = kept.page(page.drift.policy);
  rest.declared = page.drift.declared;
  return rest;
}

bool is_refusal(drift::fate f) {
  return f == drift::fate::quarantined || f == drift::fate::stopped;
}

/// Whether it is for the history. What the fields were to begin with is not.
bool is_news(drift::fate f) {
  return f == drift::fate::added || f == drift::fate::widened || f == drift::fate::accepted;
}

/// Whether it says anything that did not wait already.
bool waits_anew(drift::field& field, const drift::change& c) {
  const auto waits = joined(field.waits, c.found);
  const bool known = waits == field.waits && field.waits_feed == c.feed && field.waits_run == c.run;
  if (field.waits == drift::type::absent)
    field.waits_at = c.at;
  field.waits = waits;
  field.waits_feed = c.feed;
  field.waits_run = c.run;
  // A page that stopped its run comes again until it is accepted.
  field.waits_records =
      c.fate == drift::fate::stopped ? c.records : field.waits_records + c.records;
  return !known;
}

void grow(drift::field& field, const drift::change& c) {
  const auto type = joined(field.type, c.to);
  if (type != field.type && field.type != drift::type::absent)
    field.changed_at = c.at;
  field.type = type;
  field.declared |= c.fate == drift::fate::declared;
  if (field.waits == drift::type::absent || !fits(field.waits, type))
    return;
  field.waits = drift::type::absent;
  field.waits_feed.clear();
  field.waits_run = field.waits_records = 0;
  field.waits_at = {};
}

} // namespace

held hold(const collection::state& s, const wire::store& page, moment now) {
  held h;
  if (says_nothing(page.drift))
    return h;
  const auto schema = kept_in<drift::schema>(s, schema_key);
  const known_fields known{schema};
  const auto sign = [&](std::vector<drift::change>& all) {
    for (auto& one : all) {
      one.feed = page.feed;
      one.run = page.run;
      one.at = now;
    }
  };
  auto judged = judge(known, page.drift, s.drift.learnt);
  auto refused = std::move(judged.refused);
  sign(refused);
  if (!refused.empty() && page.drift.policy == drift::policy::fail) {
    for (auto& one : refused)
      one.fate = drift::fate::stopped;
    h.stopped = std::move(refused);
    return h;
  }
  if (!refused.empty())
    judged = judge(known, sorted(known, page, s.drift.learnt, h.refused), s.drift.learnt);
  sign(judged.accepted);
  h.noted.changes = std::move(judged.accepted);
  h.noted.changes.insert(h.noted.changes.end(), refused.begin(), refused.end());
  h.noted.unkept = judged.unkept;
  return h;
}

wire::store without_refused(const wire::store& page, const held& h) {
  auto stored = page;
  stored.records.clear();
  for (std::size_t i = 0; i < page.records.size(); ++i) {
    const auto& record = page.records[i];
    if (h.refused[i].empty())
      stored.records.push_back(record);
    else
      stored.letters.push_back({.place = record.key,
                                .reason = h.refused[i],
                                .bytes = record.came.empty() ? record.content : record.came,
                                .key = record.origin.empty() ? record.key : record.origin});
  }
  return stored;
}

void note(collection::state& s, const std::vector<drift::change>& changes, std::uint64_t unkept) {
  if (changes.empty() && unkept == 0)
    return;
  auto schema = kept_in<drift::schema>(s, schema_key);
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < schema.fields.size(); ++i)
    places.emplace(schema.fields[i].name, i);
  schema.unkept += unkept;
  std::vector<drift::change> news;
  for (const auto& c : changes) {
    const auto [it, fresh] = places.emplace(c.name, schema.fields.size());
    if (fresh && schema.fields.size() < max_fields)
      schema.fields.push_back({.name = c.name, .feed = c.feed, .run = c.run, .first_at = c.at});
    bool is_new = is_news(c.fate) || is_refusal(c.fate);
    if (it->second < schema.fields.size()) {
      auto& field = schema.fields[it->second];
      if (is_refusal(c.fate))
        is_new = waits_anew(field, c);
      else
        grow(field, c);
    }
    if (is_new)
      news.push_back(c);
  }
  s.drift.fields = schema.fields.size();
  s.drift.waiting = static_cast<std::uint64_t>(std::ranges::count_if(
      schema.fields, [](const auto& f) { return f.waits != drift::type::absent; }));
  s.rows.put(schema_key, protocols::encode(schema));
  if (news.empty())
    return;
  auto history = kept_in<drift::history>(s, history_key);
  for (auto& one : news) {
    s.drift.drifts += one.fate != drift::fate::accepted;
    history.changes.push_back(std::move(one));
  }
  if (history.changes.size() > most_changes)
    history.changes.erase(history.changes.begin(),
                          history.changes.end() - static_cast<std::ptrdiff_t>(most_changes));
  s.rows.put(history_key, protocols::encode(history));
}

} // namespace collections

using namespace collections;

collection::decision<collection::read_schema> collection::on(const state& s, const read_schema&,
                                                             moment) {
  if (!is_there(s))
    return refuse(no_such_resource());
  return reply(drift::shown{.schema = kept_in<drift::schema>(s, schema_key),
                            .history = kept_in<drift::history>(s, history_key),
                            .account = s.drift});
}

collection::decision<collection::accept_drift> collection::on(const state& s, const accept_drift& c,
                                                              moment now) {
  const auto schema = kept_in<drift::schema>(s, schema_key);
  const known_fields known{schema};
  for (const auto& name : c.fields) {
    const auto* field = known.find(name);
    if (field == nullptr)
      return refuse({code::not_found, "there is no field " + name, "fields",
                     "The collection's schema has the fields of which something waits."});
    if (field->waits == drift::type::absent)
      return refuse({code::conflict, "nothing waits of the field " + name, "fields",
                     "It may have been accepted already."});
  }
  drift_accepted event;
  for (const auto& field : schema.fields)
    if (field.waits != drift::type::absent &&
        (c.fields.empty() || std::ranges::count(c.fields, field.name) != 0))
      event.changes.push_back({.name = field.name,
                               .from = field.type,
                               .to = joined(field.type, field.waits),
                               .fate = drift::fate::accepted,
                               .records = field.waits_records,
                               .feed = field.waits_feed,
                               .run = field.waits_run,
                               .at = now,
                               .found = field.waits});
  if (event.changes.empty())
    return refuse({code::conflict, "nothing waits of any field", "fields",
                   "It may have been accepted already."});
  drift::accepted answer{event.changes};
  return persist(std::move(event)).reply(std::move(answer));
}

void collection::apply(state& s, const drift_stopped& e) {
  note(s, e.changes);
}

void collection::apply(state& s, const drift_accepted& e) {
  note(s, e.changes);
}

} // namespace tenon::actors
