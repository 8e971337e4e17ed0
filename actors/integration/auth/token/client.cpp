#include "actors/integration/auth/token/client.hpp"

#include "actors/integration/auth/placement.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate_text;
namespace signing = runtime::signing;

constexpr std::chrono::seconds proof_life{300};

std::int64_t seconds_of(moment at) {
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

void write_body(http_request& request, const parameters& all, bool as_json) {
  if (!as_json) {
    set_header(request.headers, "Content-Type", "application/x-www-form-urlencoded");
    request.body = blob::from(form_encoded(all));
    return;
  }
  object members;
  for (const auto& [name, content] : all)
    members[name] = content;
  set_header(request.headers, "Content-Type", "application/json");
  request.body = blob::from(write_json(members));
}

/// RFC 7523, 2.2: the client proves itself with a token that it signs.
result<void> add_assertion(const token_client& client, const std::string& id,
                           const std::string& audience, const scope& names, const instant& when,
                           parameters& all) {
  const auto now = seconds_of(when.now);
  const auto signed_token = sign_assertion(client.key, names,
                                           object{{"iss", id},
                                                  {"sub", id},
                                                  {"aud", audience},
                                                  {"jti", when.nonce},
                                                  {"iat", now},
                                                  {"exp", now + proof_life.count()}});
  if (!signed_token)
    return signed_token.error();
  all.emplace_back("client_id", id);
  all.emplace_back("client_assertion_type",
                   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  all.emplace_back("client_assertion", *signed_token);
  return {};
}

} // namespace

assertion_key take_assertion_key(form& fields) {
  assertion_key made;
  made.key = take_secret(fields, "private_key", "{{secret.private_key}}");
  if (const auto id = fields.text("key_id"))
    made.key_id = compile_text(*id, fields.at("key_id"), auth_words(), fields.found());
  if (fields.choice("alg", {"RS256", "ES256"}).value_or(0) == 1)
    made.algorithm = signing::algorithm::es256;
  return made;
}

result<signing::private_key> read_key(const assertion_key& from, const scope& names) {
  const auto text = secret_text(*from.key, names);
  if (!text)
    return text.error();
  auto key = signing::private_key::read(*text);
  if (!key)
    return failure{code::unauthenticated, key.error().why, "auth", key.error().remedy};
  return key;
}

result<std::string> sign_assertion(const assertion_key& from, const scope& names,
                                   const object& claims) {
  const auto key = read_key(from, names);
  if (!key)
    return key.error();
  std::string id;
  if (from.key_id) {
    auto said = evaluate_text(*from.key_id, names);
    if (!said)
      return said;
    id = *std::move(said);
  }
  auto made = signing::make_jwt(*key, from.algorithm, id, claims);
  if (!made)
    return failure{code::unauthenticated, made.error().why, "auth",
                   "Check `alg`, or give the key that the provider knows."};
  return made;
}

token_client take_token_client(form& fields) {
  token_client made;
  made.id = take_secret(fields, "client_id", "{{conn.client_id}}");
  made.secret = take_secret(fields, "client_secret", "{{secret.client_secret}}");
  const auto how =
      fields.choice("client_auth", {"body", "basic", "private_key_jwt", "none"}).value_or(0);
  made.how = static_cast<token_client::proof>(how);
  if (made.how == token_client::proof::private_key_jwt)
    made.key = take_assertion_key(fields);
  made.as_json = fields.choice("body", {"form", "json"}).value_or(0) == 1;
  if (const auto* names = fields.take("names")) {
    const auto* members = names->as<object>();
    if (members == nullptr)
      fields.note("names", "a map of names is expected", "Write names: {client_id: client_key}.");
    else
      for (const auto& [ours, theirs] : *members)
        if (const auto* text = theirs.as<std::string>(); text != nullptr && !text->empty())
          made.names.emplace_back(ours, *text);
        else
          fields.found().add(below(fields.at("names"), ours), "a name is expected");
  }
  return made;
}

result<void> add_evaluated(parameters& onto, const named_programs& from, const scope& names) {
  for (const auto& [name, content] : from) {
    auto text = evaluate_text(content, names);
    if (!text)
      return std::move(text).error();
    if (!text->empty())
      onto.emplace_back(name, *std::move(text));
  }
  return {};
}

parameters renamed(const token_client& client, parameters all) {
  for (auto& [name, content] : all) {
    const auto theirs = std::ranges::find(client.names, name, &parameters::value_type::first);
    if (theirs != client.names.end())
      name = theirs->second;
  }
  return all;
}

result<http_request> token_request(const token_client& client, const program& address,
                                   parameters all, const scope& names, const instant& when) {
  auto to = evaluate_text(address, names);
  if (!to)
    return std::move(to).error();
  const auto target = parse_url(*to);
  if (!target)
    return failure{target.error().code, target.error().why, "auth.token", target.error().remedy};
  const auto id = secret_text(*client.id, names);
  if (!id)
    return id.error();
  http_request request{"POST", to_text(*target), {{"Accept", "application/json"}}, {}};
  if (client.how == token_client::proof::private_key_jwt) {
    if (auto added = add_assertion(client, *id, request.url, names, when, all); !added)
      return std::move(added).error();
  } else if (client.how == token_client::proof::none) {
    all.emplace_back("client_id", *id);
  } else {
    const auto secret = secret_text(*client.secret, names);
    if (!secret)
      return secret.error();
    if (client.how == token_client::proof::basic) {
      // RFC 6749, 2.3.1: both are form-encoded before they are joined.
      const auto pair = percent_encoded(*id) + ':' + percent_encoded(*secret);
      set_header(request.headers, "Authorization", "Basic " + to_base64(pair));
    } else {
      const auto after_grant = all.empty() ? all.begin() : all.begin() + 1;
      all.insert(after_grant, {{"client_id", *id}, {"client_secret", *secret}});
    }
  }
  write_body(request, renamed(client, std::move(all)), client.as_json);
  return request;
}

named_programs take_scopes(form& fields) {
  named_programs made;
  const auto add = [&](const char* name, std::string_view text, const char* field) {
    if (auto compiled = compile_text(text, fields.at(field), auth_words(), fields.found()))
      made.emplace_back(name, *std::move(compiled));
  };
  const auto separator = fields.text("separator").value_or(" ");
  std::string scopes;
  for (const auto& one : fields.texts("scopes"))
    scopes += (scopes.empty() ? "" : separator) + one;
  if (!scopes.empty())
    add("scope", scopes, "scopes");
  for (const char* name : {"scope", "resource", "audience"})
    if (const auto text = fields.text(name))
      add(name, *text, name);
  return made;
}

} // namespace tenon::actors::connectors
