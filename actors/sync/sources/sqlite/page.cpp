#include "actors/sync/sources/sqlite/page.hpp"

#include "actors/sync/sources/sqlite/place.hpp"
#include "actors/sync/sources/sqlite/row.hpp"

#include <algorithm>

namespace tenon::actors::sqlite {
namespace {

constexpr std::size_t max_page_bytes = 8u << 20; // then the page ends, however few rows it has
constexpr std::size_t max_place_bytes = 64u << 10;
constexpr std::int64_t letters_for_null_keys = 100;

std::string joined(const std::vector<std::string>& parts, const char* with) {
  std::string out;
  for (const auto& p : parts)
    (out += out.empty() ? "" : with) += p;
  return out;
}

/// Reads one page in one read transaction.
class reading {
public:
  reading(database& db, const table& t, const table_options& o)
      : db_{db}, table_{t}, most_{o.page_size}, rows_{t} {
    for (const auto k : t.key) {
      key_.push_back(t.columns[k].term);
      present_.push_back(in_quotes(t.columns[k].name) + " IS NOT NULL");
      null_.push_back(in_quotes(t.columns[k].name) + " IS NULL");
    }
    std::vector<std::string> all;
    for (const auto& c : t.columns)
      all.push_back(in_quotes(c.name));
    select_ = "SELECT " + joined(all, ", ") + from();
  }

  result<source_page> read(const page_request& wanted) {
    const auto cursor = read_cursor(wanted.cursor, table_);
    if (!cursor)
      return cursor.error();
    auto at = wanted.position.empty() ? begin(wanted.full ? std::nullopt : *cursor)
                                      : read_place(wanted.position, table_);
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
  std::string from() const { return " FROM " + in_quotes(table_.name); }
  std::string cursor_term() const { return table_.cursor_column().term; }

  /// The beginning of a run: what it will read, and the rows that have no key at all.
  result<place> begin(const std::optional<cell>& since) {
    place p{.since = since, .shape = table_.shape};
    std::string condition = " WHERE 1";
    std::vector<cell> parameters;
    if (since) {
      p.part = part::without_cursor;
      condition = " WHERE (" + in_quotes(table_.cursor_column().name) + " IS NULL OR " +
                  cursor_term() + " >= ?1)";
      parameters.push_back(*since);
    }
    auto counted = db_.prepare("SELECT COUNT(*)" + from() + condition, parameters);
    if (!counted)
      return std::move(counted).error();
    if (const auto row = counted->step(); !row)
      return row.error();
    p.expected = static_cast<std::uint64_t>(counted->number_at(0));
    if (table_.cursor) {
      auto greatest = db_.prepare("SELECT MAX(" + cursor_term() + ")" + from());
      if (!greatest)
        return std::move(greatest).error();
      if (const auto row = greatest->step(); !row)
        return row.error();
      p.newest = greatest->at(0);
    }
    if (auto noted = note_null_keys(condition, std::move(parameters)); !noted)
      return std::move(noted).error();
    return p;
  }

  /// A row whose key is NULL has no place among the pages. The first page says which there are.
  result<void> note_null_keys(const std::string& condition, std::vector<cell> parameters) {
    const auto keyless = condition + " AND (" + joined(null_, " OR ") + ")";
    auto counted = db_.prepare("SELECT COUNT(*)" + from() + keyless, parameters);
    if (!counted)
      return std::move(counted).error();
    if (const auto row = counted->step(); !row)
      return row.error();
    const auto all = counted->number_at(0);
    if (all == 0)
      return {};
    auto some = db_.prepare(select_ + keyless + " LIMIT " + std::to_string(letters_for_null_keys),
                            parameters);
    if (!some)
      return std::move(some).error();
    std::int64_t shown = 0;
    for (; rows_.bytes() < max_page_bytes; ++shown) {
      const auto row = some->step();
      if (!row)
        return row.error();
      if (!*row)
        break;
      rows_.take(*some);
    }
    if (shown < all)
      rows_.note("table " + table_.name,
                 std::to_string(all - shown) + " more rows have no key: it is NULL");
    return {};
  }

  /// Fills the page, from one part to the next; whether there is more after it.
  result<bool> read_parts(place& at) {
    const auto end = rows_.count() + most_;
    for (;;) {
      const auto more = read_part(at, end);
      if (!more || *more || at.part != part::without_cursor)
        return more;
      at.part = part::by_cursor;
      at.after.clear();
    }
  }

  result<bool> read_part(place& at, std::size_t end) {
    auto asked = ask(at, end - rows_.count() + 1);
    if (!asked)
      return std::move(asked).error();
    for (;;) {
      const auto row = asked->step();
      if (!row || !*row)
        return row;
      if (rows_.count() >= end || rows_.bytes() >= max_page_bytes)
        return true;
      rows_.take(*asked);
      if (rows_.count() == end || rows_.bytes() >= max_page_bytes)
        if (auto kept = remember(*asked, at); !kept)
          return std::move(kept).error();
    }
  }

  /// The rows of the part that come after `at`, in order, and one more than the page takes.
  result<statement> ask(const place& at, std::size_t limit) {
    auto terms = key_;
    auto conditions = present_;
    std::vector<cell> parameters;
    if (at.part == part::without_cursor)
      conditions.push_back(in_quotes(table_.cursor_column().name) + " IS NULL");
    if (at.part == part::by_cursor)
      terms.insert(terms.begin(), cursor_term());
    if (!at.after.empty()) {
      std::vector<std::string> places;
      for (std::size_t i = 1; i <= at.after.size(); ++i)
        places.push_back('?' + std::to_string(i));
      conditions.push_back('(' + joined(terms, ", ") + ") > (" + joined(places, ", ") + ')');
      parameters = at.after;
    } else if (at.part == part::by_cursor) {
      conditions.push_back(cursor_term() + " >= ?1");
      parameters.push_back(*at.since);
    }
    return db_.prepare(select_ + " WHERE " + joined(conditions, " AND ") + " ORDER BY " +
                           joined(terms, ", ") + " LIMIT " + std::to_string(limit),
                       parameters);
  }

  result<void> remember(const statement& row, place& at) {
    auto columns = table_.key;
    if (at.part == part::by_cursor)
      columns.insert(columns.begin(), *table_.cursor);
    at.after.clear();
    for (const auto c : columns) {
      auto held = row.at(static_cast<int>(c));
      const auto size = sqlite3_column_bytes(row.handle(), static_cast<int>(c));
      if (!held || static_cast<std::size_t>(size) > max_place_bytes)
        return failure{code::too_large,
                       "column " + table_.columns[c].name + " has a value of more than 64 KiB",
                       place_of(table_.cursor && c == *table_.cursor ? "cursor" : "key"),
                       "Name a column with short values."};
      at.after.push_back(*std::move(held));
    }
    return {};
  }

  database& db_;
  const table& table_;
  const std::size_t most_;
  rows rows_;
  std::string select_;
  std::vector<std::string> key_;     // as terms
  std::vector<std::string> present_; // "… IS NOT NULL" of each
  std::vector<std::string> null_;    // "… IS NULL" of each
};

} // namespace

result<source_page> read_page(const table_options& o, const std::filesystem::path& file,
                              const page_request& wanted, std::stop_token stop) {
  auto db = database::open(file, std::move(stop));
  if (!db)
    return std::move(db).error();
  const auto t = find_table(**db, o);
  if (!t)
    return t.error();
  return reading{**db, *t, o}.read(wanted);
}

} // namespace tenon::actors::sqlite
