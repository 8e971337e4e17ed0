// Who may ask a twin.
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/twin/parts.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr span usual_token_life = std::chrono::hours{1};

/// Signed anew each time: it cannot be compared with another one.
bool is_signed(std::string_view proof) {
  return proof.starts_with("OAuth ");
}

/// Requests for a token carry assertions, which are signed anew each time, and what identifies the
/// client, which is not.
bool same_but_for_signatures(const http_request& expected, const http_request& came) {
  if (find_header(expected.headers, "authorization") != find_header(came.headers, "authorization"))
    return false;
  const auto same = [](const parameters& mine, const parameters& theirs) {
    return std::ranges::equal(mine, theirs, [](const auto& a, const auto& b) {
      return a.first == b.first && (a.second == b.second || a.first.ends_with("assertion"));
    });
  };
  return same(query_of(*parse_url(expected.url)), query_of(*parse_url(came.url))) &&
         same(decoded_form(expected.body.view()), decoded_form(came.body.view()));
}

/// A member of an OAuth 1 proof.
std::string member_of(std::string_view proof, std::string_view name) {
  const auto at = proof.find(std::string{name} + "=\"");
  if (at == proof.npos)
    return {};
  proof.remove_prefix(at + name.size() + 2);
  return std::string{proof.substr(0, proof.find('"'))};
}

/// Signed with the nonce and the time that it says, a proof has to come out the same.
bool is_well_signed(const manifest& m, const connectors::connection& c, const holding* held,
                    const http_request& came, std::string_view proof) {
  auto again = came;
  std::erase_if(again.headers,
                [](const auto& h) { return same_ignoring_case(h.first, "authorization"); });
  const auto seconds = member_of(proof, "oauth_timestamp");
  if (seconds.empty() || seconds.size() > 12 ||
      seconds.find_first_not_of("0123456789") != seconds.npos)
    return false;
  const instant then{moment{std::chrono::seconds{std::stoll(seconds)}},
                     member_of(proof, "oauth_nonce")};
  return authenticate(m, c, held, again, then) &&
         find_header(again.headers, "authorization") == std::optional{proof};
}

} // namespace

/// What the connector itself would ask on the way to a token: the same request is one for a token.
/// Every conversation that was begun may be gone on with.
std::optional<http_response> twin::parts::give_token(const asked& r, moment now) {
  if (!connector->auth->needs_token())
    return std::nullopt;
  // A person was asked long ago, and every refresh token is good.
  acquisition fresh;
  fresh.before.refresh_token = refresh_token;
  auto candidates = conversations;
  candidates.push_back(std::move(fresh));
  bool near = false;
  for (auto& one : candidates) {
    const auto expected = next_request(*connector, connection, one, {now, "twin"});
    if (!expected || !*expected || (*expected)->method != r.whole.method)
      continue;
    const auto there = parse_url((*expected)->url);
    if (!there || there->host != r.target.host || path_of(*there) != path_of(r.target))
      continue;
    near = true;
    if (same_but_for_signatures(**expected, r.whole))
      return go_on(one, **expected, now);
  }
  if (!near)
    return std::nullopt;
  ++ledger.refused;
  return json_answer(object{{"error", "invalid_client"}}, 401);
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
  if (connector->auth->needs_person())
    answer["refresh_token"] = refresh_token;
  for (const auto& [name, content] : samples.token)
    if (name != "expires_in")
      answer[name] = content;
  headers sent{{"Set-Cookie", "twin_session=" + text + "; Path=/"}};
  for (const auto& [name, content] : expected.headers)
    if (same_ignoring_case(content, "fetch"))
      sent.emplace_back(name, text);
  auto made = json_answer(answer, 200, std::move(sent));
  if (!hear_answer(*connector, connection, made, so_far, {now, "twin"}))
    return made;
  auto probe = so_far;
  const auto next = next_request(*connector, connection, probe, {now, "twin"});
  if (next && *next)
    conversations.push_back(std::move(so_far));
  else
    held.push_back({so_far.made, now + life});
  return made;
}

/// The proof is what the connector itself would put into a bare request.
std::optional<twin::parts::refusal> twin::parts::check_proof(const asked& r, moment now) const {
  const auto fits = [&](const holding* held) {
    http_request bare{r.whole.method, to_text(r.target), {}, {}};
    if (const auto mark = bare.url.find('?'); mark != bare.url.npos)
      bare.url.resize(mark);
    if (!authenticate(*connector, connection, held, bare, {now, "twin"}))
      return false;
    for (const auto& [name, content] : bare.headers) {
      const auto said = find_header(r.whole.headers, name);
      if (!said)
        return false;
      if (is_signed(content) ? !is_well_signed(*connector, connection, held, r.whole, *said)
                             : *said != content)
        return false;
    }
    for (const auto& one : query_of(*parse_url(bare.url)))
      if (std::ranges::find(r.query, one) == r.query.end())
        return false;
    return true;
  };
  if (!connector->auth->needs_token())
    return fits(nullptr) ? std::nullopt : std::optional<refusal>{{401, "wrong credentials"}};
  for (const auto& [one, ends] : held)
    if (fits(&one))
      return now < ends ? std::nullopt
                        : std::optional<refusal>{{401, "the access token has expired"}};
  return refusal{401, "this access token was not given by this platform"};
}

/// The connector's own headers, such as the version of the API.
std::optional<twin::parts::refusal> twin::parts::check_headers(const asked& r, moment now) const {
  scope names;
  names.bind("conn", connection.settings).set_now(now);
  for (const auto& [name, content] : connector->headers) {
    const auto expected = runtime::expression::evaluate_text(content, names);
    if (expected && !expected->empty() &&
        find_header(r.whole.headers, name) != std::optional<std::string_view>{*expected})
      return refusal{400, "the header " + name + " has to be " + *expected};
  }
  return std::nullopt;
}

} // namespace tenon::actors::connectors
