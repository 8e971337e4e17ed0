#include "actors/sync/sources/mariadb/table.hpp"
#include "actors/sync/sources/relational/values.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::actors::mariadb {
namespace {

using relational::cell;
using relational::query;
using relational::rows;

// Beyond it, counting costs more than knowing how far a run is.
constexpr int most_counted = 100'000;
constexpr std::int64_t usual_seconds_back = 60;
constexpr std::int64_t usual_numbers_back = 1'000;

bool is_number(const described_column& c) {
  return c.kind == kind::whole || c.kind == kind::decimal;
}

bool is_time(const described_column& c) {
  return c.kind == kind::time || c.kind == kind::instant || c.data_type == "date";
}

/// Digits that may stand in a statement as they are.
bool is_plain_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

void write_whole(std::string& onto, std::string_view text) {
  std::int64_t n = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (wrong == std::errc{} && end == text.data() + text.size())
    onto.append(std::to_string(n)); // a year 0000 is 0
  else
    write_json_text(text, onto);
}

/// "2026-01-31 12:00:00.500000"
void write_time(std::string& onto, std::string_view text, bool zoned) {
  if (text.size() < 19 || text.starts_with("0000-00-00"))
    return write_json_text(text, onto);
  ((((onto += '"') += text.substr(0, 10)) += 'T') += text.substr(11)) += zoned ? "Z\"" : "\"";
}

void write_value(rows& onto, std::size_t column, kind k, std::string_view text) {
  auto& json = onto.json();
  switch (k) {
  case kind::whole:
  case kind::bits:
    return write_whole(json, text);
  case kind::real:
    json += text;
    return;
  case kind::decimal:
    return relational::write_decimal(json, text);
  case kind::bytes:
    return onto.write_bytes(column, text);
  case kind::json:
    if (!is_utf8(text) || text.empty())
      return onto.write_text(column, text);
    return relational::write_embedded(json, text);
  case kind::time:
  case kind::instant:
    return write_time(json, text, k == kind::instant);
  case kind::text:
  case kind::shape:
    return onto.write_text(column, text);
  }
}

class fetched final : public relational::row {
public:
  fetched(const described_table& t, bool guarded) : table_{t}, guarded_{guarded} {}

  const field_texts* fields = nullptr;

  void write(rows& onto) const override {
    const auto& f = *fields;
    onto.begin();
    if (guarded_ && f.back() && !f.back()->empty())
      note_large(onto, *f.back());
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      onto.name(i);
      if (f[i])
        write_value(onto, i, table_.columns[i].kind, *f[i]);
      else
        onto.null();
    }
    for (const auto k : table_.table.key)
      f[k] ? onto.key_part(key_text(k)) : onto.key_part_is_null();
    const auto deleted = table_.table.deleted ? f[*table_.table.deleted] : std::nullopt;
    onto.end(deleted && relational::means_deleted(*deleted));
  }

  std::optional<cell> at(std::size_t column) const override {
    const auto& f = (*fields)[column];
    if (!f)
      return std::nullopt;
    if (table_.columns[column].kind == kind::bytes)
      return relational::octets{std::string{*f}};
    return relational::text{std::string{*f}};
  }

private:
  /// Bytes of a key in hexadecimal, which any of them can be said in.
  std::string key_text(std::size_t column) const {
    const auto text = *(*fields)[column];
    return table_.columns[column].kind == kind::bytes ? octets_literal(text) : std::string{text};
  }

  /// "3 5000000": the column and its size.
  static void note_large(rows& onto, std::string_view said) {
    std::size_t column = 0;
    const auto* const last = said.data() + said.size();
    const auto* const end = std::from_chars(said.data(), last, column).ptr;
    const std::string size{end + 1, std::find(end + 1, last, ',')};
    onto.spoil(column, "has " + size + " bytes, more than 4 MiB");
  }

  const described_table& table_;
  const bool guarded_;
};

std::string term_of(const described_column& c) {
  const auto name = in_quotes(c.name);
  return c.kind == kind::bits    ? "CAST(" + name + " AS UNSIGNED)"
         : c.kind == kind::shape ? "ST_AsText(" + name + ')'
                                 : name;
}

} // namespace

table_reader::table_reader(session& db, const described_table& t,
                           const relational::table_options& o)
    : db_{db}, table_{t}, options_{o} {
  std::vector<std::string> terms, large;
  const auto most = std::to_string(relational::max_value_bytes);
  for (std::size_t i = 0; i < t.columns.size(); ++i) {
    const auto term = term_of(t.columns[i]);
    if (!t.columns[i].large) {
      terms.push_back(term);
      continue;
    }
    const auto size = "OCTET_LENGTH(" + term + ')';
    terms.push_back("IF(" + size + " <= " + most + ", " + term + ", NULL)");
    large.push_back("IF(" + size + " > " + most + ", CONCAT('" + std::to_string(i) + " ', " + size +
                    "), NULL)");
  }
  if (!large.empty())
    terms.push_back("CONCAT_WS(',', " + relational::joined(large, ", ") + ')');
  select_ = "SELECT " + relational::joined(terms, ", ") + " FROM " + t.spelled;
}

std::string table_reader::value_of(std::size_t column, const cell& c, std::vector<cell>&) {
  if (const auto* o = std::get_if<relational::octets>(&c))
    return octets_literal(o->bytes);
  const auto* t = std::get_if<relational::text>(&c);
  const auto bytes = t ? t->bytes : std::string{};
  return is_number(table_.columns[column]) && is_plain_number(bytes) ? bytes : text_literal(bytes);
}

// Row by row, because the server uses no index for a comparison of rows.
std::string table_reader::after(const std::vector<std::string>& terms,
                                const std::vector<std::string>& values) const {
  std::vector<std::string> ways;
  std::string same;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    ways.push_back('(' + same + terms[i] + " > " + values[i] + ')');
    same += terms[i] + " = " + values[i] + " AND ";
  }
  return terms[0] + " >= " + values[0] + " AND (" + relational::joined(ways, " OR ") + ')';
}

result<std::uint64_t> table_reader::count(const query& which) {
  if (!options_.where.empty())
    return std::uint64_t{0};
  auto counted = which;
  counted.limit = most_counted + 1;
  const auto found = db_.ask("SELECT COUNT(*) FROM (SELECT 1 FROM " + table_.spelled +
                             counted.clause() + ") counted");
  if (!found)
    return found.error();
  std::uint64_t n = 0;
  if (!found->empty() && found->front()[0])
    std::from_chars(found->front()[0]->data(),
                    found->front()[0]->data() + found->front()[0]->size(), n);
  return n > most_counted ? 0 : n;
}

result<std::optional<cell>> table_reader::greatest(std::size_t column) {
  const auto& term = table_.table.columns[column].term;
  const auto found = db_.ask("SELECT " + term + " FROM " + table_.spelled + " WHERE " + term +
                             " IS NOT NULL ORDER BY " + term + " DESC LIMIT 1");
  if (!found)
    return found.error();
  std::optional<cell> at;
  if (!found->empty() && found->front()[0]) {
    if (table_.columns[column].kind == kind::bytes)
      at = relational::octets{*found->front()[0]};
    else
      at = relational::text{*found->front()[0]};
  }
  return at;
}

// Rows come to be seen when their transaction ends, with the cursor of when it was written: a run
// looks behind the last cursor for them.
result<cell> table_reader::before(const cell& cursor) {
  const auto& column = table_.columns[*table_.table.cursor];
  std::vector<cell> none;
  const auto from = value_of(*table_.table.cursor, cursor, none);
  std::string earlier;
  if (is_time(column))
    earlier = "CAST(" + from + " AS DATETIME(6)) - INTERVAL " +
              std::to_string(options_.lookback.value_or(usual_seconds_back)) + " SECOND";
  else if (is_number(column))
    earlier = from + " - " + std::to_string(options_.lookback.value_or(usual_numbers_back)) + ".0";
  else
    return cursor;
  const auto found = db_.ask("SELECT " + earlier);
  if (!found)
    return found.error();
  if (found->empty() || !found->front()[0])
    return cursor;
  return cell{relational::text{*found->front()[0]}};
}

result<void> table_reader::each(const query& which,
                                const std::function<result<bool>(const relational::row&)>& take) {
  const bool guarded = std::ranges::any_of(table_.columns, &described_column::large);
  fetched row{table_, guarded};
  return db_.each(select_ + which.clause(), [&](const field_texts& fields) {
    row.fields = &fields;
    return take(row);
  });
}

} // namespace tenon::actors::mariadb
