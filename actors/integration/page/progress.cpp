#include "actors/integration/page/progress.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::actors::connectors {
namespace {

constexpr span usual_lookback = std::chrono::seconds{1};

std::optional<json_path> take_field(form& fields) {
  const auto* said = fields.require("field", "the record's field, such as field: updated_at");
  const auto text = said == nullptr ? std::nullopt : fields.text("field");
  if (!text)
    return std::nullopt;
  auto path = compile_path(*text);
  if (path)
    return *std::move(path);
  fields.found().add(fields.at("field"), std::move(path).error());
  return std::nullopt;
}

/// `from` and `param` are two words for the parameter of the lower bound.
std::string take_from(form& fields) {
  const auto from = fields.text("from");
  const auto param = fields.text("param");
  if (from && param)
    fields.note("param", "`from` and `param` both name the parameter", "Keep one of the two.");
  return from ? *from : param.value_or("");
}

std::optional<std::int64_t> read_number(std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return number;
}

std::int64_t ms(moment m) {
  return m.time_since_epoch().count();
}

progress_rule compile_time(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  progress_rule made;
  made.field = take_field(fields).value_or(json_path{});
  made.from = take_from(fields);
  made.to = fields.text("to").value_or("");
  const auto format = fields.choice("format", {time_format_names.begin(), time_format_names.end()});
  made.format = static_cast<time_format>(format.value_or(0));
  const span year = std::chrono::days{366};
  made.window = fields.length("window", std::chrono::seconds{1}, 10 * year);
  made.lookback = fields.length("lookback", span{0}, year).value_or(usual_lookback).count();
  made.lag = fields.length("lag", span{0}, year).value_or(span{0});
  if (const auto start = fields.text("start")) {
    const auto read = parse_moment(*start);
    if (read)
      made.start = ms(*read);
    else
      found.add(fields.at("start"), read.error());
  }
  if (made.window && !made.start)
    fields.note("start", "`window` needs to know where to begin", "Add start: 2020-01-01.");
  if (made.window && made.to.empty())
    fields.note("to", "`window` needs a parameter for the upper bound", "Add to: <parameter>.");
  fields.finish();
  return made;
}

progress_rule compile_sequence(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  progress_rule made;
  made.what = progress_rule::kind::seq;
  made.field = take_field(fields).value_or(json_path{});
  made.from = take_from(fields);
  made.lookback = fields.number("lookback", 0, 1'000'000'000).value_or(0);
  made.start = fields.number("start", 0, INT64_MAX);
  fields.finish();
  return made;
}

progress_rule compile_token(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  progress_rule made;
  made.what = progress_rule::kind::token;
  if (fields.require("save", "where the answer has the token, save: newStartPageToken"))
    made.field = take_path(fields, "save").value_or(json_path{});
  made.send = take_place(fields, "send", "", take_in_body(fields));
  made.full = fields.choice("on_invalid", {"full", "fail"}).value_or(0) == 0;
  // The stream's own: actors/integration/stream.cpp.
  fields.take("start");
  fields.take("changes");
  fields.finish();
  return made;
}

progress_rule compile_replay(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  progress_rule made;
  made.what = progress_rule::kind::replay;
  made.field = take_field(fields).value_or(json_path{});
  fields.require("send", "the parameter that says after which event, send: after");
  made.send = take_place(fields, "send", "", take_in_body(fields));
  fields.finish();
  return made;
}

progress window_from(const progress_rule& rule, progress p, std::int64_t since, moment now) {
  const auto end = ms(now - rule.lag);
  p.since = since;
  p.until = std::min(since + rule.window->count(), std::max(since, end));
  p.newest = since + rule.window->count() >= end;
  return p;
}

value stored(const progress_rule& rule, std::int64_t bound) {
  return rule.is_time() ? value{to_text(moment{span{bound}})} : value{bound};
}

std::string remedy_for(const progress_rule& rule) {
  const auto* like = rule.is_time()   ? R"({"from": "2026-01-31T00:00:00Z"})"
                     : rule.is_text() ? R"({"token": "…"})"
                                      : R"({"from": 1000})";
  return "Rewind the sync to a cursor such as " + std::string{like} +
         ", or without one: it is then read from its start.";
}

} // namespace

std::optional<progress_rule> compile_progress(const value& said, const std::string& where,
                                              problems& found) {
  form fields{said, where, found};
  const auto before = found.count();
  const auto* time = fields.take("time");
  const auto* sequence = fields.take("seq");
  const auto* token = fields.take("token");
  const auto* replay = fields.take("replay");
  fields.finish();
  const auto kinds =
      (time != nullptr) + (sequence != nullptr) + (token != nullptr) + (replay != nullptr);
  if (kinds > 1)
    found.add(where, "a stream has one cursor, not several", "Keep one of them.");
  if (time != nullptr)
    return compile_time(*time, fields.at("time"), found);
  if (sequence != nullptr)
    return compile_sequence(*sequence, fields.at("seq"), found);
  if (token != nullptr)
    return compile_token(*token, fields.at("token"), found);
  if (replay != nullptr)
    return compile_replay(*replay, fields.at("replay"), found);
  if (fields.is_object() && found.count() == before)
    found.add(where, "the kind of the cursor is missing",
              "Use time: {field: …}, seq: {…}, token: {…} or replay: {…}.");
  return std::nullopt;
}

progress begin(const progress_rule& rule, const progress& before, moment now) {
  progress p;
  p.token = before.token;
  p.from = before.from ? before.from : rule.start;
  if (!rule.window)
    return p;
  const auto since = p.from.value_or(rule.start.value_or(0));
  return window_from(rule, p, before.from ? since - rule.lookback : since, now);
}

std::optional<progress> next_window(const progress_rule& rule, const progress& p, moment now) {
  if (!rule.window || !p.until || p.newest || *p.until >= ms(now - rule.lag))
    return std::nullopt;
  return window_from(rule, p, *p.until, now);
}

progress complete(const progress& p) {
  progress done;
  done.from = p.from;
  if (p.high && (!p.from || *p.high > *p.from))
    done.from = p.high;
  done.token = p.given.empty() ? p.token : p.given;
  return done;
}

std::optional<std::int64_t> lower_bound(const progress_rule& rule, const progress& p) {
  if (p.since)
    return p.since;
  if (!p.from)
    return std::nullopt;
  // Where it begins for the first time, nothing can lie before.
  return p.from == rule.start ? *p.from : *p.from - rule.lookback;
}

std::optional<std::int64_t> upper_bound(const progress_rule&, const progress& p) {
  return p.until;
}

std::string text_of(const progress_rule& rule, std::int64_t bound) {
  if (!rule.is_time())
    return std::to_string(bound);
  const moment at{span{bound}};
  switch (rule.format) {
  case time_format::rfc3339:
    return to_text(at);
  case time_format::epoch_s:
    return std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  case time_format::epoch_ms:
    return std::to_string(bound);
  case time_format::date:
    return to_text(moment{std::chrono::floor<std::chrono::days>(at)}).substr(0, 10);
  }
  return {};
}

value value_of(const progress_rule& rule, std::int64_t bound) {
  return rule.is_time() ? value{moment{span{bound}}} : value{bound};
}

std::optional<std::int64_t> read_field(const progress_rule& rule, std::string_view raw) {
  const auto text = scalar_text(raw);
  if (!text || rule.is_text())
    return std::nullopt;
  if (!rule.is_time())
    return read_number(*text);
  std::optional<std::int64_t> read;
  if (rule.format == time_format::epoch_s || rule.format == time_format::epoch_ms) {
    const auto point = text->find('.');
    read = read_number(std::string_view{*text}.substr(0, point));
    if (read && rule.format == time_format::epoch_s)
      read =
          std::abs(*read) > ms(last_believed) / 1000 ? std::nullopt : std::optional{*read * 1000};
  }
  if (!read && is_text(raw)) {
    const auto at = parse_moment(*text);
    read = at ? std::optional{ms(*at)} : std::nullopt;
  }
  return read && *read < ms(last_believed) ? read : std::nullopt;
}

object to_object(const progress_rule& rule, const progress& p) {
  object kept;
  const auto keep = [&](std::string_view name, std::optional<std::int64_t> bound) {
    if (bound)
      kept[name] = stored(rule, *bound);
  };
  keep("from", p.from);
  keep("high", p.high);
  keep("since", p.since);
  keep("until", p.until);
  if (p.newest)
    kept["newest"] = true;
  for (const auto& [name, text] : {std::pair{"token", &p.token}, {"given", &p.given}})
    if (!text->empty())
      kept[name] = *text;
  return kept;
}

result<progress> to_progress(const progress_rule& rule, const object& kept) {
  progress p;
  for (const auto& [name, content] : kept) {
    if (name == "newest" && content.is<bool>()) {
      p.newest = *content.as<bool>();
      continue;
    }
    auto* said = name == "token" ? &p.token : name == "given" ? &p.given : nullptr;
    if (const auto* text = content.as<std::string>(); text && said && rule.is_text()) {
      *said = *text;
      continue;
    }
    auto* into = rule.is_text()    ? nullptr
                 : name == "from"  ? &p.from
                 : name == "high"  ? &p.high
                 : name == "since" ? &p.since
                 : name == "until" ? &p.until
                                   : nullptr;
    const auto* number = content.as<std::int64_t>();
    const auto* text = content.as<std::string>();
    const auto at = text == nullptr ? result<moment>{failure{}} : parse_moment(*text);
    const bool fits = rule.is_time() ? at.has_value() : number != nullptr;
    if (into == nullptr || !fits) {
      const auto what = into == nullptr  ? "a cursor of this stream has no " + name
                        : rule.is_time() ? "the cursor's " + name + " is no time"
                                         : "the cursor's " + name + " is no whole number";
      return failure{code::malformed, what, "cursor." + name, remedy_for(rule)};
    }
    *into = rule.is_time() ? ms(*at) : *number;
  }
  return p;
}

} // namespace tenon::actors::connectors
