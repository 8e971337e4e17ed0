#include "actors/integration/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tenon::actors::connectors {
namespace {

constexpr std::array<std::string_view, 4> kind_names{"token", "fixed", "sliding", "concurrency"};
constexpr std::size_t most_buckets = 32;
constexpr std::int64_t most_count = 1'000'000'000;

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

bucket_kind take_kind(form& fields) {
  const auto* said = fields.take("kind");
  const auto* text = said == nullptr ? nullptr : said->as<std::string>();
  if (text != nullptr && (*text == "cost" || *text == "daily")) {
    fields.note("kind", "this version does not support buckets of the kind " + *text + " yet",
                "Use token, fixed, sliding or concurrency.");
    return bucket_kind::token;
  }
  const auto chosen = fields.choice("kind", {kind_names.begin(), kind_names.end()});
  return static_cast<bucket_kind>(chosen.value_or(0));
}

bucket compile_bucket(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  bucket made;
  made.kind = take_kind(fields);
  made.key =
      compile_text(fields.text("key").value_or("{{conn.id}}"), fields.at("key"), {{"conn"}}, found);
  if (made.kind == bucket_kind::concurrency) {
    if (fields.require("limit", "how many at once, limit: 10"))
      made.count = fields.number("limit", 1, 10'000).value_or(1);
  } else if (fields.require("rate", "how many in what time, rate: 100/10s")) {
    const auto text = fields.text("rate");
    if (const auto read = text ? rate_of(*text) : std::nullopt) {
      made.count = read->count;
      made.window = read->window;
    } else if (text) {
      fields.note("rate", "'" + *text + "' is not a rate", "Write it as 100/10s.");
    }
  }
  if (const auto* match = fields.take("match")) {
    form inner{*match, fields.at("match"), found};
    made.path = inner.text("path").value_or("");
    inner.finish();
  }
  fields.later("reserve");
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

void take_reset(form& fields, observer& into) {
  const auto* said = fields.take("reset");
  if (said == nullptr)
    return;
  if (const auto* text = said->as<std::string>()) {
    into.reset = header_name(*text);
    return;
  }
  form inner{*said, fields.at("reset"), fields.found()};
  into.reset = header_name(inner.text("header").value_or(""));
  if (inner.is_object() && into.reset.empty())
    inner.note("header", "`header` is missing", "Name the header that says when it is over.");
  const auto as = inner.choice("as", {clock_names.begin(), clock_names.end()});
  if (as)
    into.reset_as = static_cast<clock>(*as);
  inner.finish();
}

/// The number in front: "100;w=60" means 100.
std::optional<std::int64_t> number_in(const headers& all, const std::string& name) {
  const auto text = name.empty() ? std::nullopt : find_header(all, name);
  if (!text)
    return std::nullopt;
  const auto first = std::min(text->find_first_not_of(' '), text->size());
  std::int64_t number = 0;
  const auto read = std::from_chars(text->data() + first, text->data() + text->size(), number);
  if (read.ec != std::errc{} || number < 0)
    return std::nullopt;
  return number;
}

} // namespace

std::string_view name_of(bucket_kind k) {
  return kind_names[static_cast<std::size_t>(k)];
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

observer compile_observer(const value* observe, const std::string& where, problems& found) {
  observer made;
  if (observe == nullptr)
    return made;
  form fields{*observe, where, found};
  made.limit = header_name(fields.text("limit").value_or(""));
  made.remaining = header_name(fields.text("remaining").value_or(""));
  take_reset(fields, made);
  fields.later({"percent", "body", "window"});
  fields.finish();
  return made;
}

observation observe(const observer& from, const headers& all, moment now) {
  observation seen{number_in(all, from.limit), number_in(all, from.remaining), {}};
  if (const auto text = from.reset.empty() ? std::nullopt : find_header(all, from.reset))
    seen.reset_at = read_clock(from.reset_as, *text, now);
  return seen;
}

} // namespace tenon::actors::connectors
