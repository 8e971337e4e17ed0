#include "actors/sync/sources/postgres/changed_rows.hpp"

#include <algorithm>

namespace tenon::actors::postgres {
namespace {

constexpr std::size_t reread_at_once = 500;

bool same_name(const std::string& a, const std::string& b) {
  return a == b;
}

} // namespace

result<bool> changed_rows::take(session& db, const stream& from, stream::change& c) {
  if (const auto* emptied = std::get_if<pgoutput::truncated>(&c.is)) {
    for (const auto number : emptied->relations) {
      const auto* r = from.find(number);
      const auto where = r ? place_of(db, *r) : result<belonging>{belonging::elsewhere};
      if (!where)
        return where.error();
      if (*where != belonging::elsewhere)
        return failure{code::stale, "the table was emptied (TRUNCATE)", options.place_of("table"),
                       "It is read anew from the beginning."};
    }
    return true;
  }
  auto& row = std::get<pgoutput::row_change>(c.is);
  const auto* r = from.find(row.relation);
  if (!r)
    return failure{code::internal, "the server tells of a table that it has not described"};
  const auto where = place_of(db, *r);
  if (!where)
    return where.error();
  if (*where != belonging::here)
    return *where == belonging::elsewhere;
  ++taken_;
  bytes_ += c.size;
  const auto old_key = row.before ? key_in(*row.before) : std::nullopt;
  const auto new_key = row.after ? key_in(*row.after) : std::nullopt;
  if (old_key && (!row.after || (new_key && *old_key != *new_key)))
    note({.key = joined(*old_key), .gone = true, .held = {nullptr, &PQfreemem}});
  if (!row.after)
    return true;
  entry made{.key = new_key ? joined(*new_key) : std::string{}, .held = std::move(c.bytes)};
  for (const auto i : sources_) {
    auto f = (*row.after)[i];
    if (f.is == pgoutput::field::state::unchanged && row.whole && row.before)
      f = (*row.before)[i];
    if (f.is == pgoutput::field::state::unchanged && new_key)
      made.reread = *new_key;
    made.fields.push_back(f.is == pgoutput::field::state::text ? std::optional{f.text}
                                                               : std::nullopt);
  }
  note(std::move(made));
  return true;
}

result<changed_rows::belonging> changed_rows::place_of(session& db, const pgoutput::relation& r) {
  if (relation_ && *relation_ == r)
    return belonging::here;
  const auto name = name_of(options_);
  if (!name)
    return name.error();
  if (name->first != r.schema || name->second != r.name) // another table of the publication
    return belonging::elsewhere;
  if (relation_)
    return belonging::to_the_next_page;
  if (auto followed = follow(db, r); !followed)
    return std::move(followed).error();
  return belonging::here;
}

/// Types that not every server has are looked up among the table's columns of today.
result<void> changed_rows::follow(session& db, const pgoutput::relation& r) {
  const auto now = describe_table(db, options_);
  const auto types = now ? now->columns : std::vector<described_column>{};
  described_table t{.schema = r.schema, .name = r.name};
  t.table.name = r.schema + '.' + r.name;
  for (const auto& c : r.columns) {
    described_column made{.name = c.name, .number = c.type};
    const auto today = std::ranges::find_if(
        types, [&](const described_column& d) { return d.name == c.name && d.number == c.type; });
    if (const auto known = known_type(c.type))
      made.type = *known;
    else if (today != types.end())
      made.type = today->type;
    t.columns.push_back(made);
    t.table.columns.push_back({.name = c.name, .type = std::to_string(c.type)});
  }
  if (auto chosen = relational::choose_columns(t.table, options_, options, same_name); !chosen)
    return chosen;
  std::vector<described_column> columns;
  for (const auto& c : t.table.columns) {
    const auto it = std::ranges::find(t.columns, c.name, &described_column::name);
    sources_.push_back(static_cast<std::size_t>(it - t.columns.begin()));
    columns.push_back(*it);
  }
  t.columns = std::move(columns);
  table_ = std::move(t);
  relation_ = r;
  return {};
}

std::optional<std::vector<std::string>> changed_rows::key_in(const pgoutput::tuple& t) const {
  std::vector<std::string> values;
  for (const auto k : table_.table.key) {
    const auto at = sources_[k];
    if (at >= t.size() || t[at].is != pgoutput::field::state::text)
      return std::nullopt;
    values.emplace_back(t[at].text);
  }
  return values;
}

std::string changed_rows::joined(const std::vector<std::string>& values) const {
  std::string key;
  for (std::size_t i = 0; i < values.size(); ++i)
    relational::append_key_part(key, values[i], values.size(), i);
  return key;
}

void changed_rows::note(entry e) {
  if (e.key.empty()) { // a letter
    entries_.push_back(std::move(e));
    return;
  }
  const auto [it, fresh] = newest_.try_emplace(e.key, entries_.size());
  if (fresh)
    entries_.push_back(std::move(e));
  else
    entries_[it->second] = std::move(e);
}

result<void> changed_rows::finish(session& db, source_page& page) {
  if (relation_) {
    relational::rows rows{table_.table};
    for (const auto& e : entries_) {
      if (e.gone) {
        if (e.key.size() <= relational::max_key_bytes)
          rows.deleted(e.key);
      } else if (e.reread.empty()) {
        rows.begin();
        write_row(rows, table_, e.fields);
        if (rows.refused())
          note_key(rows, e.fields);
      }
    }
    std::move(rows).finish(page);
  }
  return reread(db, page);
}

void changed_rows::note_key(relational::rows& rows, const field_texts& fields) const {
  std::vector<relational::cell> key;
  for (const auto k : table_.table.key)
    if (fields[k])
      key.emplace_back(relational::text{std::string{*fields[k]}});
  if (key.size() == table_.table.key.size())
    rows.known_by(key);
}

/// Rows that are no longer there are left out: the log will say that they are gone.
result<void> changed_rows::reread(session& db, source_page& page) {
  std::vector<const entry*> missing;
  for (const auto& e : entries_)
    if (!e.gone && !e.reread.empty())
      missing.push_back(&e);
  if (missing.empty())
    return {};
  const auto now = describe_table(db, options_);
  if (!now)
    return now.error();
  table_reader reader{db, *now, options_};
  std::vector<std::string> terms;
  for (const auto k : now->table.key)
    terms.push_back(now->table.columns[k].term);
  relational::rows rows{now->table};
  for (std::size_t i = 0; i < missing.size(); i += reread_at_once) {
    std::vector<std::string> keys;
    for (auto j = i; j < std::min(missing.size(), i + reread_at_once); ++j) {
      std::vector<std::string> values;
      std::vector<relational::cell> none;
      for (std::size_t k = 0; k < now->table.key.size(); ++k)
        values.push_back(
            reader.value_of(now->table.key[k], relational::text{missing[j]->reread[k]}, none));
      keys.push_back('(' + relational::joined(values, ", ") + ')');
    }
    relational::query which;
    which.conditions.push_back('(' + relational::joined(terms, ", ") + ") IN (" +
                               relational::joined(keys, ", ") + ')');
    const auto read = reader.each(which, [&](const relational::row& r) -> result<bool> {
      r.write(rows);
      return true;
    });
    if (!read)
      return read;
  }
  std::move(rows).finish(page);
  return {};
}

} // namespace tenon::actors::postgres
