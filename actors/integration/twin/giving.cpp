// What a twin gives to those who may come in: tokens, and what renews them.
#include "actors/integration/twin/parts.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <functional>

namespace tenon::actors::connectors {
namespace {

constexpr span usual_token_life = std::chrono::hours{1};
constexpr span most_ahead = std::chrono::minutes{5}; // of clocks
constexpr std::size_t most_kept = 64;                // conversations, and refresh tokens

bool is_assertion(std::string_view name) {
  return name.ends_with("assertion");
}

/// A part of a JSON Web Token; null when it is none.
value part_of(std::string_view token, std::size_t number) {
  for (; number > 0; --number)
    token.remove_prefix(std::min(token.find('.'), token.size() - 1) + 1);
  const auto text = read_base64(token.substr(0, token.find('.')));
  const auto read = text ? read_json(*text) : result<value>{value{}};
  return read ? *read : value{};
}

/// Signed at the same moment, an assertion comes out the same, but for signatures that hold
/// something random.
bool is_as_signed(std::string_view mine, std::string_view theirs) {
  const auto header = part_of(mine, 0);
  const auto* how = header.find("alg");
  if (how == nullptr || *how != value{"ES256"})
    return mine == theirs;
  return mine.substr(0, mine.rfind('.')) == theirs.substr(0, theirs.rfind('.'));
}

/// What a text has between two others; "": it has not.
std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const auto at = text.find(before);
  if (at == text.npos)
    return {};
  text.remove_prefix(at + before.size());
  return std::string{text.substr(0, text.find(after))};
}

/// When an assertion in XML says that it was made, as far as that is now, and its own name.
std::optional<instant> said_in_saml(std::string_view assertion, moment now) {
  const auto text = read_base64(assertion).value_or("");
  const auto made = parse_moment(between(text, " IssueInstant=\"", "\""));
  const auto ends = parse_moment(between(text, " NotOnOrAfter=\"", "\""));
  if (!made || !ends || *made > now + most_ahead || now >= *ends)
    return std::nullopt;
  return instant{*made, between(text, " ID=\"_", "\"")};
}

/// When an assertion of the request says that it was made, as far as that is now, and its own name.
instant said_when(const parameters& body, moment now) {
  for (const auto& [name, content] : body) {
    if (const auto at = is_assertion(name) ? said_in_saml(content, now) : std::nullopt)
      return *at;
    const auto claims = is_assertion(name) && !content.empty() ? part_of(content, 1) : value{};
    const auto* made = claims.find("iat");
    const auto* ends = claims.find("exp");
    const auto* id = claims.find("jti");
    if (made == nullptr || ends == nullptr || !made->is<std::int64_t>() ||
        !ends->is<std::int64_t>())
      continue;
    const moment at{std::chrono::seconds{*made->as<std::int64_t>()}};
    const moment until{std::chrono::seconds{*ends->as<std::int64_t>()}};
    if (at <= now + most_ahead && now < until)
      return {at, id != nullptr && id->is<std::string>() ? *id->as<std::string>() : "twin"};
  }
  return {now, "twin"};
}

bool is_wrong(const parameters::value_type& mine, const parameters::value_type& theirs) {
  return mine.first != theirs.first ||
         (is_assertion(mine.first) ? !is_as_signed(mine.second, theirs.second)
                                   : mine.second != theirs.second);
}

std::string differing(parameters mine, parameters theirs) {
  std::ranges::sort(mine);
  std::ranges::sort(theirs);
  const auto [a, b] = std::ranges::mismatch(mine, theirs, std::not_fn(is_wrong));
  return a != mine.end() ? a->first : b != theirs.end() ? b->first : std::string{};
}

template <class Kept> void remember(std::deque<Kept>& all, Kept one) {
  if (all.size() == most_kept)
    all.pop_front();
  all.push_back(std::move(one));
}

} // namespace

parameters said_in_body(const http_request& r) {
  const auto read = read_json(r.body.view());
  const auto* members = read ? read->as<object>() : nullptr;
  if (members == nullptr)
    return decoded_form(r.body.view());
  parameters all;
  for (const auto& [name, content] : *members) {
    const auto* text = content.as<std::string>();
    all.emplace_back(name, text ? *text : write_json(content));
  }
  return all;
}

std::string difference(const http_request& expected, const http_request& came) {
  if (find_header(expected.headers, "authorization") != find_header(came.headers, "authorization"))
    return "the header Authorization";
  const auto asked = differing(query_of(*parse_url(expected.url)), query_of(*parse_url(came.url)));
  return asked.empty() ? differing(said_in_body(expected), said_in_body(came)) : asked;
}

bool goes_there(const http_request& expected, const std::string& method, const url& target) {
  const auto there = parse_url(expected.url);
  return expected.method == method && there && there->host == target.host &&
         path_of(*there) == path_of(target);
}

/// What the connector itself would ask on the way to a token: the same request is one for a token.
/// Every conversation that was begun may be gone on with.
std::optional<http_response> twin::parts::give_token(const asked& r, moment now) {
  if (!proof->needs_token())
    return std::nullopt;
  if (auto swapped = take_code(r, now))
    return swapped;
  auto candidates = conversations;
  if (!proof->needs_person())
    candidates.emplace_back();
  for (const auto& one : renewals)
    candidates.emplace_back().before.refresh_token = one;
  std::string wrong;
  const auto when = said_when(said_in_body(r.whole), now);
  for (auto& one : candidates) {
    const auto expected = next_request(*connector, connection, one, when);
    if (!expected || !*expected || !goes_there(**expected, r.whole.method, r.target))
      continue;
    wrong = difference(**expected, r.whole);
    if (wrong.empty())
      return go_on(one, **expected, now);
  }
  if (auto refused = refuse_renewal(r, now))
    return refused;
  // What is fetched, as about the account, is refused like any page.
  if (wrong.empty() || r.whole.method != "POST" || !check_proof(r, now))
    return std::nullopt;
  ++ledger.refused;
  return refuse_token(401, "invalid_client", wrong + " is not as it has to be");
}

/// A refresh token that was never given, or is worthless by now.
std::optional<http_response> twin::parts::refuse_renewal(const asked& r, moment now) {
  constexpr std::string_view stand_in = "a refresh token";
  acquisition any;
  any.before.refresh_token = stand_in;
  const auto shape = next_request(*connector, connection, any, {now, "twin"});
  if (!proof->needs_person() || !shape || !*shape || !goes_there(**shape, r.whole.method, r.target))
    return std::nullopt;
  const auto refused = [&](const parameters& mine, const parameters& theirs) {
    const auto name = std::ranges::find(mine, stand_in, &parameters::value_type::second);
    if (name == mine.end())
      return false;
    const auto said = std::ranges::find(theirs, name->first, &parameters::value_type::first);
    return said != theirs.end() && std::ranges::find(renewals, said->second) == renewals.end();
  };
  if (!refused(query_of(*parse_url((*shape)->url)), r.query) &&
      !refused(said_in_body(**shape), said_in_body(r.whole)))
    return std::nullopt;
  ++ledger.refused;
  return refuse_token(400, "invalid_grant", "the refresh token is not, or no longer, good");
}

http_response twin::parts::refuse_token(unsigned status, std::string_view error,
                                        std::string_view why) const {
  const value named{error};
  const value said{why};
  const auto& as_said = samples.consent.refusal;
  auto body = as_said ? as_said->evaluate(scope{}.bind("error", named).bind("why", said))
                      : result<value>{object{{"error", named}, {"error_description", said}}};
  return json_answer(body ? *std::move(body) : named,
                     samples.consent.status > 0 ? samples.consent.status : status);
}

/// A new one for a person's yes, and for the one before it where each is good for one use.
void twin::parts::give_renewal(const acquisition& so_far, object& answer) {
  const bool by_code = !so_far.code.empty();
  if (first_renewal.empty() || so_far.step > 0 || (!by_code && !proof->rotates()))
    return;
  if (!by_code)
    std::erase(renewals, so_far.before.refresh_token);
  refresh_token = first_renewal + '-' + std::to_string(ledger.tokens);
  remember(renewals, refresh_token);
  answer["refresh_token"] = refresh_token;
}

/// The answer to one request of a conversation; at its end there is something new to hold.
http_response twin::parts::go_on(acquisition so_far, const http_request& expected, moment now) {
  const auto text = "twin-token-" + std::to_string(++ledger.tokens);
  auto life = usual_token_life;
  if (const auto* said = samples.token.find("expires_in"); said && said->is<std::int64_t>())
    life = std::chrono::seconds{*said->as<std::int64_t>()};
  if (options.token_life)
    life = *options.token_life;
  object answer{{"access_token", text}, {"token_type", "Bearer"}};
  answer["expires_in"] = std::chrono::duration_cast<std::chrono::seconds>(life).count();
  give_renewal(so_far, answer);
  for (const auto& [name, content] : samples.token)
    if (name != "expires_in" && name != "refresh_token")
      answer[name] = content;
  headers sent{{"Set-Cookie", "twin_session=" + text + "; Path=/"}};
  for (const auto& [name, content] : expected.headers)
    if (same_ignoring_case(content, "fetch"))
      sent.emplace_back(name, text);
  auto made = json_answer(answer, 200, std::move(sent));
  auto heard = so_far;
  if (!hear_answer(*connector, connection, made, heard, {now, "twin"}))
    return made;
  const bool about_account = !so_far.made.token.empty() && heard.made.token == so_far.made.token;
  if (about_account && !samples.consent.after.empty()) {
    made = json_answer(samples.consent.after);
    heard = so_far;
    if (!hear_answer(*connector, connection, made, heard, {now, "twin"}))
      return made;
  }
  auto probe = heard;
  const auto next = next_request(*connector, connection, probe, {now, "twin"});
  if (next && *next) {
    remember(conversations, std::move(heard));
    return made;
  }
  const auto& renews = heard.made.refresh_token;
  if (!renews.empty() && std::ranges::find(renewals, renews) == renewals.end())
    remember(renewals, refresh_token = renews); // a token that renews itself
  held.emplace_back(std::move(heard.made), now + life);
  return made;
}

} // namespace tenon::actors::connectors
