#include "actors/sync/sources/postgres/page.hpp"

#include <charconv>
#include <cstring>

namespace tenon::actors::postgres {
namespace {

using relational::cell;
using relational::query;
using relational::rows;

// Beyond it, counting costs more than knowing how far a run is.
constexpr int most_counted = 100'000;
constexpr std::int64_t usual_seconds_back = 60;
constexpr std::int64_t usual_numbers_back = 1'000;

/// The fields of a line of COPY's text form, unescaped where they lie.
void split(char* line, std::size_t size, field_texts& fields) {
  fields.clear();
  char* const end = line + size - (size > 0 && line[size - 1] == '\n' ? 1 : 0);
  for (char* at = line;; ++at) {
    char* const begin = at;
    char* to = at;
    bool is_null = false;
    for (; at != end && *at != '\t'; ++at) {
      if (*at != '\\') {
        *to++ = *at;
        continue;
      }
      ++at;
      constexpr std::string_view letters{"bfnrtv"}, bytes{"\b\f\n\r\t\v"};
      const auto known = letters.find(*at);
      is_null = *at == 'N';
      *to++ = known == letters.npos ? *at : bytes[known];
    }
    if (is_null && to - begin == 1)
      fields.emplace_back();
    else
      fields.emplace_back(std::string_view{begin, static_cast<std::size_t>(to - begin)});
    if (at == end)
      return;
  }
}

class copied final : public relational::row {
public:
  copied(const described_table& t, bool guarded) : table_{t}, guarded_{guarded} {}

  field_texts fields;

  void write(rows& onto) const override {
    onto.begin();
    if (guarded_ && fields.back() && !fields.back()->empty())
      note_large(onto, *fields.back());
    write_row(onto, table_, fields);
  }

  std::optional<cell> at(std::size_t column) const override {
    const auto& f = fields[column];
    return f ? std::optional<cell>{relational::text{std::string{*f}}} : std::nullopt;
  }

private:
  /// "3 5000000": the column and its size.
  static void note_large(rows& onto, std::string_view said) {
    std::size_t column = 0;
    const auto [end, wrong] = std::from_chars(said.data(), said.data() + said.size(), column);
    const std::string size{end + 1, std::find(end + 1, said.data() + said.size(), ',')};
    onto.spoil(column, "has " + size + " bytes, more than 4 MiB");
  }

  const described_table& table_;
  const bool guarded_;
};

} // namespace

void write_row(rows& onto, const described_table& t, const field_texts& fields) {
  for (std::size_t i = 0; i < t.columns.size(); ++i) {
    onto.name(i);
    if (fields[i])
      postgres::write(onto, i, t.columns[i].type, *fields[i]);
    else
      onto.null();
  }
  for (const auto k : t.table.key)
    fields[k] ? onto.key_part(*fields[k]) : onto.key_part_is_null();
  const auto deleted = t.table.deleted ? fields[*t.table.deleted] : std::nullopt;
  onto.end(deleted && relational::means_deleted(*deleted));
}

table_reader::table_reader(session& db, const described_table& t,
                           const relational::table_options& o)
    : db_{db}, table_{t}, options_{o} {
  std::vector<std::string> terms, large;
  const auto most = std::to_string(relational::max_value_bytes);
  for (std::size_t i = 0; i < t.columns.size(); ++i) {
    const auto name = in_quotes(t.columns[i].name);
    if (!t.large_values || !t.columns[i].varies) {
      terms.push_back(name);
      continue;
    }
    const auto size = "pg_catalog.octet_length(" + name + "::pg_catalog.text)";
    terms.push_back("CASE WHEN " + size + " <= " + most + " THEN " + name + " END");
    large.push_back("CASE WHEN " + size + " > " + most + " THEN '" + std::to_string(i) + " ' || " +
                    size + " END");
  }
  if (t.large_values)
    terms.push_back(large.empty()
                        ? "NULL"
                        : "pg_catalog.concat_ws(',', " + relational::joined(large, ", ") + ')');
  select_ = "SELECT " + relational::joined(terms, ", ") + " FROM " + t.spelled;
}

std::string table_reader::value_of(std::size_t column, const cell& c, std::vector<cell>&) {
  const auto* t = std::get_if<relational::text>(&c);
  return literal(t ? t->bytes : std::string{}) + "::" + table_.table.columns[column].type;
}

result<std::uint64_t> table_reader::count(const query& which) {
  if (!options_.where.empty())
    return std::uint64_t{0};
  auto counted = which;
  counted.limit = most_counted + 1;
  const auto found = db_.ask_one("SELECT pg_catalog.count(*) FROM (SELECT FROM " + table_.spelled +
                                 counted.clause() + ") counted");
  if (!found)
    return found.error();
  std::uint64_t n = 0;
  if (*found)
    std::from_chars((*found)->data(), (*found)->data() + (*found)->size(), n);
  return n > most_counted ? 0 : n;
}

result<std::optional<cell>> table_reader::greatest(std::size_t column) {
  const auto& term = table_.table.columns[column].term;
  auto found = db_.ask_one("SELECT " + term + " FROM " + table_.spelled + " WHERE " + term +
                           " IS NOT NULL ORDER BY " + term + " DESC LIMIT 1");
  if (!found)
    return std::move(found).error();
  std::optional<cell> at;
  if (*found)
    at = relational::text{**std::move(found)};
  return at;
}

// Rows come to be seen when their transaction ends, with the cursor of when it began: a run looks
// behind the last cursor for them.
result<cell> table_reader::before(const cell& cursor) {
  const auto& type = table_.table.cursor_column().type;
  const auto base = table_.columns[*table_.table.cursor].base_number;
  std::vector<cell> none;
  std::string distance;
  if (is_time(base))
    distance =
        literal(std::to_string(options_.lookback.value_or(usual_seconds_back)) + " seconds") +
        "::pg_catalog.interval";
  else if (is_number(base))
    distance = std::to_string(options_.lookback.value_or(usual_numbers_back));
  else
    return cursor;
  const auto from = value_of(*table_.table.cursor, cursor, none);
  const auto earlier = '(' + from + (is_time(base) ? " - " : "::pg_catalog.numeric - ") + distance;
  // A whole number must not leave its type at the low end.
  const auto least = least_of(base);
  const auto bounded = least.empty() ? earlier + ')' : "greatest" + earlier + ", " + least + ')';
  auto found = db_.ask_one("SELECT " + bounded + "::" + type);
  if (!found)
    return std::move(found).error();
  if (!*found)
    return cursor;
  return cell{relational::text{**std::move(found)}};
}

result<void> table_reader::each(const query& which,
                                const std::function<result<bool>(const relational::row&)>& take) {
  copied row{table_, table_.large_values};
  return db_.copy_out("COPY (" + select_ + which.clause() + ") TO STDOUT",
                      [&](char* line, std::size_t size) {
                        split(line, size, row.fields);
                        return take(row);
                      });
}

} // namespace tenon::actors::postgres
