// Every request is signed (RFC 5849), with the client's secret and the token's.
//
//   auth:
//     oauth1:
//       consumer_key: "{{conn.consumer_key}}"     consumer_secret: "{{secret.consumer_secret}}"
//       token: "{{conn.token}}"                   token_secret: "{{secret.token_secret}}"
//       method: HMAC-SHA1                         # or HMAC-SHA256
//       realm: …      version: "1.0"              # for those who insist on it
#include "actors/integration/auth/placement.hpp"
#include "actors/integration/web/form_text.hpp"
#include "actors/integration/web/url.hpp"
#include "protocols/base64.hpp"
#include "runtime/signing/signing.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

using runtime::expression::evaluate_text;
namespace signing = runtime::signing;

void add_form(parameters& onto, std::string_view text) {
  for (auto& one : read_form(text))
    onto.push_back(std::move(one));
}

bool is_form(const http_request& request) {
  const auto type = find_header(request.headers, "Content-Type");
  return type && type->starts_with("application/x-www-form-urlencoded");
}

/// RFC 5849, 3.4.1: what is signed.
std::string base_string(const http_request& request, const url& target, parameters all) {
  if (has_query(target))
    add_form(all, std::string_view{target.target}.substr(target.target.find('?') + 1));
  if (is_form(request))
    add_form(all, request.body.view());
  for (auto& [name, content] : all) {
    name = percent_encoded(name);
    content = percent_encoded(content);
  }
  std::ranges::sort(all);
  std::string joined;
  for (const auto& [name, content] : all)
    joined += (joined.empty() ? "" : "&") + name + '=' + content;
  std::string address = target.tls ? "https://" : "http://";
  address += authority_of(target);
  address += path_of(target);
  return request.method + '&' + percent_encoded(address) + '&' + percent_encoded(joined);
}

class oauth1 final : public method {
public:
  std::optional<program> consumer_key;
  std::optional<program> consumer_secret;
  std::optional<program> token;
  std::optional<program> token_secret;
  std::string realm;
  std::string version;
  bool sha256 = false;

  result<void> inject(http_request& request, const scope& names, const holding*,
                      const instant& when) const override {
    const auto key = secret_text(*consumer_key, names);
    const auto key_secret = secret_text(*consumer_secret, names);
    const auto who = evaluate_text(*token, names);
    const auto who_secret = evaluate_text(*token_secret, names);
    for (const auto* part : {&key, &key_secret, &who, &who_secret})
      if (!*part)
        return part->error();
    const auto target = parse_url(request.url);
    if (!target)
      return target.error();
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(when.now.time_since_epoch()).count();
    parameters all{{"oauth_consumer_key", *key}};
    if (!who->empty())
      all.emplace_back("oauth_token", *who);
    all.insert(all.end(), {{"oauth_signature_method", sha256 ? "HMAC-SHA256" : "HMAC-SHA1"},
                           {"oauth_timestamp", std::to_string(seconds)},
                           {"oauth_nonce", when.nonce}});
    if (!version.empty())
      all.emplace_back("oauth_version", version);
    const auto signing_key = percent_encoded(*key_secret) + '&' + percent_encoded(*who_secret);
    const auto signature = signing::hmac(sha256 ? signing::digest::sha256 : signing::digest::sha1,
                                         signing_key, base_string(request, *target, all));
    all.emplace_back("oauth_signature", to_base64(signature));
    std::string header = "OAuth ";
    if (!realm.empty())
      header += "realm=\"" + realm + "\", ";
    for (std::size_t i = 0; i < all.size(); ++i)
      header += (i == 0 ? "" : ", ") + all[i].first + "=\"" + percent_encoded(all[i].second) + '"';
    set_header(request.headers, "Authorization", std::move(header));
    return {};
  }
};

std::shared_ptr<const method> compile(const value& settings, const std::string& where,
                                      const std::vector<std::string>&, problems& found) {
  const value empty{object{}};
  form fields{settings.is_null() ? empty : settings, where, found};
  auto made = std::make_shared<oauth1>();
  made->consumer_key = take_secret(fields, "consumer_key", "{{conn.consumer_key}}");
  made->consumer_secret = take_secret(fields, "consumer_secret", "{{secret.consumer_secret}}");
  made->token = take_secret(fields, "token", "{{conn.token}}");
  made->token_secret = take_secret(fields, "token_secret", "{{secret.token_secret}}");
  made->realm = fields.text("realm").value_or("");
  if (made->realm.find_first_of("\"\\\r\n") != std::string::npos)
    fields.note("realm", "a realm has no quotes and no line breaks");
  if (fields.choice("version", {"1.0"}))
    made->version = "1.0";
  made->sha256 = fields.choice("method", {"HMAC-SHA1", "HMAC-SHA256"}).value_or(0) == 1;
  fields.finish();
  return made;
}

} // namespace

const auth_kind oauth1_auth{"oauth1", compile};

} // namespace tenon::actors::connectors
