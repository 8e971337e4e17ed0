// The client's own credentials against a token that expires (RFC 6749, 4.4).
//
//   auth:
//     oauth2_client:
//       token: https://login.example.com/oauth/token
//       client_id: "{{conn.client_id}}"
//       client_secret: "{{secret.client_secret}}"
//       client_auth: basic            # or body
//       scopes: [read, write]
#include "actors/integration/auth/placement.hpp"
#include "actors/integration/page/path.hpp"
#include "actors/integration/web/url.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

constexpr std::size_t max_token_bytes = 16u << 10;
constexpr std::int64_t max_seconds = 10ll * 366 * 24 * 3600;

class oauth2_client final : public method {
public:
  std::optional<program> token_url;
  std::optional<program> client_id;
  std::optional<program> client_secret;
  bool in_header = false; // the client's own proof
  bool as_json = false;
  std::vector<std::pair<std::string, program>> extra;
  json_path token_path;
  json_path expiry_path;
  std::optional<span> lifetime; // when the answer does not say
  placement place;

  bool needs_token() const override { return true; }

  result<std::optional<http_request>> acquire(const scope& names) const override {
    auto address = runtime::expression::evaluate_text(*token_url, names);
    if (!address)
      return std::move(address).error();
    const auto target = parse_url(*address);
    if (!target)
      return failure{target.error().code, target.error().why, "auth.oauth2_client.token",
                     target.error().remedy};
    auto id = secret_text(*client_id, names);
    if (!id)
      return std::move(id).error();
    auto secret = secret_text(*client_secret, names);
    if (!secret)
      return std::move(secret).error();

    http_request request{"POST", to_text(*target), {{"Accept", "application/json"}}, {}};
    parameters all{{"grant_type", "client_credentials"}};
    if (in_header) {
      // RFC 6749, 2.3.1: both are form-encoded before they are joined.
      const auto pair = percent_encoded(*id) + ':' + percent_encoded(*secret);
      set_header(request.headers, "Authorization", "Basic " + base64(pair));
    } else {
      all.emplace_back("client_id", *id);
      all.emplace_back("client_secret", *secret);
    }
    for (const auto& [name, from] : extra) {
      auto text = runtime::expression::evaluate_text(from, names);
      if (!text)
        return std::move(text).error();
      if (!text->empty())
        all.emplace_back(name, *std::move(text));
    }
    write_body(request, all);
    return std::optional{std::move(request)};
  }

  result<token> accept(const http_response& answer, renewal ahead, moment now) const override {
    const auto body = json_text::check(answer.body.view());
    if (answer.status < 200 || answer.status > 299)
      return refused(answer.status, body);
    if (!body)
      return failure{code::malformed, "the token answer is not JSON: " + body.error().why,
                     body.error().where};
    const auto raw = find(*body, body->root(), token_path);
    const auto text = raw && is_text(*raw) ? scalar_text(*raw) : std::nullopt;
    if (!text || text->empty() || text->size() > max_token_bytes)
      return refused(answer.status, body);
    token made{*text, {}, {}};
    const auto lives = lifetime_in(*body);
    if (!lives)
      return made;
    made.expires_at = now + *lives;
    // A token that lives shorter than the skew is used for half its life.
    made.renew_at = *made.expires_at - std::min(ahead.skew + ahead.jitter, *lives / 2);
    return made;
  }

  result<void> inject(http_request& request, const scope&, const token* held) const override {
    if (held == nullptr)
      return failure{code::unauthenticated, "there is no token yet", "auth"};
    return put_proof(request, place, held->text);
  }

private:
  void write_body(http_request& request, const parameters& all) const {
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

  std::optional<span> lifetime_in(const json_text& body) const {
    const auto raw = find(body, body.root(), expiry_path);
    const auto text = raw ? scalar_text(*raw) : std::nullopt;
    if (!text || text->empty() || text->size() > 12 ||
        text->find_first_not_of("0123456789") != text->npos)
      return lifetime;
    const auto seconds = std::min<std::int64_t>(std::stoll(*text), max_seconds);
    return span{std::chrono::seconds{seconds}};
  }

  /// RFC 6749, 5.2: `error` and `error_description`; also when the status says that all is well.
  static failure refused(unsigned status, const result<json_text>& body) {
    std::string why = "the token server answered " + std::to_string(status);
    for (const char* name : {"error", "error_description"}) {
      const auto raw = body ? body->member(body->root(), name) : std::nullopt;
      if (const auto text = raw ? scalar_text(*raw) : std::nullopt)
        why += ": " + text->substr(0, 200);
    }
    if (status == 429 || status == 408 || status >= 500)
      return {code::unavailable, std::move(why), "auth", "Nothing: it is asked again."};
    if (status >= 200 && status < 300)
      return {code::malformed, std::move(why) + ", without a token", "auth",
              "Check `token_path`, or ask the provider."};
    return {code::unauthenticated, std::move(why), "auth", "Check the client's id and secret."};
  }
};

void take_extra(form& fields, oauth2_client& made) {
  const auto add = [&](std::string name, std::string_view text, std::string where) {
    if (auto compiled = compile_text(text, std::move(where), auth_words(), fields.found()))
      made.extra.emplace_back(std::move(name), *std::move(compiled));
  };
  const auto separator = fields.text("separator").value_or(" ");
  std::string scopes;
  for (const auto& one : fields.texts("scopes"))
    scopes += (scopes.empty() ? "" : separator) + one;
  if (!scopes.empty())
    add("scope", scopes, fields.at("scopes"));
  for (const char* name : {"scope", "resource", "audience"})
    if (const auto text = fields.text(name))
      add(name, *text, fields.at(name));
  const auto* more = fields.take("token_params");
  if (more == nullptr)
    return;
  const auto* members = more->as<object>();
  if (members == nullptr)
    return fields.note("token_params", "a map of texts is expected");
  for (const auto& [name, content] : *members) {
    const auto where = below(fields.at("token_params"), name);
    if (const auto* text = content.as<std::string>())
      add(name, *text, where);
    else
      fields.found().add(where, "a text is expected", "Put it in quotes.");
  }
}

std::shared_ptr<const method> compile(const value& settings, const std::string& where,
                                      const std::vector<std::string>&, problems& found) {
  form fields{settings, where, found};
  auto made = std::make_shared<oauth2_client>();
  if (fields.require("token", "the address of the token server, token: https://…"))
    made->token_url = take_secret(fields, "token", "-");
  made->client_id = take_secret(fields, "client_id", "{{conn.client_id}}");
  made->client_secret = take_secret(fields, "client_secret", "{{secret.client_secret}}");
  made->in_header = fields.choice("client_auth", {"body", "basic"}).value_or(0) == 1;
  made->as_json = fields.choice("body", {"form", "json"}).value_or(0) == 1;
  take_extra(fields, *made);
  const auto path = [&](std::string_view name, std::string_view fallback) {
    auto read = compile_path(fields.text(name).value_or(std::string{fallback}));
    if (read)
      return *std::move(read);
    found.add(fields.at(name), std::move(read).error());
    return json_path{};
  };
  made->token_path = path("token_path", "access_token");
  made->expiry_path = path("expires_in_path", "expires_in");
  made->lifetime = fields.length("expires_in", std::chrono::seconds{1}, std::chrono::years{10});
  const value empty{object{}};
  const auto* inject = fields.take("inject");
  form placing{inject == nullptr ? empty : *inject, fields.at("inject"), found};
  made->place = take_placement(placing, "Bearer ");
  placing.finish();
  fields.later({"private_key", "refresh_url"});
  fields.finish();
  return made;
}

} // namespace

const auth_kind oauth2_client_auth{"oauth2_client", compile};

} // namespace tenon::actors::connectors
