// The client's own credentials against a token that expires (RFC 6749, 4.4).
//
//   auth:
//     oauth2_client:
//       token: https://login.example.com/oauth/token
//       client_id: "{{conn.client_id}}"
//       client_secret: "{{secret.client_secret}}"
//       client_auth: basic            # or body, or private_key_jwt
//       scopes: [read, write]
#include "actors/integration/auth/placement.hpp"
#include "actors/integration/auth/token/answer.hpp"
#include "actors/integration/auth/token/client.hpp"

namespace tenon::actors::connectors {
namespace {

class oauth2_client final : public method {
public:
  std::optional<program> token_url;
  token_client client;
  named_programs extra;
  token_answer says;
  placement place;

  bool needs_token() const override { return true; }

  result<std::optional<http_request>> ask(const scope& names, acquisition& so_far,
                                          const instant& when) const override {
    if (so_far.step > 0)
      return std::optional<http_request>{};
    so_far.before.refresh_token.clear(); // there is none in this grant
    parameters all{{"grant_type", "client_credentials"}};
    if (auto added = add_evaluated(all, extra, names); !added)
      return std::move(added).error();
    auto request = token_request(client, *token_url, std::move(all), names, when);
    if (!request)
      return std::move(request).error();
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
  auto made = std::make_shared<oauth2_client>();
  if (fields.require("token", "the address of the token server, token: https://…"))
    made->token_url = take_secret(fields, "token", "-");
  made->client = take_token_client(fields);
  made->extra = take_scopes(fields);
  for (auto& one : take_programs(fields, "token_params", auth_words()))
    made->extra.push_back(std::move(one));
  made->says = take_token_answer(fields);
  made->place = take_injection(fields, "Bearer ");
  fields.finish();
  return made;
}

} // namespace

const auth_kind oauth2_client_auth{"oauth2_client", compile};

} // namespace tenon::actors::connectors
