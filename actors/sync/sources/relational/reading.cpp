#include "actors/sync/sources/relational/reading.hpp"

#include "actors/sync/sources/relational/place.hpp"

#include <algorithm>

namespace tenon::actors::relational {
namespace {

constexpr std::size_t max_place_bytes = 64u << 10;
constexpr std::uint64_t letters_for_null_keys = 100;

std::size_t size_of(const cell& c) {
  if (const auto* t = std::get_if<text>(&c))
    return t->bytes.size();
  const auto* o = std::get_if<octets>(&c);
  return o ? o->bytes.size() : sizeof(std::int64_t);
}

class reading {
public:
  reading(connection& db, const table& t, const table_options& o, const option_names& names)
      : db_{db}, table_{t}, options_{o}, names_{names}, rows_{t} {
    for (const auto k : t.key) {
      key_.push_back(t.columns[k].term);
      if (t.columns[k].nullable)
        null_.push_back(db.quoted(t.columns[k].name) + " IS NULL");
    }
    if (!o.where.empty())
      always_.push_back('(' + o.where + ')');
  }

  result<source_page> read(const page_request& wanted) {
    const bool goes_on = !wanted.position.empty();
    const auto cursor = read_cursor(goes_on || wanted.full ? "" : wanted.cursor, table_);
    if (!cursor)
      return cursor.error();
    auto at = goes_on ? read_place(wanted.position, table_) : begin(*cursor);
    if (!at)
      return std::move(at).error();
    const auto more = read_parts(*at);
    if (!more)
      return more.error();

    source_page page;
    std::move(rows_).finish(page);
    page.expected = at->expected;
    page.complete = wanted.full || !table_.cursor;
    page.last = !*more;
    // Only a run that has seen everything may move the cursor: rows come by key, not by cursor.
    page.cursor = page.last && at->newest ? write_cursor(table_, at->newest) : wanted.cursor;
    if (*more)
      page.position = write_place(*at);
    return page;
  }

private:
  const std::string& cursor_term() const { return table_.cursor_column().term; }
  std::string cursor_is_null() const {
    return db_.quoted(table_.cursor_column().name) + " IS NULL";
  }

  /// The beginning of a run: what it will read, and the rows that have no key at all.
  result<place> begin(const std::optional<cell>& cursor) {
    place p{.since = cursor, .shape = table_.shape};
    query all{.conditions = always_};
    if (cursor) {
      auto since = db_.before(*cursor);
      if (!since)
        return std::move(since).error();
      p.since = *std::move(since);
      p.part = part::without_cursor;
      const auto least = db_.value_of(*table_.cursor, *p.since, all.parameters);
      all.conditions.push_back('(' + cursor_is_null() + " OR " + cursor_term() + " >= " + least +
                               ')');
    }
    const auto counted = db_.count(all);
    if (!counted)
      return counted.error();
    p.expected = *counted;
    if (table_.cursor) {
      auto greatest = db_.greatest(*table_.cursor);
      if (!greatest)
        return std::move(greatest).error();
      p.newest = *std::move(greatest);
    }
    if (!null_.empty())
      if (auto noted = note_null_keys(std::move(all)); !noted)
        return std::move(noted).error();
    return p;
  }

  /// A row whose key is NULL has no place among the pages. The first page says which there are.
  result<void> note_null_keys(query keyless) {
    keyless.conditions.push_back('(' + joined(null_, " OR ") + ')');
    const auto all = db_.count(keyless);
    if (!all)
      return all.error();
    keyless.limit = letters_for_null_keys;
    std::uint64_t shown = 0;
    const auto taken = db_.each(keyless, [&](const row& r) -> result<bool> {
      r.write(rows_);
      ++shown;
      return rows_.bytes() < max_page_bytes;
    });
    if (!taken)
      return taken;
    if (shown < *all)
      rows_.note("table " + table_.name,
                 std::to_string(*all - shown) + " more rows have no key: it is NULL");
    return {};
  }

  /// Fills the page, from one part to the next; whether there is more after it.
  result<bool> read_parts(place& at) {
    const auto end = rows_.count() + options_.page_size;
    for (;;) {
      const auto more = read_part(at, end);
      if (!more || *more || at.part != part::without_cursor)
        return more;
      at.part = part::by_cursor;
      at.after.clear();
    }
  }

  result<bool> read_part(place& at, std::size_t end) {
    bool more = false;
    const auto taken = db_.each(ask(at, end - rows_.count() + 1), [&](const row& r) {
      more = rows_.count() >= end || rows_.bytes() >= max_page_bytes;
      return more ? result<bool>{false} : take(r, at, end);
    });
    if (!taken)
      return taken.error();
    return more;
  }

  result<bool> take(const row& r, place& at, std::size_t end) {
    r.write(rows_);
    if (rows_.refused())
      note_key(r);
    if (rows_.count() == end || rows_.bytes() >= max_page_bytes)
      if (auto kept = remember(r, at); !kept)
        return std::move(kept).error();
    return true;
  }

  void note_key(const row& r) {
    std::vector<cell> key;
    for (const auto k : table_.key)
      if (auto held = r.at(k))
        key.push_back(*std::move(held));
    if (key.size() == table_.key.size())
      rows_.known_by(key);
  }

  /// The rows of the part that come after `at`, in order, and one more than the page takes.
  query ask(const place& at, std::size_t limit) {
    auto terms = key_;
    auto columns = table_.key;
    query asked{.conditions = always_, .limit = limit};
    for (const auto k : table_.key)
      if (table_.columns[k].nullable)
        asked.conditions.push_back(db_.quoted(table_.columns[k].name) + " IS NOT NULL");
    if (at.part == part::without_cursor)
      asked.conditions.push_back(cursor_is_null());
    if (at.part == part::by_cursor) {
      terms.insert(terms.begin(), cursor_term());
      columns.insert(columns.begin(), *table_.cursor);
    }
    if (!at.after.empty()) {
      std::vector<std::string> values;
      for (std::size_t i = 0; i < at.after.size(); ++i)
        values.push_back(db_.value_of(columns[i], at.after[i], asked.parameters));
      asked.conditions.push_back(db_.after(terms, values));
    } else if (at.part == part::by_cursor) {
      const auto least = db_.value_of(*table_.cursor, *at.since, asked.parameters);
      asked.conditions.push_back(cursor_term() + " >= " + least);
    }
    asked.order = std::move(terms);
    return asked;
  }

  result<void> remember(const row& r, place& at) {
    auto columns = table_.key;
    if (at.part == part::by_cursor)
      columns.insert(columns.begin(), *table_.cursor);
    at.after.clear();
    for (const auto c : columns) {
      auto held = r.at(c);
      if (!held || size_of(*held) > max_place_bytes)
        return failure{code::too_large,
                       "column " + table_.columns[c].name + " has a value of more than 64 KiB",
                       names_.place_of(table_.cursor && c == *table_.cursor ? "cursor" : "key"),
                       "Name a column with short values."};
      at.after.push_back(*std::move(held));
    }
    return {};
  }

  connection& db_;
  const table& table_;
  const table_options& options_;
  const option_names& names_;
  rows rows_;
  std::vector<std::string> key_;    // as terms
  std::vector<std::string> null_;   // "… IS NULL" of each that may be
  std::vector<std::string> always_; // conditions
};

} // namespace

std::string query::clause() const {
  std::string out;
  if (!conditions.empty())
    out += " WHERE " + joined(conditions, " AND ");
  if (!order.empty())
    out += " ORDER BY " + joined(order, ", ");
  if (limit > 0)
    out += " LIMIT " + std::to_string(limit);
  return out;
}

std::string connection::after(const std::vector<std::string>& terms,
                              const std::vector<std::string>& values) const {
  return '(' + joined(terms, ", ") + ") > (" + joined(values, ", ") + ')';
}

result<source_page> read_page(connection& db, const table& t, const table_options& o,
                              const option_names& names, const page_request& wanted) {
  if (o.sized)
    return reading{db, t, o, names}.read(wanted);
  auto chosen = o;
  const auto most = static_cast<std::uint64_t>(names.max_page_size);
  const auto settings = tuning::chosen_among(
      {tuning::offered(tuning::knob::page_size, o.page_size, most)}, wanted.settings);
  chosen.page_size = settings.front().set;
  auto page = reading{db, t, chosen, names}.read(wanted);
  if (page)
    page->settings = settings;
  return page;
}

result<source_page> read_row(connection& db, const table& t, const table_options& o,
                             const option_names& names,
                             const protocols::letter_types::kept& letter) {
  const auto words = needed_for(letter, "row");
  if (!words)
    return of_another_kind(letter);
  const auto key = read_row_key(*words, t);
  if (!key)
    return failure{code::conflict,
                   letter.place + " is known by other columns than the rows of " + t.name +
                       " are now",
                   names.place_of("key"),
                   "Read the table again (tenon sync run " + letter.feed +
                       " --full), and discard the letter."};
  query one;
  if (!o.where.empty())
    one.conditions.push_back('(' + o.where + ')');
  for (std::size_t i = 0; i < key->size(); ++i) {
    const auto written = db.value_of(t.key[i], (*key)[i], one.parameters);
    one.conditions.push_back(t.columns[t.key[i]].term + " = " + written);
  }
  rows found{t};
  const auto taken = db.each(one, [&](const row& r) -> result<bool> {
    r.write(found);
    return true;
  });
  if (!taken)
    return taken.error();
  source_page page;
  std::move(found).finish(page);
  return page;
}

} // namespace tenon::actors::relational
