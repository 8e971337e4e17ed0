// The kinds, and the block of a manifest that chooses one, or has the account's config choose:
//
//   auth:
//     one_of:                           # the first is what nobody chooses
//       private_app: {key: {…}}
//       app: {oauth2: {…}, sign: {…}}
//
// The config's `auth` names the one; a parameter with `auth: app` is needed for that one alone.
#include "actors/integration/auth/method.hpp"

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t most_alternatives = 8;

} // namespace

const std::vector<auth_kind>& all_auth_kinds() {
  static const std::vector<auth_kind> all{no_auth,     key_auth,           basic_auth,
                                          oauth2_auth, oauth2_client_auth, jwt_bearer_auth,
                                          oauth1_auth, session_auth,       exchange_auth};
  return all;
}

result<std::string> method::authorize(const scope&, const consent&) const {
  return failure{code::conflict, "this connector asks no person for consent", "auth",
                 "Give its credential the secrets that the connector names."};
}

result<void> method::sent_back(const inbound&, const scope&, moment) const {
  return {};
}

result<void> method::send_back(inbound&, const scope&, moment) const {
  return {};
}

result<std::optional<http_request>> method::ask(const scope&, acquisition&, const instant&) const {
  return std::optional<http_request>{};
}

result<void> method::hear(const scope&, const http_response&, acquisition&, const instant&) const {
  return failure{code::malformed, "this connector has no tokens", "auth"};
}

result<std::optional<http_request>> method::leave(const scope&, const holding&) const {
  return std::optional<http_request>{};
}

compiled_auth compile_auth(const value& said, const std::string& where,
                           const std::vector<std::string>& secrets, problems& found) {
  compiled_auth made;
  std::vector<std::string> kinds;
  for (const auto& kind : all_auth_kinds())
    kinds.emplace_back(kind.name);
  const auto make = [&](std::string_view name, const value& settings) {
    for (const auto& kind : all_auth_kinds())
      if (kind.name == name)
        made = {std::string{name}, kind.compile(settings, below(where, name), secrets, found)};
    return made.method != nullptr;
  };
  if (const auto* bare = said.as<std::string>()) {
    if (!make(*bare, {}))
      found.add(where, "there is no kind `" + *bare + "`", "Use " + listed(kinds) + ".");
    return made;
  }
  form inner{said, where, found};
  const auto before = found.count();
  std::size_t chosen = 0;
  const value empty{object{}};
  for (const auto& kind : kinds) {
    const auto* settings = inner.take(kind);
    const bool there = said.find(kind) != nullptr;
    if (there && ++chosen == 1)
      make(kind, settings == nullptr ? empty : *settings);
  }
  const auto* sign = inner.take("sign");
  if (chosen == 0 && sign != nullptr) {
    make("none", {});
    ++chosen;
  }
  if (sign != nullptr && made.method != nullptr)
    made.method = compile_sign(made.method, *sign, below(where, "sign"), found);
  if (chosen > 1)
    found.add(where, "a connector has one kind of authentication, not several");
  inner.finish();
  if (chosen == 0 && inner.is_object() && found.count() == before)
    found.add(where, "the kind of authentication is missing", "Use " + listed(kinds) + ".");
  return made;
}

alternatives compile_alternatives(const value& said, const std::string& where,
                                  const std::vector<std::string>& secrets, problems& found) {
  alternatives all;
  const auto* members = said.as<object>();
  if (members == nullptr || members->size() < 2 || members->size() > most_alternatives) {
    found.add(where, "a map of 2 to " + std::to_string(most_alternatives) + " is expected",
              "Name each, and write its kind below: app: {oauth2: {…}}.");
    return all;
  }
  for (const auto& [name, content] : *members)
    all.emplace_back(name, compile_auth(content, below(where, name), secrets, found));
  return all;
}

} // namespace tenon::actors::connectors
