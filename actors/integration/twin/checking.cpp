// Who may ask a twin.
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/twin/parts.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

/// Signed anew each time: it cannot be compared with another one.
bool is_signed(std::string_view proof) {
  return proof.starts_with("OAuth ");
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
  if (!proof->needs_token())
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
