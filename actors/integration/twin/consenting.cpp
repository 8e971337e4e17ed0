// A person's consent at a twin: the page where they are asked, played by somebody who says yes, or
// no where the address ends with twin_says=no, and the code that they bring back (RFC 6749, 4.1).
#include "actors/integration/hooks/inbound.hpp"
#include "actors/integration/twin/parts.hpp"
#include "protocols/base64.hpp"
#include "runtime/signing/signing.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t most_grants = 1000;
constexpr span grant_life = std::chrono::minutes{10}; // the longest that RFC 6749 recommends

// What a connector is given to say, to see by which names it says it.
const consent shown{"https://twin.invalid/back", "any state", "any verifier"};
constexpr std::string_view shown_code = "any code";

std::string challenge_of(std::string_view verifier) {
  return to_base64url(runtime::signing::hash(runtime::signing::digest::sha256, verifier));
}

/// By what name it says that; "": it does not.
std::string name_of(const parameters& all, std::string_view content) {
  const auto it = std::ranges::find(all, content, &parameters::value_type::second);
  return it == all.end() ? std::string{} : it->first;
}

std::string content_of(const parameters& all, std::string_view name) {
  const auto it = std::ranges::find(all, name, &parameters::value_type::first);
  return it == all.end() || name.empty() ? std::string{} : it->second;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" ,"), text.size());
    if (end > 0)
      all.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

/// Some of what the app may ask for.
bool is_part_of(std::string_view asked, std::string_view known) {
  const auto all = words_of(known);
  const auto wanted = words_of(asked);
  return !wanted.empty() && std::ranges::all_of(wanted, [&](const std::string& one) {
    return std::ranges::find(all, one) != all.end();
  });
}

/// What the connector says of a person that is asked, and by which names.
struct question {
  parameters expected;
  std::string redirect;
  std::string state;
  std::string challenge;

  explicit question(parameters all)
      : expected{std::move(all)}, redirect{name_of(expected, shown.redirect)},
        state{name_of(expected, shown.state)}, challenge{name_of(expected,
                                                                 challenge_of(shown.verifier))} {}

  bool varies(std::string_view name) const {
    return name == redirect || name == state || name == challenge;
  }
};

/// RFC 6749, 4.1.2.1: where it is not sure who asks, nobody is sent anywhere.
std::string untrusted(const question& q, const parameters& said) {
  for (const auto& [name, content] : q.expected) {
    if (std::ranges::count(said, name, &parameters::value_type::first) > 1)
      return name + " is there twice";
    const bool sent_back = name == "scope" || name == "response_type" || name == q.state ||
                           name.starts_with("code_challenge");
    if (!sent_back && name != q.redirect && content_of(said, name) != content)
      return name + " has to be " + content;
  }
  const auto to = content_of(said, q.redirect);
  if (to.find('#') != to.npos || !parse_url(to))
    return q.redirect + " is no address to come back to";
  return {};
}

/// The error that the person is sent back with, and why; the first "": there is none.
std::pair<std::string, std::string> mistake(const question& q, const parameters& said) {
  for (const auto& [name, content] : q.expected) {
    const auto there = content_of(said, name);
    if (name == "response_type" && there != content)
      return {"unsupported_response_type", name + " has to be " + content};
    if (name == "scope" && !is_part_of(there, content))
      return {"invalid_scope", "the app may ask for " + content};
    if (name == q.challenge && (there.size() != 43 || there != percent_encoded(there)))
      return {"invalid_request", name + " is not a SHA-256 digest in base64url"};
    if (name == q.state ? there.empty() : !q.varies(name) && name != "scope" && there != content)
      return {"invalid_request",
              name + (name == q.state ? " is missing" : " has to be " + content)};
  }
  return {};
}

http_response sent_back(const std::string& redirect, const parameters& said) {
  auto to = *parse_url(redirect);
  append_query(to, said);
  return {302, {{"Location", to_text(to)}, {"Cache-Control", "no-store"}}, {}};
}

} // namespace

/// Whoever opens the page has logged in and looks at what is asked.
std::optional<http_response> twin::parts::serve_consent(const asked& r, moment now) {
  if (!proof->needs_person())
    return std::nullopt;
  const auto address = consent_address(*connector, connection, shown);
  const auto there = address ? parse_url(*address) : result<url>{address.error()};
  if (!there || !goes_there({"GET", *address, {}, {}}, r.whole.method, r.target))
    return std::nullopt;
  const question q{query_of(*there)};
  if (const auto why = untrusted(q, r.query); !why.empty()) {
    ++ledger.refused;
    return refuse_token(400, "invalid_request", why);
  }
  const auto redirect = content_of(r.query, q.redirect);
  parameters back;
  const auto state = content_of(r.query, q.state);
  if (!state.empty())
    back.emplace_back("state", state);
  if (const auto [error, why] = mistake(q, r.query); !error.empty()) {
    ++ledger.refused;
    back.insert(back.end(), {{"error", error}, {"error_description", why}});
    return sent_back(redirect, back);
  }
  if (content_of(r.query, "twin_says") == "no") {
    object told{{"error", "access_denied"}, {"error_description", "The person said no"}};
    for (const auto& [name, content] : samples.consent.denied)
      told[name] = content;
    for (const auto& [name, content] : told)
      if (const auto* text = content.as<std::string>())
        back.emplace_back(name, *text);
    return sent_back(redirect, back);
  }
  const auto code = "twin-code-" + std::to_string(++ledger.consents);
  if (grants.size() == most_grants)
    grants.erase(grants.begin());
  grants[code] = {redirect, content_of(r.query, q.challenge), now + grant_life};
  back.insert(back.begin(), {"code", code});
  inbound way{.method = "GET", .url = redirect};
  for (const auto& [name, content] : back)
    add_query(way, name, content);
  scope names;
  names.bind("conn", connection.settings).bind_secret("secret", connection.secrets);
  if (const auto proved = proof->send_back(way, names, now); !proved)
    return refuse_token(500, "server_error", proved.error().why);
  return sent_back(redirect, way.query);
}

/// A request for a token with the code that a person brought.
std::optional<http_response> twin::parts::take_code(const asked& r, moment now) {
  if (!proof->needs_person())
    return std::nullopt;
  acquisition any;
  any.code = shown_code;
  any.redirect = shown.redirect;
  any.verifier = shown.verifier;
  const auto shape = next_request(*connector, connection, any, {now, "twin"});
  if (!shape || !*shape || !goes_there(**shape, r.whole.method, r.target))
    return std::nullopt;
  const auto names = said_in_body(**shape);
  const auto all = said_in_body(r.whole);
  acquisition begun;
  begun.code = content_of(all, name_of(names, any.code));
  begun.redirect = content_of(all, name_of(names, any.redirect));
  begun.verifier = content_of(all, name_of(names, any.verifier));
  if (begun.code.empty())
    return std::nullopt;
  const auto expected = next_request(*connector, connection, begun, {now, "twin"});
  const auto wrong = expected && *expected ? difference(**expected, r.whole) : "the request";
  const auto refused = [&](unsigned status, std::string_view error, std::string_view why) {
    ++ledger.refused;
    return refuse_token(status, error, why);
  };
  if (!wrong.empty())
    return refused(401, "invalid_client", wrong + " is not as it has to be");
  const auto it = grants.find(begun.code);
  if (it == grants.end())
    return refused(400, "invalid_grant", "this platform gave no such code");
  auto& given = it->second;
  if (given.used || now >= given.until)
    return refused(400, "invalid_grant",
                   given.used ? "the code was used before" : "the code is too old");
  if (given.redirect != begun.redirect)
    return refused(400, "invalid_grant", "the code was asked for with another redirect_uri");
  if (!given.challenge.empty() && given.challenge != challenge_of(begun.verifier))
    return refused(400, "invalid_grant", "the code_verifier is not the one of the code_challenge");
  given.used = true;
  return go_on(std::move(begun), **expected, now);
}

} // namespace tenon::actors::connectors
