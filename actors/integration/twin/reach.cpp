// From when on a request wants what has changed, wherever its manifest puts that: into a parameter,
// a body, a filter or a text of some query language. The times that the request says there are
// tried, and the one from which the connector would have made the very same request is meant.
#include "actors/integration/twin/parts.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// All the times that a text may say somewhere.
void add_times(std::string_view text, std::vector<moment>& into) {
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(text[i])) {
      ++i;
      continue;
    }
    auto end = i;
    while (end < text.size() && (is_digit(text[end]) || (text[end] >= 'A' && text[end] <= 'Z') ||
                                 std::string_view{":.+-"}.find(text[end]) != std::string::npos))
      ++end;
    const std::string one{text.substr(i, end - i)};
    i = end;
    if (std::ranges::all_of(one, is_digit)) {
      if (one.size() > 14)
        continue;
      into.push_back(moment{milliseconds{std::stoll(one)}});
      into.push_back(moment{seconds{std::stoll(one)}});
    } else {
      for (const auto* rest : {"", "Z"})
        if (const auto at = parse_moment(one + rest))
          into.push_back(*at);
    }
  }
}

/// The days that small numbers may be the year, the month and the day of.
void add_days(const std::vector<int>& numbers, std::vector<moment>& into) {
  for (const auto y : numbers)
    for (const auto m : numbers)
      for (const auto d : numbers) {
        const year_month_day day{year{y}, month{static_cast<unsigned>(m)},
                                 std::chrono::day{static_cast<unsigned>(d)}};
        if (y >= 1970 && day.ok())
          into.push_back(moment{sys_days{day}});
      }
}

std::vector<moment> times_in(const twin_texts& said, const std::vector<std::string>& places) {
  std::vector<moment> all;
  std::vector<int> numbers;
  for (const auto& one : places)
    if (const auto at = said.find(one); at != said.end()) {
      add_times(at->second, all);
      if (at->second.size() <= 4 && std::ranges::all_of(at->second, is_digit))
        numbers.push_back(std::stoi("0" + at->second));
    }
  add_days(numbers, all);
  return all;
}

/// Where two that have nothing in common are said.
std::vector<std::string> apart(const twin_texts& one, const twin_texts& other) {
  std::vector<std::string> places;
  for (const auto& [at, text] : one)
    if (const auto there = other.find(at); there == other.end() || there->second != text)
      places.push_back(at);
  return places;
}

std::optional<std::int64_t> bound_said(const progress_rule& rule, const std::string& name,
                                       const parameters& query) {
  const auto said = std::ranges::find(query, name, [](const auto& p) { return p.first; });
  return name.empty() || said == query.end() ? std::nullopt
                                             : read_field(rule, write_json(value{said->second}));
}

/// A bound says the whole of its day or second.
std::int64_t end_of(const progress_rule& rule, std::int64_t bound) {
  if (!rule.is_time())
    return bound;
  const auto unit = rule.format == time_format::date      ? milliseconds{days{1}}
                    : rule.format == time_format::epoch_s ? milliseconds{seconds{1}}
                                                          : milliseconds{1};
  return bound + unit.count() - 1;
}

} // namespace

void flatten(const std::string& at, const value& v, twin_texts& into) {
  if (const auto* members = v.as<object>()) {
    for (const auto& [name, content] : *members)
      flatten(at + '/' + name, content, into);
  } else if (const auto* items = v.as<list>()) {
    for (std::size_t i = 0; i < items->size(); ++i)
      flatten(at + '/' + std::to_string(i), (*items)[i], into);
  } else if (const auto* text = v.as<std::string>()) {
    into[at] = *text;
  } else if (const auto* when = v.as<moment>()) {
    into[at] = tenon::to_text(*when);
  } else if (!v.is_null()) {
    into[at] = write_json(v);
  }
}

twin_texts texts_of(const request_pattern& p, const scope& names) {
  twin_texts all;
  for (const auto& [name, content] : p.query)
    if (const auto made = content.evaluate(names))
      flatten('?' + name, *made, all);
  if (p.body)
    if (const auto made = p.body->evaluate(names))
      flatten("body", *made, all);
  return all;
}

twin_texts twin::parts::texts_in(const asked& r) {
  twin_texts all;
  for (const auto& [name, content] : r.query)
    all['?' + name] = content;
  const auto* variables = r.body.find("variables");
  flatten("body", variables != nullptr && r.body.find("query") ? *variables : r.body, all);
  return all;
}

twin::parts::reach twin::parts::reach_of(const stream& s, const request_pattern& p, const asked& r,
                                         moment now) const {
  const value none;
  const auto with = [&](const value& cursor) {
    scope names;
    names.bind("conn", connection.settings).bind("cursor", cursor).bind("cursor_end", none);
    names.bind("partition", none).bind("job", none).set_now(now);
    return texts_of(p, names);
  };
  reach made;
  std::vector<std::string> places;
  if (s.cursor && !s.cursor->is_text()) {
    const auto& rule = *s.cursor;
    made.from = bound_said(rule, rule.from, r.query);
    made.to = bound_said(rule, rule.to, r.query);
    if (made.to)
      made.to = end_of(rule, *made.to);
    if (rule.from.empty() && rule.is_time())
      places = apart(with(moment{sys_days{2001y / 2 / 3} + 14h + 5min + 6s + 7ms}),
                     with(moment{sys_days{1993y / 11 / 24} + 23h + 42min + 53s + 891ms}));
  }
  const auto bare = with(none);
  const auto said = texts_in(r);
  for (const auto& [at, text] : bare) {
    const auto there = said.find(at);
    if (std::ranges::find(places, at) == places.end() &&
        (there == said.end() || there->second != text))
      ++made.differs;
  }
  const auto is_said = [&](const twin_texts& rendered) {
    return std::ranges::all_of(places, [&](const std::string& at) {
      const auto here = rendered.find(at);
      const auto there = said.find(at);
      return here == rendered.end() || there == said.end()
                 ? (here == rendered.end()) == (there == said.end())
                 : here->second == there->second;
    });
  };
  if (places.empty() || is_said(bare))
    return made;
  const auto times = times_in(said, places);
  const auto meant = std::ranges::find_if(times, [&](moment at) { return is_said(with(at)); });
  if (meant == times.end())
    made.differs += places.size();
  else
    made.from = meant->time_since_epoch().count();
  return made;
}

} // namespace tenon::actors::connectors
