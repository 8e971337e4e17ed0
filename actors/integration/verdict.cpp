#include "actors/integration/verdict.hpp"

#include "protocols/identity.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t shown_bytes = 200;

/// Where APIs put the sentence that says what was wrong.
const char* const message_paths[]{"error.message",
                                  "error.description",
                                  "error_description",
                                  "errors.0.message",
                                  "message",
                                  "error.code",
                                  "error",
                                  "detail"};

/// Not in the middle of a character, and without line breaks.
std::string shown(std::string_view text) {
  if (text.size() > shown_bytes) {
    auto end = shown_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u)
      --end;
    text = text.substr(0, end);
  }
  std::string plain{text};
  std::ranges::replace_if(
      plain, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return plain;
}

std::string remedy_for(meaning m) {
  switch (m) {
  case meaning::auth_expired:
  case meaning::auth_dead:
    return "Check the connection's credentials.";
  case meaning::forbidden:
    return "Give the account that connects the right to read this.";
  case meaning::not_found:
  case meaning::gone:
    return "Check the path in the connector's manifest.";
  case meaning::deprecated:
    return "Use a newer version of the connector.";
  default:
    return {};
  }
}

} // namespace

std::string message_in(const json_text* body) {
  if (body == nullptr)
    return {};
  for (const auto* text : message_paths) {
    const auto path = compile_path(text);
    const auto raw = find(*body, body->root(), *path);
    const auto message = raw ? scalar_text(*raw) : std::nullopt;
    if (message && !message->empty())
      return shown(*message);
  }
  return {};
}

failure explain(const rule& matched, const http_response& answer, const json_text* body,
                const connection& c, std::string_view what, moment now) {
  failure why{code_of(matched.classify), {}, std::string{what}, remedy_for(matched.classify)};
  if (matched.then == action::reconnect)
    why.remedy =
        "Connect the credential again, as with `tenon credential connect`, or configure it "
        "with new secrets.";
  if (matched.say) {
    const value status{static_cast<std::int64_t>(answer.status)};
    const value stream{std::string{what}};
    const value nothing;
    scope names;
    names.bind("conn", c.settings).bind("status", status).bind("stream", stream).set_now(now);
    if (body == nullptr)
      names.bind("body", nothing);
    else
      names.bind_json("body", body->root());
    if (const auto said = runtime::expression::evaluate_text(*matched.say, names))
      why.why = shown(*said);
  }
  if (!why.why.empty())
    return why;
  why.why = "the server answered " + std::to_string(answer.status);
  const auto message = message_in(body);
  if (!message.empty())
    why.why += ": " + message;
  return why;
}

unsigned count_try(position& at, std::uint32_t rule_number) {
  for (auto& [rule, times] : at.tries)
    if (rule == rule_number)
      return ++times;
  at.tries.emplace_back(rule_number, 1);
  return 1;
}

verdict judge(const reading& r, std::uint32_t rule_number, const http_request& request,
              const http_response& answer, const json_text* body, const position& at, moment now) {
  return judge(r.connector, r.connection, r.stream.name, rule_number, request, answer, body, at,
               now);
}

verdict judge(const manifest& m, const connection& c, std::string_view what,
              std::uint32_t rule_number, const http_request& request, const http_response& answer,
              const json_text* body, const position& at, moment now) {
  const auto& matched = m.rules[rule_number];
  verdict made{matched.then,     {}, explain(matched, answer, body, c, what, now),
               matched.classify, at, matched.bounded};
  const bool repeats = matched.then == action::retry || matched.then == action::wait ||
                       matched.then == action::refresh_auth || matched.then == action::reset_cursor;
  if (!repeats)
    return made;
  const auto times = count_try(made.position, rule_number);
  if (times > matched.most) {
    made.then = action::fail;
    made.why.why += ", also after " + std::to_string(matched.most) +
                    (matched.most == 1 ? " more try" : " more tries");
    return made;
  }
  // Spread by what is asked, by whom and when: many connections do not come back together.
  const auto seed = stable_hash(c.id, stable_hash(request.url)) ^
                    static_cast<std::uint64_t>(now.time_since_epoch().count());
  made.delay = matched.wait.after(times, answer.headers, now, seed);
  if (made.delay > span{0})
    made.why.retry_after = made.delay;
  return made;
}

std::optional<failure> asks_to_reconnect(const manifest& m, const connection& c,
                                         const http_response& answer, std::string_view what,
                                         moment now) {
  const auto checked = json_text::check(answer.body.view());
  const auto* body = checked ? &*checked : nullptr;
  const auto* matched = first_match(m.rules, answer, body);
  if (matched == nullptr || matched->then != action::reconnect)
    return std::nullopt;
  return explain(*matched, answer, body, c, what, now);
}

verdict give_up(failure why, const position& at) {
  return {action::fail, {}, std::move(why), meaning::invalid, at};
}

} // namespace tenon::actors::connectors
