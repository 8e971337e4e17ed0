#include "actors/sync/destinations/tables/records.hpp"

#include "actors/integration/page/json_text.hpp"

#include <algorithm>
#include <unordered_set>

namespace tenon::actors::tables {
namespace {

using connectors::json_text;
using relational::option_names;

constexpr auto nowhere = static_cast<std::size_t>(-1);

std::string small(std::string_view name) {
  std::string out;
  for (const char c : name)
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// What a value of the key is to a database that takes case and blanks at the end for nothing. What
/// only seems the same costs a transaction, and nothing else.
void append_folded(std::string& key, std::string_view json) {
  std::optional<std::string> written;
  if (connectors::is_text(json)) {
    if (json.find('\\') != json.npos)
      json = written.emplace(connectors::scalar_text(json).value_or(std::string{json}));
    else
      json = json.substr(1, json.size() - 2);
  }
  json = json.substr(0, json.find_last_not_of(' ') + 1);
  for (const char c : json)
    key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  key += '\0';
}

/// Records mostly have the members of the one before them, in the same order; where they go is then
/// known without looking anything up.
class sorting {
public:
  sorting(const columns& c, const option_names& n) : columns_{c}, names_{n} {
    for (std::size_t i = 0; i < c.names.size(); ++i)
      by_name_.emplace(c.any_case ? small(c.names[i]) : c.names[i], i);
    out.dead.columns = c.key;
    std::ranges::sort(out.dead.columns);
  }

  result<void> take(std::size_t place, const outgoing_change& one) {
    const auto text = json_text::check(one.content.view());
    if (!text || !connectors::is_object(text->root())) {
      out.refused[place] = "the record is no JSON object";
      return {};
    }
    keys_.clear();
    values_.clear();
    for (json_text::walk members{*text, text->root()}; members.next();) {
      keys_.push_back(members.key());
      values_.push_back(members.content());
    }
    auto& way = one.deleted ? dead_ : live_;
    if (!std::ranges::equal(way.keys, keys_))
      if (auto found = find_way(way, one.deleted); !found)
        return found;
    if (!way.missing.empty())
      out.refused[place] = "the record has no " + way.missing + ", which is of the key";
    else
      put(place, way);
    return {};
  }

  sorted out{};

private:
  /// Where the members of such a record go.
  struct layout {
    std::vector<std::string> keys{};
    std::vector<std::size_t> places{}; // among the group's columns
    std::size_t extra = nowhere;       // the same of the column for all others
    std::string missing{};             // of the key
    group* into = nullptr;
  };

  result<void> find_way(layout& way, bool deleted) {
    way = {};
    std::vector<std::size_t> of, said; // the columns, by member and without repetition
    for (const auto raw : keys_) {
      const auto name = connectors::scalar_text(raw).value_or("");
      const auto it = by_name_.find(columns_.any_case ? small(name) : name);
      auto column = it == by_name_.end() || it->second == columns_.extra ? nowhere : it->second;
      if (column == nowhere && !columns_.extra && !deleted)
        return failure{code::not_found,
                       "the table " + columns_.table + " has no column " + name +
                           ", which the record has",
                       names_.place_of("table"),
                       "Add it there, leave it out with `map`, or name a column with `extra` that "
                       "keeps what has none."};
      if (column != nowhere && std::ranges::find(said, column) != said.end())
        column = nowhere; // the first of two is meant
      if (deleted && std::ranges::find(columns_.key, column) == columns_.key.end())
        column = nowhere;
      of.push_back(column);
      if (column != nowhere)
        said.push_back(column);
    }
    for (const auto k : columns_.key)
      if (std::ranges::find(said, k) == said.end())
        way.missing = columns_.names[k];
    way.keys.assign(keys_.begin(), keys_.end());
    if (!way.missing.empty())
      return {};
    if (columns_.extra && !deleted)
      said.push_back(*columns_.extra);
    std::ranges::sort(said);
    way.into = deleted ? &out.dead : &out.live.try_emplace(said, group{said}).first->second;
    const auto place_of = [&](std::size_t column) {
      return static_cast<std::size_t>(std::ranges::find(said, column) - said.begin());
    };
    for (const auto column : of)
      way.places.push_back(column == nowhere ? nowhere : place_of(column));
    if (columns_.extra && !deleted)
      way.extra = place_of(*columns_.extra);
    return {};
  }

  void put(std::size_t place, const layout& way) {
    auto& into = *way.into;
    const auto begin = into.values.size();
    into.values.resize(begin + into.columns.size(), "null");
    std::string others;
    for (std::size_t i = 0; i < keys_.size(); ++i)
      if (way.places[i] != nowhere)
        into.values[begin + way.places[i]] = values_[i];
      else if (way.extra != nowhere)
        ((((others += others.empty() ? '{' : ',') += keys_[i]) += ':')) += values_[i];
    if (!others.empty())
      into.values[begin + way.extra] = out.made.emplace_back(others += '}');
    for (std::size_t i = 0; i < into.columns.size(); ++i)
      if (connectors::is_null(into.values[begin + i]) &&
          std::ranges::find(columns_.key, into.columns[i]) != columns_.key.end()) {
        out.refused[place] =
            "the record's " + columns_.names[into.columns[i]] + " is null, and is of the key";
        into.values.resize(begin);
        return;
      }
    into.changes.push_back(place);
    keep_apart(place, into, std::span{into.values}.subspan(begin));
  }

  /// Begins anew with what may be the row of a change before.
  void keep_apart(std::size_t place, const group& of, std::span<const std::string_view> values) {
    std::string key;
    for (std::size_t i = 0; i < of.columns.size(); ++i)
      if (std::ranges::find(columns_.key, of.columns[i]) != columns_.key.end())
        append_folded(key, values[i]);
    if (rows_.insert(key).second)
      return;
    out.begins.push_back(place);
    rows_.clear();
    rows_.insert(std::move(key));
  }

  const columns& columns_;
  const option_names& names_;
  std::map<std::string, std::size_t> by_name_;
  layout live_{}, dead_{};
  std::vector<std::string_view> keys_, values_; // of the record at hand
  std::unordered_set<std::string> rows_;        // since the last beginning
};

} // namespace

result<void> choose(columns& c, const target& t, const option_names& names) {
  const auto find = [&](const std::string& name, const char* option) -> result<std::size_t> {
    const auto it = std::ranges::find_if(c.names, [&](const std::string& n) {
      return c.any_case ? small(n) == small(name) : n == name;
    });
    if (it != c.names.end())
      return static_cast<std::size_t>(it - c.names.begin());
    return failure{code::not_found, "the table " + c.table + " has no column " + name,
                   names.place_of(option), "Name columns that the table has."};
  };
  for (const auto& name : t.rows.key) {
    const auto at = find(name, "key");
    if (!at)
      return at.error();
    c.key.push_back(*at);
  }
  if (t.extra.empty())
    return {};
  const auto at = find(t.extra, "extra");
  if (!at)
    return at.error();
  if (std::ranges::find(c.key, *at) != c.key.end())
    return names.wrong("extra", t.extra + " is of the key", "Name a column for JSON.");
  c.extra = *at;
  return {};
}

std::pair<some_rows, std::size_t> group::between(std::size_t first, std::size_t end) const {
  const auto from = std::ranges::lower_bound(changes, first);
  const auto to = std::ranges::lower_bound(changes, end);
  const auto skipped = static_cast<std::size_t>(from - changes.begin());
  const auto taken = static_cast<std::size_t>(to - from);
  const std::span all{values};
  return {some_rows{columns, all.subspan(skipped * columns.size(), taken * columns.size())},
          skipped};
}

result<sorted> sort_out(std::span<const outgoing_change> all, const columns& c,
                        const option_names& names) {
  sorting work{c, names};
  for (std::size_t i = 0; i < all.size(); ++i)
    if (auto taken = work.take(i, all[i]); !taken)
      return std::move(taken).error();
  return std::move(work.out);
}

} // namespace tenon::actors::tables
