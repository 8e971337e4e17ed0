#include "actors/integration/rules.hpp"

#include "protocols/identity.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tenon::actors::connectors {
namespace {

constexpr std::array<std::string_view, 11> action_names{
    "retry", "wait",         "refresh_auth", "skip_record", "skip_stream", "ok",
    "fail",  "reset_cursor", "split_batch",  "park",        "reconnect"};
constexpr std::array<std::string_view, 11> meaning_names{
    "transient", "throttled", "auth_expired", "auth_dead",  "forbidden",    "not_found",
    "invalid",   "conflict",  "gone",         "deprecated", "provider_down"};

constexpr pause::step exponential(span least, span most) {
  return {pause::step::kind::exponential, {}, {}, least, most};
}

template <std::size_t N>
std::vector<std::string> texts(const std::array<std::string_view, N>& names) {
  return {names.begin(), names.end()};
}

meaning meaning_of(action then, unsigned status) {
  switch (status) {
  case 401:
    return then == action::refresh_auth ? meaning::auth_expired : meaning::auth_dead;
  case 403:
    return meaning::forbidden;
  case 404:
    return meaning::not_found;
  case 409:
    return meaning::conflict;
  case 410:
    return meaning::gone;
  case 429:
    return meaning::throttled;
  case 502:
  case 503:
  case 504:
    return meaning::provider_down;
  default:
    break;
  }
  return then == action::wait           ? meaning::throttled
         : then == action::retry        ? meaning::transient
         : then == action::refresh_auth ? meaning::auth_expired
                                        : meaning::invalid;
}

unsigned most_of(action then) {
  switch (then) {
  case action::wait:
    return 100;
  case action::retry:
    return 8;
  default:
    return 1;
  }
}

std::optional<condition::range> range_of(const value& v) {
  if (const auto* number = v.as<std::int64_t>();
      number != nullptr && *number >= 100 && *number <= 599)
    return condition::range{static_cast<unsigned>(*number), static_cast<unsigned>(*number)};
  const auto* text = v.as<std::string>();
  if (text == nullptr || text->size() != 3 || (*text)[0] < '1' || (*text)[0] > '5' ||
      text->substr(1) != "xx")
    return std::nullopt;
  const auto first = static_cast<unsigned>((*text)[0] - '0') * 100;
  return condition::range{first, first + 99};
}

void take_statuses(form& fields, condition& into) {
  const auto* said = fields.take("status");
  if (said == nullptr)
    return;
  const auto* several = said->as<list>();
  for (const auto& one : several == nullptr ? list{*said} : *several) {
    if (const auto range = range_of(one))
      into.statuses.push_back(*range);
    else
      fields.note("status", "a status is a number from 100 to 599, or a class such as 5xx");
  }
}

std::string without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                      text.back() == text.front();
  return std::string{quoted ? text.substr(1, text.size() - 2) : text};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == text.npos ? std::string_view{}
                            : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

void take_codes(form& fields, condition& into) {
  for (const auto& said : fields.texts("code")) {
    using kind = condition::comparison::kind;
    const std::string_view text{said};
    const auto equal = text.find("==");
    const auto unequal = text.find("!=");
    const auto at = std::min(equal, unequal);
    auto path = compile_path(trimmed(text.substr(0, at)));
    if (!path) {
      fields.found().add(fields.at("code"), std::move(path).error());
      continue;
    }
    const auto how = at == text.npos ? kind::present : at == equal ? kind::equal : kind::unequal;
    into.codes.push_back({*std::move(path), how,
                          at == text.npos ? "" : without_quotes(trimmed(text.substr(at + 2)))});
  }
}

void take_header(form& fields, condition& into) {
  const auto text = fields.text("header");
  if (!text)
    return;
  const auto colon = text->find(':');
  into.header = trimmed(text->substr(0, colon));
  if (colon != text->npos)
    into.header_content = trimmed(std::string_view{*text}.substr(colon + 1));
}

condition compile_condition(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  condition made;
  take_statuses(fields, made);
  take_codes(fields, made);
  made.contains = fields.text("contains").value_or("");
  take_header(fields, made);
  fields.finish();
  if (fields.is_object() && said.as<object>()->empty())
    found.add(where, "an empty condition would match every answer",
              "Name a status, code, contains or header.");
  return made;
}

std::optional<pause> take_pause(form& fields) {
  const auto* said = fields.take("wait");
  if (said == nullptr)
    return std::nullopt;
  if (said->is<object>()) {
    form inner{*said, fields.at("wait"), fields.found()};
    pause::step step{pause::step::kind::header, inner.text("header").value_or(""), {}, {}, {}};
    if (step.header.empty())
      inner.note("header", "`header` is missing", "Name the header, such as x-ratelimit-reset.");
    if (const auto as = inner.choice("as", texts(clock_names)))
      step.as = static_cast<clock>(*as);
    inner.finish();
    return pause{{step, exponential(std::chrono::seconds{1}, std::chrono::minutes{5})}};
  }
  const auto* text = said->as<std::string>();
  auto compiled = text == nullptr ? result<pause>{failure{code::malformed, "a text is expected"}}
                                  : compile_pause(*text);
  if (compiled)
    return *std::move(compiled);
  fields.found().add(fields.at("wait"), std::move(compiled).error());
  return std::nullopt;
}

action take_action(form& fields) {
  fields.require("do", "what to do, such as do: retry");
  const auto chosen = fields.choice("do", texts(action_names));
  return chosen ? static_cast<action>(*chosen) : action::fail;
}

vocabulary say_words() {
  return {{"body", "status", "conn", "stream"}};
}

rule compile_rule(const value& said, const std::string& where, problems& found) {
  form fields{said, where, found};
  rule made;
  if (const auto* when = fields.require("when", "a condition, such as when: {status: 429}"))
    made.when = compile_condition(*when, fields.at("when"), found);
  made.then = take_action(fields);
  if (auto wait = take_pause(fields))
    made.wait = *std::move(wait);
  const auto max = fields.number("max", 1, 1000);
  made.most = static_cast<unsigned>(max.value_or(most_of(made.then)));
  made.bounded = max.has_value();
  if (const auto say = fields.text("say"))
    made.say = compile_text(*say, fields.at("say"), say_words(), found);
  const auto& statuses = made.when.statuses;
  const auto status = statuses.size() == 1 ? statuses.front().first : 0;
  const auto chosen = fields.choice("classify", texts(meaning_names));
  made.classify = chosen ? static_cast<meaning>(*chosen) : meaning_of(made.then, status);
  fields.finish();
  return made;
}

rule general(std::vector<condition::range> statuses, action then, meaning classify) {
  rule made;
  made.when.statuses = std::move(statuses);
  made.then = then;
  made.most = most_of(then);
  made.classify = classify;
  return made;
}

/// Only what can be better the next time is asked again.
void append_general_rules(std::vector<rule>& rules) {
  rules.push_back(general({{401, 401}}, action::refresh_auth, meaning::auth_expired));
  rules.push_back(general({{429, 429}}, action::wait, meaning::throttled));
  rules.push_back(general({{408, 408}, {425, 425}}, action::retry, meaning::transient));
  rules.push_back(general({{403, 403}}, action::fail, meaning::forbidden));
  rules.push_back(general({{404, 404}}, action::fail, meaning::not_found));
  rules.push_back(general({{409, 409}}, action::fail, meaning::conflict));
  rules.push_back(general({{410, 410}}, action::fail, meaning::gone));
  rules.push_back(general({{501, 501}}, action::fail, meaning::invalid));
  rules.push_back(general({{502, 504}}, action::retry, meaning::provider_down));
  rules.push_back(general({{500, 599}}, action::retry, meaning::transient));
  rules.push_back(general({{100, 199}, {300, 499}}, action::fail, meaning::invalid));
}

result<pause::step> compile_pause_step(std::string_view text) {
  using kind = pause::step::kind;
  constexpr std::string_view header{"header "};
  constexpr std::string_view exp{"exp("};
  constexpr std::string_view constant{"const "};
  if (text == "until_midnight")
    return pause::step{kind::midnight, {}, {}, {}, {}};
  if (text.starts_with(header))
    return pause::step{kind::header, std::string{trimmed(text.substr(header.size()))}, {}, {}, {}};
  if (text.starts_with(exp) && text.ends_with(')')) {
    const auto inside = text.substr(exp.size(), text.size() - exp.size() - 1);
    const auto dots = inside.find("..");
    const auto least = parse_span(inside.substr(0, dots));
    const auto most = dots == inside.npos ? least : parse_span(inside.substr(dots + 2));
    if (least && most && *least > span{0} && *least <= *most && *most <= longest_wait)
      return exponential(*least, *most);
    return failure{code::malformed, "'" + std::string{text} + "' is not a growing wait", "",
                   "Write exp(1s..5m), at most 24h."};
  }
  const auto length = parse_span(text.starts_with(constant) ? text.substr(constant.size()) : text);
  if (length && *length >= span{0} && *length <= longest_wait)
    return pause::step{kind::constant, {}, {}, *length, *length};
  return failure{code::malformed, "'" + std::string{text} + "' is not a wait", "",
                 "Use header retry-after, exp(1s..5m), const 2s or until_midnight, with `or` "
                 "between several."};
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto same = [&](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end() ||
         part.empty();
}

bool holds(const condition::comparison& asked, const json_text& body) {
  using kind = condition::comparison::kind;
  const auto raw = find(body, body.root(), asked.path);
  if (!raw)
    return false;
  if (asked.how == kind::present)
    return !is_null(*raw) && *raw != "false" && *raw != "[]" && *raw != "{}" && *raw != "\"\"";
  const auto text = is_null(*raw) ? std::optional<std::string>{"null"} : scalar_text(*raw);
  return (text == asked.text) == (asked.how == kind::equal);
}

} // namespace

std::string_view name_of(action a) {
  return action_names[static_cast<std::size_t>(a)];
}

std::string_view name_of(meaning m) {
  return meaning_names[static_cast<std::size_t>(m)];
}

code code_of(meaning m) {
  switch (m) {
  case meaning::transient:
  case meaning::provider_down:
    return code::unavailable;
  case meaning::throttled:
    return code::overloaded;
  case meaning::auth_expired:
  case meaning::auth_dead:
    return code::unauthenticated;
  case meaning::forbidden:
    return code::forbidden;
  case meaning::not_found:
  case meaning::gone:
    return code::not_found;
  case meaning::conflict:
    return code::conflict;
  case meaning::invalid:
  case meaning::deprecated:
    return code::malformed;
  }
  return code::malformed;
}

span pause::after(unsigned tries, const headers& all, moment now, std::uint64_t seed) const {
  for (const auto& s : steps) {
    switch (s.what) {
    case step::kind::header: {
      const auto text = find_header(all, s.header);
      const auto until = !text  ? std::nullopt
                         : s.as ? read_clock(*s.as, *text, now)
                                : read_retry_after(*text, now);
      if (until)
        return std::clamp(*until - now, span{0}, longest_wait);
      break;
    }
    case step::kind::exponential: {
      const auto doublings = std::min(tries > 0 ? tries - 1 : 0, 30u);
      const auto whole = std::min(s.least.count() * (std::int64_t{1} << doublings), s.most.count());
      const auto spread = static_cast<std::uint64_t>(whole / 2 + 1);
      return span{whole - static_cast<std::int64_t>(seed % spread)};
    }
    case step::kind::constant:
      return s.least;
    case step::kind::midnight:
      return std::chrono::floor<std::chrono::days>(now) + std::chrono::days{1} - now;
    }
  }
  return span{0};
}

result<pause> compile_pause(std::string_view text) {
  constexpr std::string_view separator{" or "};
  pause made;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(separator, at), text.size());
    auto step = compile_pause_step(trimmed(text.substr(at, end - at)));
    if (!step)
      return std::move(step).error();
    made.steps.push_back(*std::move(step));
    at = end + separator.size();
  }
  if (made.steps.back().what == pause::step::kind::header)
    made.steps.push_back(exponential(std::chrono::seconds{1}, std::chrono::minutes{5}));
  return made;
}

bool condition::matches(const http_response& answer, const json_text* body) const {
  const auto within = [&](range r) { return answer.status >= r.first && answer.status <= r.last; };
  if (!statuses.empty() && std::ranges::none_of(statuses, within))
    return false;
  if (!codes.empty() && (body == nullptr || std::ranges::none_of(codes, [&](const auto& asked) {
                           return holds(asked, *body);
                         })))
    return false;
  if (!contains.empty() && answer.body.view().find(contains) == std::string_view::npos)
    return false;
  if (header.empty())
    return true;
  const auto content = find_header(answer.headers, header);
  return content && (!header_content || contains_ignoring_case(*content, *header_content));
}

std::vector<rule> compile_rules(const value* rules, const std::string& where, problems& found) {
  constexpr std::size_t most_rules = 100;
  std::vector<rule> made;
  if (rules != nullptr) {
    const auto* all = rules->as<list>();
    if (all == nullptr)
      found.add(where, "a list of rules is expected");
    else if (all->size() > most_rules)
      found.add(where, "more than " + std::to_string(most_rules) + " rules");
    else
      for (const auto& one : *all)
        made.push_back(compile_rule(one, below(where, made.size()), found));
  }
  append_general_rules(made);
  const pause usual{{{pause::step::kind::header, "retry-after", {}, {}, {}},
                     exponential(std::chrono::seconds{1}, std::chrono::minutes{5})}};
  for (auto& one : made)
    if (one.wait.steps.empty() && (one.then == action::retry || one.then == action::wait))
      one.wait = usual;
  return made;
}

const rule* first_match(const std::vector<rule>& rules, const http_response& answer,
                        const json_text* body) {
  const auto found =
      std::ranges::find_if(rules, [&](const rule& r) { return r.when.matches(answer, body); });
  return found == rules.end() ? nullptr : &*found;
}

} // namespace tenon::actors::connectors
