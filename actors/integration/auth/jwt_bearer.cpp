// A token for an assertion that we sign (RFC 7523): service accounts, which ask no person.
//
//   auth:
//     jwt_bearer:
//       token: https://oauth2.googleapis.com/token
//       alg: RS256                    # or ES256
//       private_key: "{{secret.private_key}}"
//       claims: {iss: "{{conn.client_email}}", scope: …}
//       aud: …                        # else the token server's address
//       ttl: 1h
#include "actors/integration/auth/placement.hpp"
#include "actors/integration/auth/token/answer.hpp"
#include "actors/integration/auth/token/client.hpp"

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate_text;
using namespace std::chrono_literals;

class jwt_bearer final : public method {
public:
  call_pattern call; // its form lacks the assertion
  assertion_key key;
  pattern claims;
  std::optional<program> audience;
  span life = 1h;
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
    object all = members ? *members : object{};
    auto to = audience ? evaluate_text(*audience, names) : result<std::string>{request->url};
    if (!to)
      return std::move(to).error();
    const auto seconds = [](moment at) {
      return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
    };
    all["aud"] = *std::move(to);
    all["iat"] = seconds(when.now);
    all["exp"] = seconds(when.now + life);
    const auto made = sign_assertion(key, names, all);
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
  made->grant_type =
      fields.text("grant_type").value_or("urn:ietf:params:oauth:grant-type:jwt-bearer");
  made->assertion = fields.text("assertion").value_or("assertion");
  made->says = take_token_answer(fields);
  made->place = take_injection(fields, "Bearer ");
  fields.finish();
  return made;
}

} // namespace

const auth_kind jwt_bearer_auth{"jwt_bearer", compile};

} // namespace tenon::actors::connectors
