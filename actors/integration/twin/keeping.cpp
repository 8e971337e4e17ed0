// What a platform keeps of what is written to it: the record that an action is about is made,
// changed or deleted where a stream reads it, with what the platform adds of its own: a key and the
// time.
#include "actors/integration/page/record_reader.hpp"
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/twin/parts.hpp"
#include "actors/integration/twin/times.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::string_view marker{"tenonkey"};

/// What stands where the marker does.
std::optional<std::string> marked(std::string_view expected, std::string_view said) {
  const auto at = expected.find(marker);
  if (at == expected.npos || !said.starts_with(expected.substr(0, at)))
    return std::nullopt;
  const auto rest = expected.substr(at + marker.size());
  said.remove_prefix(at);
  if (!said.ends_with(rest) || said.size() == rest.size())
    return std::nullopt;
  return std::string{said.substr(0, said.size() - rest.size())};
}

std::string decoded_text(const std::string& text) {
  const auto read = decoded_form("x=" + text);
  return read.empty() ? text : read.front().second;
}

void merge_into(value& into, const value& more) {
  const auto* members = more.as<object>();
  if (members == nullptr || !into.is<object>()) {
    into = more;
    return;
  }
  for (const auto& [name, content] : *members)
    merge_into((*into.as<object>())[name], content);
}

object object_of(const parameters& query) {
  object made;
  for (const auto& [name, content] : query)
    made[name] = content;
  return made;
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  return !a.empty() && same_ignoring_case(a, b);
}

/// Like a key that the platform had from the beginning: were it like one that was given, keys would
/// grow with each. `number` is given once.
value next_key(const value& like, std::uint64_t number) {
  if (like.is<std::int64_t>())
    return *like.as<std::int64_t>() + static_cast<std::int64_t>(500'000'000 + number);
  const auto* text = like.as<std::string>();
  if (text == nullptr)
    return "twin-" + std::to_string(number);
  const bool digits = text->find_first_not_of("0123456789") == text->npos && text->size() < 20;
  return digits ? std::to_string(std::stoull(*text) + 500'000'000 + number)
                : *text + "-w" + std::to_string(number);
}

/// The path up to where the key goes, without what encloses that.
std::string_view path_before_key(std::string_view path) {
  path = path.substr(0, path.find(marker));
  while (!path.empty() && std::string_view{"/('\""}.find(path.back()) != std::string_view::npos)
    path.remove_suffix(1);
  return path;
}

} // namespace

twin::parts::seen_record twin::parts::read_as(const stream& s, const value& raw) const {
  const auto bytes = blob::from(write_json(raw));
  const auto text = json_text::check(bytes.view());
  const value part{"part"};
  connectors::page made;
  record_reader reader{s, connection, part, *text, bytes, made, moment{}};
  reader.read(text->root());
  seen_record seen{.at = made.progress.high};
  if (!made.records.empty())
    seen.key = made.records.front().key;
  seen.deleted = !made.records.empty() && made.records.front().deleted;
  return seen;
}

const std::vector<std::optional<std::int64_t>>& twin::parts::times_of(const stream& s) {
  const auto& records = samples.streams.find(s.name)->second.records;
  auto& times = shelves[s.name].times;
  // What has no time of its own goes with what is before it, as the lines of an order do.
  for (auto i = times.size(); i < records.size(); ++i) {
    auto at = read_as(s, records[i]).at;
    times.push_back(at || i == 0 ? at : times[i - 1]);
  }
  return times;
}

list twin::parts::within(const stream& s, const reach& wanted) {
  const auto& all = samples.streams.find(s.name)->second.records;
  if (!wanted.from && !wanted.to && s.cap.rows == 0)
    return all;
  const auto& times = times_of(s);
  const auto is_in = [&](std::optional<std::int64_t> at) {
    return !at || ((!wanted.from || *at >= *wanted.from) && (!wanted.to || *at <= *wanted.to));
  };
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (is_in(times[i]) || s.expand)
      chosen.push_back(i);
  if (s.cap.rows > 0) {
    std::ranges::stable_sort(chosen, {}, [&](std::size_t i) { return times[i].value_or(0); });
    chosen.resize(std::min<std::size_t>(chosen.size(), s.cap.rows));
  }
  list made;
  for (const auto i : chosen) {
    auto one = all[i];
    const auto* inner = &one;
    if (s.expand)
      for (const auto& step : s.expand->steps)
        inner = inner == nullptr ? nullptr : inner->find(step);
    if (s.expand && inner != nullptr && inner->is<list>()) {
      list kept;
      for (const auto& item : *inner->as<list>()) {
        auto alone = all[i];
        set_member(alone, *s.expand, list{item});
        if (is_in(read_as(s, alone).at))
          kept.push_back(item);
      }
      if (kept.empty())
        continue;
      set_member(one, *s.expand, std::move(kept));
    }
    made.push_back(std::move(one));
  }
  return made;
}

list twin::parts::changed_after(const stream& s, std::uint64_t change) {
  const auto& of = samples.streams.find(s.name)->second;
  const auto& shelf = shelves[s.name];
  list made;
  const auto told = [&](const std::optional<pattern>& as, const value& record) {
    scope names;
    names.bind("conn", connection.settings).bind("record", record);
    auto said = as ? as->evaluate(names) : result<value>{record};
    if (said)
      made.push_back(*std::move(said));
  };
  if (!shelf.changed.empty())
    for (const auto& one : of.records)
      if (const auto at = shelf.changed.find(read_as(s, one).key);
          at != shelf.changed.end() && at->second > change)
        told(of.change, one);
  for (const auto& [at, record] : shelf.gone)
    if (at > change && of.gone)
      told(of.gone, record);
  return made;
}

void twin::parts::touch(const stream& s, std::size_t index) {
  auto& shelf = shelves[s.name];
  const auto seen = read_as(s, samples.streams.find(s.name)->second.records[index]);
  times_of(s);
  shelf.times[index] = seen.at || index == 0 ? seen.at : shelf.times[index - 1];
  shelf.changed[seen.key] = ++changes;
}

void twin::parts::put(const stream& s, value record) {
  auto& records = samples.streams.find(s.name)->second.records;
  const auto key = read_as(s, record).key;
  const auto same = std::ranges::find_if(
      records, [&](const value& one) { return !key.empty() && read_as(s, one).key == key; });
  const auto index = static_cast<std::size_t>(same - records.begin());
  if (same == records.end())
    records.push_back(std::move(record));
  else
    *same = std::move(record);
  touch(s, index);
}

std::size_t twin::parts::grow(const stream& s, moment at) {
  auto& of = samples.streams.find(s.name)->second;
  const auto round = static_cast<std::int64_t>(500'000'000 + ++changes);
  const list before{of.records.begin(), of.records.begin() + static_cast<std::ptrdiff_t>(of.given)};
  for (std::size_t i = 0; i < before.size(); ++i) {
    auto record = before[i];
    const auto number = static_cast<std::int64_t>(i);
    make_distinct(s, of, record, round + number);
    set_times(record, of, at + number * std::chrono::days{1});
    put(s, std::move(record));
  }
  return before.size();
}

std::optional<std::string> twin::parts::key_said(const operation& o, const asked& r,
                                                 moment now) const {
  const value key{std::string{marker}};
  const value effect{"effect"};
  const value record{object{}};
  scope names;
  names.bind("conn", connection.settings).bind("key", key).bind("effect", effect);
  names.bind("record", record).set_now(now);
  const auto mapped = o.map ? o.map->evaluate(names) : result<value>{record};
  const value item = mapped ? *mapped : value{};
  names.bind("item", item);
  if (const auto path = o.request.path.evaluate(names))
    if (const auto there = join(connection.base, *path))
      if (const auto said = marked(path_of(*there), path_of(r.target)))
        return decoded_text(*said);
  auto expected = texts_of(o.request, names);
  if (!o.has_body)
    flatten("body", item, expected);
  const auto said = texts_in(r);
  for (const auto& [at, text] : expected)
    if (const auto there = said.find(at); there != said.end())
      if (auto found = marked(text, there->second))
        return found;
  return std::nullopt;
}

std::optional<std::size_t> twin::parts::meant(const operation& o, const stream& s,
                                              const action_samples& how, const asked& r,
                                              const value& item, moment now) const {
  const auto& records = samples.streams.find(s.name)->second.records;
  const auto find = [&](const json_path& path, const std::string& text) {
    const auto it = std::ranges::find_if(
        records, [&](const value& one) { return same_but_for_case(text_at(one, path), text); });
    return it == records.end() ? std::nullopt
                               : std::optional{static_cast<std::size_t>(it - records.begin())};
  };
  if (how.by)
    return find(*how.by, text_at(item, how.named ? *how.named : *how.by));
  const auto key = key_said(o, r, now);
  if (!key)
    return o.mode == write_mode::insert ? std::nullopt
                                        : find(s.key.back(), text_at(item, s.key.back()));
  if (const auto found = find(s.key.back(), *key))
    return found;
  for (std::size_t i = 0; i < records.size() && s.key.size() > 1; ++i)
    if (read_as(s, records[i]).key == *key)
      return i;
  return std::nullopt;
}

/// The last key that the stream had before the first was given; null if it had none.
const value& twin::parts::key_shape(const stream& s) {
  auto& like = shelves[s.name].like;
  if (like)
    return *like;
  const auto& records = samples.streams.find(s.name)->second.records;
  const auto* last = records.empty() ? nullptr : &records.back();
  for (const auto& step : s.key.back().steps)
    last = last == nullptr ? nullptr : last->find(step);
  return like.emplace(last == nullptr ? value{} : *last);
}

std::optional<std::string> twin::parts::keep(const operation& o, const asked& r, const value& item,
                                             moment now) {
  const auto how = samples.actions.find(o.name);
  if (how == samples.actions.end() || how->second.into.empty())
    return std::string{};
  const auto& s = *connector->find_stream(how->second.into);
  auto& of = samples.streams.find(s.name)->second;
  auto index = meant(o, s, how->second, r, item, now);
  if (!index && (o.mode == write_mode::update || o.mode == write_mode::erase))
    return std::nullopt;
  if (o.mode == write_mode::erase)
    return read_as(s, of.records[*index]).deleted ? std::nullopt
                                                  : std::optional{erase(s, *index, now)};
  value content = item;
  if (how->second.as) {
    scope names;
    const value query{object_of(r.query)};
    names.bind("conn", connection.settings).bind("item", item).bind("query", query).set_now(now);
    if (auto made = how->second.as->evaluate(names))
      content = *std::move(made);
  }
  if (!content.is<object>())
    return std::string{};
  value record = index ? of.records[*index] : value{object{}};
  merge_into(record, content);
  set_times(record, of, now);
  if (!s.key.empty() && text_at(record, s.key.back()).empty()) {
    const auto said = key_said(o, r, now);
    set_member(record, s.key.back(),
               said ? value{*said} : next_key(key_shape(s), ++shelves[s.name].given));
  }
  if (!index) {
    index = of.records.size();
    of.records.emplace_back();
  }
  of.records[*index] = record;
  auto id = s.key.empty() ? std::string{} : text_at(record, s.key.back());
  touch(s, *index);
  return id;
}

/// Where the connector asks whether a record is deleted, the platform keeps it as such.
std::string twin::parts::erase(const stream& s, std::size_t index, moment now) {
  auto& of = samples.streams.find(s.name)->second;
  auto& shelf = shelves[s.name];
  auto id = text_at(of.records[index], s.key.back());
  if (s.deleted && s.deleted->field && s.cursor && s.cursor->is_time()) {
    set_member(of.records[index], *s.deleted->field, true);
    set_times(of.records[index], of, now);
    touch(s, index);
    return id;
  }
  times_of(s);
  shelf.gone.emplace_back(++changes, std::move(of.records[index]));
  of.records.erase(of.records.begin() + static_cast<std::ptrdiff_t>(index));
  shelf.times.erase(shelf.times.begin() + static_cast<std::ptrdiff_t>(index));
  return id;
}

/// An action whose path is that of one stream, or of a record below it, is about that stream.
void twin::parts::place_actions() {
  const value key{std::string{marker}};
  const value none;
  const value record{object{}};
  for (const auto& o : connector->actions) {
    auto& how = samples.actions[o.name];
    if (!how.into.empty() || o.mode == write_mode::call || o.job || o.batch.max > 1 ||
        !o.request.graphql.empty())
      continue;
    scope names;
    names.bind("conn", connection.settings).bind("key", key).bind("effect", key);
    names.bind("record", record).bind("item", record).bind("partition", none);
    names.bind("cursor", none).bind("job", none);
    const auto path = o.request.path.evaluate(names);
    if (!path)
      continue;
    std::vector<std::string> fitting;
    for (const auto& s : connector->streams)
      if (const auto there = s.request.path.evaluate(names); there && !s.job && !s.key.empty() &&
                                                             samples.streams.contains(s.name) &&
                                                             *there == path_before_key(*path))
        fitting.push_back(s.name);
    if (fitting.size() == 1)
      how.into = fitting.front();
  }
}

} // namespace tenon::actors::connectors
