#include "actors/integration/auth/token/answer.hpp"

#include "protocols/json.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t max_token_bytes = 16u << 10;
constexpr std::size_t max_captures = 16;
constexpr std::size_t max_captured_bytes = 4u << 10;
constexpr std::int64_t max_seconds = 10ll * 366 * 24 * 3600;

// RFC 6749, 5.2, and what providers write instead. In small letters.
constexpr std::array<std::string_view, 6> passing{
    "temporarily_unavailable", "server_error",  "slow_down", "ratelimited",
    "rate_limit_exceeded",     "internal_error"};
constexpr std::array<std::string_view, 4> about_the_client{
    "invalid_client", "unauthorized_client", "invalid_client_id", "bad_client_secret"};

json_path take_path(form& fields, std::string_view name, std::string_view fallback) {
  auto read = compile_path(fields.text(name).value_or(std::string{fallback}));
  if (read)
    return *std::move(read);
  fields.found().add(fields.at(name), std::move(read).error());
  return {};
}

std::optional<std::string> text_in(const json_text& body, const json_path& path) {
  const auto raw = find(body, body.root(), path);
  auto text = raw && is_text(*raw) ? scalar_text(*raw) : std::nullopt;
  return text && !text->empty() && text->size() <= max_token_bytes ? text : std::nullopt;
}

std::optional<span> lifetime_in(const token_answer& rule, const json_text& body) {
  if (rule.endless)
    return std::nullopt;
  const auto raw = find(body, body.root(), rule.expiry);
  const auto text = raw ? scalar_text(*raw) : std::nullopt;
  if (!text || text->empty() || text->size() > 12 ||
      text->find_first_not_of("0123456789") != text->npos)
    return rule.lifetime;
  return span{std::chrono::seconds{std::min<std::int64_t>(std::stoll(*text), max_seconds)}};
}

/// The words of an error, most telling first: its name, then what is said about it.
std::vector<std::string> error_in(const json_text& body) {
  std::vector<std::string> words;
  const auto add = [&](std::string_view of, const char* name) {
    const auto raw = body.member(of, name);
    if (const auto text = raw ? scalar_text(*raw) : std::nullopt)
      words.push_back(text->substr(0, 200));
  };
  if (!is_object(body.root()))
    return words;
  const auto error = body.member(body.root(), "error");
  if (error && is_object(*error)) // Meta and others: {error: {message, type, code}}
    for (const char* name : {"type", "code", "message"})
      add(*error, name);
  for (const char* name :
       {"error", "error_type", "error_description", "error_message", "status", "message"})
    add(body.root(), name);
  return words;
}

template <std::size_t N>
bool says_any(const std::vector<std::string>& words, const std::array<std::string_view, N>& of) {
  return std::ranges::any_of(
      words, [&](const std::string& word) { return std::ranges::find(of, word) != of.end(); });
}

std::string captured_name(std::string_view path) {
  std::string name{path};
  std::ranges::replace(name, '.', '_');
  return name;
}

} // namespace

captures take_captures(form& fields) {
  captures all;
  const auto* said = fields.take("capture");
  if (said == nullptr)
    return all;
  const auto add = [&](std::string name, const value& path, const std::string& where) {
    const auto* text = path.as<std::string>();
    auto read = text ? compile_path(*text)
                     : result<json_path>{failure{code::malformed, "a path is expected"}};
    if (read)
      all.emplace_back(std::move(name), *std::move(read));
    else
      fields.found().add(where, std::move(read).error());
  };
  if (const auto* several = said->as<list>()) {
    for (const auto& one : *several)
      add(one.is<std::string>() ? captured_name(*one.as<std::string>()) : "", one,
          below(fields.at("capture"), all.size()));
  } else if (const auto* members = said->as<object>()) {
    for (const auto& [name, path] : *members)
      add(name, path, below(fields.at("capture"), name));
  } else {
    fields.note("capture", "a list of paths or a map of names and paths is expected");
  }
  if (all.size() > max_captures)
    fields.note("capture", "more than " + std::to_string(max_captures) + " values");
  return all;
}

token_answer take_token_answer(form& fields) {
  token_answer made;
  made.token = take_path(fields, "token_path", "access_token");
  made.refresh_token = take_path(fields, "refresh_token_path", "refresh_token");
  made.expiry = take_path(fields, "expires_in_path", "expires_in");
  const auto* length = fields.take("expires_in");
  const auto* text = length ? length->as<std::string>() : nullptr;
  const bool is_length = text == nullptr || parse_span(*text).has_value();
  if (text != nullptr && *text == "none")
    made.endless = true;
  else if (!is_length)
    made.expiry = take_path(fields, "expires_in", "expires_in");
  else
    made.lifetime = fields.length("expires_in", std::chrono::seconds{1}, std::chrono::years{10});
  made.captures = take_captures(fields);
  return made;
}

result<void> capture(const captures& wanted, const http_response& answer, acquisition& so_far) {
  if (wanted.empty())
    return {};
  const auto body = json_text::check(answer.body.view());
  if (!body)
    return failure{code::malformed, "the answer is not JSON: " + body.error().why,
                   body.error().where};
  for (const auto& [name, path] : wanted) {
    const auto raw = find(*body, body->root(), path);
    auto text = raw ? scalar_text(*raw) : std::nullopt;
    if (text && text->size() <= max_captured_bytes)
      so_far.made.captured[name] = *std::move(text);
  }
  return {};
}

result<void> read_token(const token_answer& rule, const http_response& answer, acquisition& so_far,
                        moment now) {
  const auto body = json_text::check(answer.body.view());
  if (answer.status < 200 || answer.status > 299)
    return refused_token(answer, rule, so_far);
  if (!body)
    return failure{code::malformed, "the token answer is not JSON: " + body.error().why,
                   body.error().where};
  const auto text = text_in(*body, rule.token);
  if (!text)
    return refused_token(answer, rule, so_far);
  auto& made = so_far.made;
  made.token = *text;
  made.refresh_token = text_in(*body, rule.refresh_token).value_or(so_far.before.refresh_token);
  for (const auto& [name, content] : so_far.before.captured)
    if (made.captured.find(name) == nullptr)
      made.captured[name] = content;
  made.expires_at.reset();
  made.renew_at.reset();
  if (const auto lives = lifetime_in(rule, *body)) {
    made.expires_at = now + *lives;
    made.renew_at =
        *made.expires_at - std::min(so_far.ahead.skew + so_far.ahead.jitter, *lives / 10);
  }
  return capture(rule.captures, answer, so_far);
}

failure refused_token(const http_response& answer, const token_answer& rule, acquisition& so_far) {
  const auto body = json_text::check(answer.body.view());
  const auto words = body ? error_in(*body) : std::vector<std::string>{};
  std::string why = "the token server answered " + std::to_string(answer.status);
  for (const auto& word : words)
    if (why.find(word) == why.npos)
      why += ": " + word;
  const bool well = answer.status >= 200 && answer.status < 300;
  if (answer.status == 429 || answer.status == 408 || answer.status >= 500 ||
      says_any(words, passing))
    return {code::unavailable, std::move(why), "auth", "Nothing: it is asked again."};
  if (says_any(words, about_the_client))
    return {code::unauthenticated, std::move(why), "auth", "Check the client's id and secret."};
  const bool renewing = so_far.code.empty() && !so_far.before.refresh_token.empty();
  if ((renewing || !so_far.code.empty()) && !(well && words.empty())) {
    so_far.reconnect = true;
    if (renewing && rule.rotates)
      why += "; it may have replaced the refresh token in an answer that was lost, or for another "
             "program that holds the same";
    return {code::unauthenticated, std::move(why), "auth", "A person has to connect it again."};
  }
  if (well)
    return {code::malformed, std::move(why) + ", without a token", "auth",
            "Check `token_path`, or ask the provider."};
  return {code::unauthenticated, std::move(why), "auth", "Check the client's id and secret."};
}

} // namespace tenon::actors::connectors
