// What a person allowed at the provider (RFC 6749, 4.1): they are sent there once and come back
// with a code; from then on the token renews itself.
//
//   auth:
//     oauth2:
//       authorize: https://login.example.com/oauth/authorize
//       token: https://login.example.com/oauth/token
//       refresh_url: …                # where it differs
//       pkce: S256                    # RFC 7636
//       scopes: [read, write]         # with `separator`
//       authorize_params, token_params, refresh_params: {…}
//       callback: {verify: {…}}       # what proves that they come from there: hooks/verify.hpp
//       rotates: true                 # each refresh token is good for one use
//       capture: [instance_url]       # of the token answer; then conn.instance_url
//       after: {get: https://…, headers: {Authorization: "OAuth {{token}}"}, capture: [dc]}
#include "actors/integration/auth/placement.hpp"
#include "actors/integration/auth/token/answer.hpp"
#include "actors/integration/auth/token/client.hpp"
#include "actors/integration/hooks/verify.hpp"
#include "protocols/base64.hpp"

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate_text;

struct later_look {
  call_pattern call;
  captures wanted;
};

class oauth2 final : public method {
public:
  std::optional<program> authorize_url;
  std::optional<program> token_url;
  std::optional<program> refresh_url;
  token_client client;
  bool pkce = false;
  named_programs scopes;
  named_programs authorize_extra;
  named_programs token_extra;
  named_programs refresh_extra;
  token_answer says;
  std::optional<later_look> after;
  std::shared_ptr<const verification> callback;
  placement place;

  bool needs_token() const override { return true; }
  bool needs_person() const override { return true; }
  bool rotates() const override { return says.rotates; }

  std::string asked_scopes(const scope& names) const override {
    parameters all;
    const auto added = add_evaluated(all, scopes, names);
    return added && !all.empty() ? all.front().second : "";
  }

  result<std::string> authorize(const scope& names, const consent& asked) const override {
    const auto address = evaluate_text(*authorize_url, names);
    if (!address)
      return address;
    auto target = parse_url(*address);
    if (!target)
      return failure{target.error().code, target.error().why, "auth.oauth2.authorize",
                     target.error().remedy};
    const auto id = secret_text(*client.id, names);
    if (!id)
      return id.error();
    parameters all{{"response_type", "code"}, {"client_id", *id}, {"redirect_uri", asked.redirect}};
    if (auto added = add_evaluated(all, scopes, names); !added)
      return std::move(added).error();
    all.emplace_back("state", asked.state);
    if (pkce) {
      const auto digest = runtime::signing::hash(runtime::signing::digest::sha256, asked.verifier);
      all.emplace_back("code_challenge", to_base64url(digest));
      all.emplace_back("code_challenge_method", "S256");
    }
    if (auto added = add_evaluated(all, authorize_extra, names); !added)
      return std::move(added).error();
    append_query(*target, renamed(client, std::move(all)));
    return to_text(*target);
  }

  result<void> sent_back(const inbound& r, const scope& names, moment now) const override {
    return callback ? callback->verify(r, names, now) : result<void>{};
  }

  result<void> send_back(inbound& r, const scope& names, moment now) const override {
    return callback ? callback->prove(r, names, {now, {}, {}}) : result<void>{};
  }

  result<std::optional<http_request>> ask(const scope& names, acquisition& so_far,
                                          const instant& when) const override {
    if (so_far.step == 0) {
      auto request = ask_token(names, so_far, when);
      if (!request)
        return std::move(request).error();
      return std::optional{*std::move(request)};
    }
    if (so_far.step > 1 || !after || so_far.code.empty()) // it is known from the first time
      return std::optional<http_request>{};
    const value token{so_far.made.token};
    auto with_token = names;
    with_token.bind_secret("token", token);
    auto request = make_call(after->call, with_token);
    if (!request)
      return std::move(request).error();
    return std::optional{*std::move(request)};
  }

  result<void> hear(const scope&, const http_response& answer, acquisition& so_far,
                    const instant& when) const override {
    if (so_far.step++ == 0)
      return read_token(says, answer, so_far, when.now);
    if (answer.status < 200 || answer.status > 299)
      return failure{code::unavailable,
                     "what is known about the account was answered with " +
                         std::to_string(answer.status),
                     "auth.oauth2.after", "Connect it again."};
    return capture(after->wanted, answer, so_far);
  }

  result<void> inject(http_request& request, const scope&, const holding* held,
                      const instant&) const override {
    return put_token(request, place, held);
  }

private:
  result<http_request> ask_token(const scope& names, acquisition& so_far,
                                 const instant& when) const {
    parameters all;
    const bool by_code = !so_far.code.empty();
    if (by_code) {
      all = {{"grant_type", "authorization_code"},
             {"code", so_far.code},
             {"redirect_uri", so_far.redirect}};
      if (pkce)
        all.emplace_back("code_verifier", so_far.verifier);
    } else if (!so_far.before.refresh_token.empty()) {
      all = {{"grant_type", "refresh_token"}, {"refresh_token", so_far.before.refresh_token}};
    } else {
      so_far.reconnect = true;
      return failure{code::unauthenticated,
                     so_far.before == holding{} ? "nobody has connected it yet"
                                                : "the token has ended and nothing renews it",
                     "auth", "A person has to connect it."};
    }
    if (auto added = add_evaluated(all, by_code ? token_extra : refresh_extra, names); !added)
      return std::move(added).error();
    return token_request(client, by_code || !refresh_url ? *token_url : *refresh_url,
                         std::move(all), names, when);
  }
};

void take_after(form& fields, oauth2& made) {
  const auto* said = fields.take("after");
  if (said == nullptr)
    return;
  form inner{*said, fields.at("after"), fields.found()};
  made.after.emplace(later_look{take_call(inner, auth_words({"token"})), take_captures(inner)});
  inner.finish();
}

std::shared_ptr<const method> compile(const value& settings, const std::string& where,
                                      const std::vector<std::string>& secrets, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<oauth2>();
  if (fields.require("authorize", "where a person is asked, authorize: https://…"))
    made->authorize_url = take_secret(fields, "authorize", "-");
  if (fields.require("token", "the address of the token server, token: https://…"))
    made->token_url = take_secret(fields, "token", "-");
  if (const auto url = fields.text("refresh_url"))
    made->refresh_url = compile_text(*url, fields.at("refresh_url"), auth_words(), found);
  made->client = take_token_client(fields);
  if (const auto* pkce = fields.take("pkce"); pkce != nullptr && pkce->is<bool>())
    made->pkce = *pkce->as<bool>();
  else if (pkce != nullptr)
    made->pkce = fields.choice("pkce", {"S256"}).has_value();
  made->scopes = take_scopes(fields);
  made->authorize_extra = take_programs(fields, "authorize_params", auth_words());
  made->token_extra = take_programs(fields, "token_params", auth_words());
  made->refresh_extra = take_programs(fields, "refresh_params", auth_words());
  made->says = take_token_answer(fields);
  made->says.rotates = fields.flag("rotates").value_or(false);
  take_after(fields, *made);
  if (const auto* said = fields.take("callback")) {
    form inner{*said, fields.at("callback"), found};
    if (const auto* verify = inner.require("verify", "what the provider signs, verify: {hmac: …}"))
      made->callback = compile_verification(*verify, inner.at("verify"), secrets, found);
    inner.finish();
  }
  made->place = take_injection(fields, "Bearer ");
  fields.finish();
  return made;
}

} // namespace

const auth_kind oauth2_auth{"oauth2", compile};

} // namespace tenon::actors::connectors
