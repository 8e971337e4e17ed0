// A token for an assertion that we sign (RFC 7523): service accounts, which ask no person.
//
//   auth:
//     jwt_bearer:
//       token: https://oauth2.googleapis.com/token
//       alg: RS256                    # or ES256
//       private_key: "{{secret.private_key}}"
//       claims: {iss: "{{conn.client_email}}", scope: …}     # what is empty is left out
//       aud: …                        # else the token server's address
//       ttl: 1h
//       format: saml                  # an assertion in XML instead (RFC 7522): iss is its issuer,
//                                     # sub its subject, aud its audience, the others attributes
#include "actors/integration/auth/placement.hpp"
#include "actors/integration/auth/token/answer.hpp"
#include "actors/integration/auth/token/client.hpp"
#include "actors/integration/auth/token/saml.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate_text;
using namespace std::chrono_literals;

/// In base64 as XML knows it: those who take SAML read no other.
result<std::string> sign_saml(const assertion_key& from, const scope& names, const object& all,
                              saml_claims said) {
  const auto key = read_key(from, names);
  if (!key)
    return key.error();
  for (const auto& [name, content] : all) {
    const auto* text = content.as<std::string>();
    auto written = text ? *text : write_json(content);
    if (name == "iss")
      said.issuer = std::move(written);
    else if (name == "sub")
      said.subject = std::move(written);
    else
      said.attributes.emplace_back(name, std::move(written));
  }
  const auto made = make_saml(*key, from.algorithm, said);
  if (!made)
    return failure{code::unauthenticated, made.error().why, "auth",
                   "Check `alg`, or give the key that the provider knows."};
  return to_base64(*made);
}

class jwt_bearer final : public method {
public:
  call_pattern call; // its form lacks the assertion
  assertion_key key;
  pattern claims;
  std::optional<program> audience;
  span life = 1h;
  bool saml = false;
  std::string grant_type;
  std::string assertion;
  token_answer says;
  placement place;

  bool needs_token() const override { return true; }

  result<std::optional<http_request>> ask(const scope& names, acquisition& so_far,
                                          const instant& when) const override {
    if (so_far.step > 0)
      return std::optional<http_request>{};
    so_far.before.refresh_token.clear();
    auto request = make_call(call, names);
    if (!request)
      return std::move(request).error();
    const value nonce{when.nonce};
    auto with_nonce = names;
    with_nonce.bind("nonce", nonce);
    auto said = claims.evaluate(with_nonce);
    if (!said)
      return std::move(said).error();
    auto* members = said->as<object>();
    object all;
    for (const auto& [name, content] : members ? *members : object{})
      if (!content.is_null() && content != value{""}) // nothing was filled in for it
        all[name] = content;
    auto to = audience ? evaluate_text(*audience, names) : result<std::string>{request->url};
    if (!to)
      return std::move(to).error();
    const auto made = saml ? sign_saml(key, names, all,
                                       {.id = '_' + when.nonce,
                                        .recipient = request->url,
                                        .audience = *to,
                                        .issued = when.now,
                                        .life = life})
                           : sign_token(names, std::move(all), *to, when.now);
    if (!made)
      return made.error();
    const parameters proof{{"grant_type", grant_type}, {assertion, *made}};
    std::string body = form_encoded(proof);
    if (!request->body.empty())
      body += '&' + std::string{request->body.view()};
    request->body = blob::from(std::move(body));
    set_header(request->headers, "Content-Type", "application/x-www-form-urlencoded");
    return std::optional{*std::move(request)};
  }

  result<void> hear(const scope&, const http_response& answer, acquisition& so_far,
                    const instant& when) const override {
    ++so_far.step;
    return read_token(says, answer, so_far, when.now);
  }

  result<void> inject(http_request& request, const scope&, const holding* held,
                      const instant&) const override {
    return put_token(request, place, held);
  }

private:
  result<std::string> sign_token(const scope& names, object all, const std::string& to,
                                 moment now) const {
    const auto seconds = [](moment at) {
      return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
    };
    all["aud"] = to;
    all["iat"] = seconds(now);
    all["exp"] = seconds(now + life);
    return sign_assertion(key, names, all);
  }
};

std::shared_ptr<const method> compile(const value& settings, const std::string& where,
                                      const std::vector<std::string>&, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<jwt_bearer>();
  made->call.method = "POST";
  if (fields.require("token", "the address of the token server, token: https://…"))
    made->call.address = take_secret(fields, "token", "-");
  made->call.form = take_programs(fields, "token_params", auth_words());
  made->key = take_assertion_key(fields);
  if (const auto* claims = fields.require("claims", "who asks for what, claims: {iss: …}")) {
    made->claims = pattern::compile(*claims, fields.at("claims"), auth_words({"nonce"}), found);
    if (!claims->is<object>())
      fields.note("claims", "a map of claims is expected");
  }
  if (const auto text = fields.text("aud"))
    made->audience = compile_text(*text, fields.at("aud"), auth_words(), found);
  made->life = fields.length("ttl", 1min, 24h).value_or(1h);
  made->saml = fields.choice("format", {"jwt", "saml"}).value_or(0) == 1;
  made->grant_type = fields.text("grant_type")
                         .value_or(made->saml ? "urn:ietf:params:oauth:grant-type:saml2-bearer"
                                              : "urn:ietf:params:oauth:grant-type:jwt-bearer");
  made->assertion = fields.text("assertion").value_or("assertion");
  made->says = take_token_answer(fields);
  made->place = take_injection(fields, "Bearer ");
  fields.finish();
  return made;
}

} // namespace

const auth_kind jwt_bearer_auth{"jwt_bearer", compile};

} // namespace tenon::actors::connectors
