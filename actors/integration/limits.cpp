#include "actors/integration/limits.hpp"

#include "actors/integration/form/place.hpp"
#include "actors/integration/web/url.hpp"
#include "actors/schedule/zones.hpp"
#include "runtime/expression/compiled.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tenon::actors::connectors {
namespace {

constexpr std::array<std::string_view, 6> kind_names{"token",       "fixed", "sliding",
                                                     "concurrency", "cost",  "daily"};
constexpr std::size_t most_buckets = 32;
constexpr std::size_t most_prices = 32;
constexpr std::int64_t most_count = 1'000'000'000;
constexpr std::int64_t most_points = 100'000'000;
constexpr int most_kept = 90;

struct rate {
  std::int64_t count;
  span window;
};

/// "100/10s".
std::optional<rate> rate_of(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == text.npos)
    return std::nullopt;
  std::int64_t count = 0;
  const auto* end = text.data() + slash;
  const auto read = std::from_chars(text.data(), end, count);
  const auto window = parse_span(text.substr(slash + 1));
  if (read.ec != std::errc{} || read.ptr != end || count < 1 || count > most_count || !window ||
      *window <= span{0} || *window > std::chrono::days{366})
    return std::nullopt;
  return rate{count, *window};
}

request_match take_match(form& fields) {
  request_match made;
  if (const auto* match = fields.take("match")) {
    form inner{*match, fields.at("match"), fields.found()};
    made.paths = inner.texts("path");
    made.methods = inner.texts("method");
    inner.finish();
  }
  return made;
}

/// "00:00 America/Los_Angeles".
void take_resets(form& fields, bucket& into) {
  const auto text = fields.text("resets");
  if (!text)
    return;
  const auto digit = [&](std::size_t at) { return (*text)[at] - '0'; };
  const bool shaped = text->size() > 6 && (*text)[2] == ':' && (*text)[5] == ' ';
  const int hours = shaped ? digit(0) * 10 + digit(1) : -1;
  const int minutes = shaped ? digit(3) * 10 + digit(4) : -1;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
    return fields.note("resets", "'" + *text + "' is not a time of the day somewhere",
                       "Write it as 00:00 America/Los_Angeles, or 00:00 UTC.");
  into.zone = text->substr(6);
  into.starts = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  if (const auto known = zone_named(into.zone); !known)
    fields.note("resets", known.error().why, known.error().remedy);
}

/// "usage.in + usage.out".
void take_places(form& fields, std::string_view text, bucket& into) {
  constexpr std::string_view plus{" + "};
  while (!text.empty()) {
    const auto end = text.find(plus);
    auto path = compile_path(text.substr(0, end));
    if (!path)
      return fields.found().add(fields.at("price"), path.error());
    into.price_in_body.push_back(*std::move(path));
    text.remove_prefix(end == text.npos ? text.size() : end + plus.size());
  }
}

/// A number, or what each request is reckoned to cost.
void take_estimate(form& fields, bucket& into) {
  const auto* said = fields.take("estimate");
  const auto* text = said == nullptr ? nullptr : said->as<std::string>();
  if (text != nullptr)
    into.estimated =
        compile_text(*text, fields.at("estimate"), {{"conn", "body", "size"}}, fields.found());
  else if (const auto first = fields.number("estimate", 1, most_points))
    into.estimate = *first;
}

/// "body usage.total" is where answers say it; a number holds for every request.
void take_price(form& fields, bucket& into) {
  constexpr std::string_view word{"body "};
  const auto* said = fields.take("price");
  const auto* text = said == nullptr ? nullptr : said->as<std::string>();
  if (text != nullptr && text->starts_with(word)) {
    take_places(fields, std::string_view{*text}.substr(word.size()), into);
  } else if (text != nullptr) {
    fields.note("price", "'" + *text + "' is no price", "Write 5, or body usage.total_tokens.");
  } else if (const auto number = fields.number("price", 1, most_points)) {
    into.price = *number;
  }
  take_estimate(fields, into);
  const auto* prices = fields.take("prices");
  const auto* all = prices == nullptr ? nullptr : prices->as<list>();
  if (prices != nullptr && (all == nullptr || all->size() > most_prices))
    return fields.note("prices",
                       "a list of up to " + std::to_string(most_prices) + " prices is expected");
  for (std::size_t i = 0; all != nullptr && i < all->size(); ++i) {
    form inner{(*all)[i], below(fields.at("prices"), i), fields.found()};
    inner.require("match", "match: {path: \"*/search\"}");
    inner.require("price", "price: 100");
    auto match = take_match(inner);
    into.prices.push_back({std::move(match), inner.number("price", 1, most_points).value_or(1)});
    inner.finish();
  }
}

void take_reserve(form& fields, bucket& into) {
  const auto* said = fields.take("reserve");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("reserve"), fields.found()};
  inner.require("interactive", "how much is kept for what somebody waits for, interactive: 20%");
  const auto text = inner.text("interactive").value_or("0%");
  int percent = -1;
  const auto* end = text.data() + text.size() - (text.ends_with('%') ? 1 : 0);
  const auto read = std::from_chars(text.data(), end, percent);
  if (read.ec != std::errc{} || read.ptr != end || !text.ends_with('%') || percent < 0 ||
      percent > most_kept)
    inner.note("interactive", "'" + text + "' is not a part that can be kept",
               "Write 0% to " + std::to_string(most_kept) + "%.");
  else
    into.kept_percent = percent;
  inner.finish();
}

/// How many in what time; how many points, and how fast they come back.
void take_size(form& fields, bucket& into) {
  const bool points = into.kind == bucket_kind::cost;
  if (into.kind == bucket_kind::concurrency) {
    if (fields.require("limit", "how many at once, limit: 10"))
      into.count = fields.number("limit", 1, 1'000).value_or(1);
    return;
  }
  if (points && fields.require("max", "how many points there may be, max: 1000"))
    into.count = fields.number("max", 1, most_points).value_or(1);
  const auto* const name = points ? "restore" : "rate";
  if (!fields.require(name, points ? "how many come back in what time, restore: 50/1s"
                                   : "how many in what time, rate: 100/10s"))
    return;
  const auto text = fields.text(name);
  const auto read = text ? rate_of(*text) : std::nullopt;
  if (text && !read)
    return fields.note(name, "'" + *text + "' is not a rate", "Write it as 100/10s.");
  if (!read)
    return;
  (points ? into.restored : into.count) = read->count;
  into.window = read->window;
}

observer compile_observer(const value* observe, const std::string& where, problems& found);

bucket compile_bucket(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  bucket made;
  const auto kind = fields.choice("kind", {kind_names.begin(), kind_names.end()});
  made.kind = static_cast<bucket_kind>(kind.value_or(0));
  made.key = compile_text(fields.text("key").value_or("{{conn.id}}"), fields.at("key"),
                          {{"conn", "body"}}, found);
  take_size(fields, made);
  if (made.kind == bucket_kind::daily)
    take_resets(fields, made);
  if (made.kind == bucket_kind::cost || made.kind == bucket_kind::daily ||
      made.kind == bucket_kind::fixed)
    take_price(fields, made);
  made.match = take_match(fields);
  take_reserve(fields, made);
  if (const auto* observe = fields.take("observe"))
    made.observe = compile_observer(observe, fields.at("observe"), found);
  fields.finish();
  return made;
}

/// "header x-ratelimit-limit"; the word may be left out.
std::string header_name(std::string_view text) {
  constexpr std::string_view word{"header "};
  if (text.starts_with(word))
    text.remove_prefix(word.size());
  return std::string{text};
}

told_time take_time(form& fields, std::string_view name) {
  told_time made;
  const auto* said = fields.take(name);
  if (said == nullptr)
    return made;
  if (const auto* text = said->as<std::string>()) {
    made.header = header_name(*text);
    return made;
  }
  form inner{*said, fields.at(name), fields.found()};
  made.header = header_name(inner.text("header").value_or(""));
  if (inner.is_object() && made.header.empty())
    inner.note("header", "`header` is missing", "Name the header that says it.");
  const auto as = inner.choice("as", {clock_names.begin(), clock_names.end()});
  if (as)
    made.as = static_cast<clock>(*as);
  inner.finish();
  return made;
}

percent_observer compile_percent(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  percent_observer made;
  fields.require("header", "header: x-app-usage");
  made.header = header_name(fields.text("header").value_or(""));
  fields.require("json", "where it stands there, json: call_count");
  for (const auto& text : fields.texts("json")) {
    if (auto path = compile_path(text))
      made.json.push_back(*std::move(path));
    else
      found.add(fields.at("json"), path.error());
  }
  made.slow_at = static_cast<int>(fields.number("slow_at", 1, 99).value_or(made.slow_at));
  made.stop_at = static_cast<int>(fields.number("stop_at", 2, 100).value_or(made.stop_at));
  if (made.stop_at <= made.slow_at)
    fields.note("stop_at", "it is not above slow_at", "Slow down before stopping.");
  if (const auto* regain = fields.take("regain")) {
    form inner{*regain, fields.at("regain"), found};
    inner.require("json", "json: \"*.*.estimated_time_to_regain_access\"");
    made.regain = take_path(inner, "json");
    const auto as = inner.choice("as", {clock_names.begin(), clock_names.end()});
    if (as)
      made.regain_as = static_cast<clock>(*as);
    inner.finish();
  }
  fields.finish();
  return made;
}

void take_percent(form& fields, observer& into) {
  const auto* said = fields.take("percent");
  if (said == nullptr)
    return;
  const auto where = fields.at("percent");
  const auto* several = said->as<list>();
  if (several == nullptr)
    into.percent.push_back(compile_percent(*said, where, fields.found()));
  for (std::size_t i = 0; several != nullptr && i < several->size(); ++i)
    into.percent.push_back(compile_percent((*several)[i], below(where, i), fields.found()));
}

void take_body(form& fields, observer& into) {
  const auto* said = fields.take("body");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("body"), fields.found()};
  into.body = {take_path(inner, "available"), take_path(inner, "limit"),
               take_path(inner, "restore"), take_path(inner, "cost")};
  inner.finish();
}

observer compile_observer(const value* observe, const std::string& where, problems& found) {
  observer made;
  if (observe == nullptr)
    return made;
  form fields{*observe, where, found};
  made.limit = header_name(fields.text("limit").value_or(""));
  made.remaining = header_name(fields.text("remaining").value_or(""));
  made.usage = header_name(fields.text("usage").value_or(""));
  made.reset = take_time(fields, "reset");
  made.window = take_time(fields, "window");
  made.full = take_time(fields, "full");
  take_percent(fields, made);
  take_body(fields, made);
  fields.finish();
  return made;
}

std::vector<bucket> compile_buckets(const value* buckets, const std::string& where,
                                    problems& found) {
  std::vector<bucket> made;
  if (buckets == nullptr)
    return made;
  const auto* all = buckets->as<list>();
  if (all == nullptr)
    found.add(where, "a list of buckets is expected");
  else if (all->size() > most_buckets)
    found.add(where, "more than " + std::to_string(most_buckets) + " buckets");
  else
    for (const auto& one : *all)
      made.push_back(compile_bucket(one, below(where, made.size()), found));
  return made;
}

} // namespace

std::string_view name_of(bucket_kind k) {
  return kind_names[static_cast<std::size_t>(k)];
}

bool request_match::matches(std::string_view method, std::string_view at) const {
  const auto fits = [&](const std::string& path) { return connectors::matches(path, at); };
  return (paths.empty() || std::ranges::any_of(paths, fits)) &&
         (methods.empty() || std::ranges::count(methods, method) > 0);
}

bool bucket::is_shared(const value& settings) const {
  return std::ranges::all_of(key->parts().paths, [&](const runtime::expression::path& one) {
    const bool of_connection = one.root == "conn" && !one.steps.empty();
    const auto* part = of_connection ? settings.find(one.steps.front().name) : nullptr;
    const auto* text = part != nullptr ? part->as<std::string>() : nullptr;
    const bool known = part != nullptr && !part->is<std::monostate>() && !(text && text->empty());
    return known && one.steps.front().name != "id";
  });
}

std::int64_t bucket::price_of(std::string_view method, std::string_view path) const {
  for (const auto& other : prices)
    if (other.match.matches(method, path))
      return other.price;
  return price_in_body.empty() ? price : 0;
}

limits compile_limits(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  limits made;
  made.buckets = compile_buckets(fields.take("buckets"), fields.at("buckets"), found);
  made.observe = compile_observer(fields.take("observe"), fields.at("observe"), found);
  for (auto& b : made.buckets)
    if (b.kind == bucket_kind::cost && b.price_in_body.empty() && b.price == 1 &&
        made.observe.body.cost)
      b.price_in_body.push_back(*made.observe.body.cost);
  fields.finish();
  return made;
}

} // namespace tenon::actors::connectors
