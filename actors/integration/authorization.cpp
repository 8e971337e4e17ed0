#include "actors/integration/authorization.hpp"

#include "actors/credential.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "runtime/signing/signing.hpp"
#include "runtime/tasks/asking.hpp"

namespace tenon::actors::connectors {
namespace {

using runtime::task;
using wire = protocols::credential;

constexpr std::size_t max_state_bytes = 1024;
constexpr std::size_t max_code_bytes = 8u << 10;
// A person looks at a page that loads.
constexpr span between_looks{50};
constexpr int most_looks = 200;

std::string nonce_of(const std::string& integration, const std::string& secret) {
  const auto both = integration + '/' + secret;
  return to_base64url(runtime::signing::hash(runtime::signing::digest::sha256, both));
}

std::string state_of(const identity& credential, const std::string& integration,
                     const std::string& secret) {
  return to_base64url(credential.tenant + '/' + credential.name + '/' + integration) + '.' + secret;
}

struct way_back {
  identity credential;
  identity integration;
  std::string nonce;
};

result<way_back> read_state(const std::string& state) {
  const failure unknown{code::conflict, "this answer is not awaited: its state is none of ours",
                        "state", "Begin anew, as with `tenon credential connect`."};
  const auto dot = state.find('.');
  if (state.size() > max_state_bytes || dot == state.npos)
    return unknown;
  const auto names = read_base64(std::string_view{state}.substr(0, dot));
  const auto slash = names ? names->find('/') : std::string::npos;
  const auto second = slash != std::string::npos ? names->find('/', slash + 1) : slash;
  if (second == std::string::npos)
    return unknown;
  const auto tenant = names->substr(0, slash);
  const auto integration = names->substr(second + 1);
  way_back back{{tenant, "credential", names->substr(slash + 1, second - slash - 1)},
                {tenant, "integration", integration},
                nonce_of(integration, state.substr(dot + 1))};
  if (!check(back.credential) || !check(back.integration))
    return unknown;
  return back;
}

/// Before anything is done with what came.
task<result<void>> sent_back_by_provider(platform& p, identity integration, inbound r) {
  const auto session = co_await p.enter_without_token(integration);
  if (!session) {
    const failure unknown{code::conflict, "this answer is not awaited", "state", {}};
    co_return session.error().code == code::not_found ? unknown : session.error();
  }
  scope names;
  names.bind("conn", session->connection.settings)
      .bind_secret("secret", session->connection.secrets);
  co_return auth_of(*session->connector, session->connection).method->sent_back(r, names, p.now());
}

} // namespace

task<result<errand>> begin_authorization(platform& p, identity credential, std::string integration,
                                         std::string redirect) {
  const identity id{credential.tenant, "integration", integration};
  const auto session = co_await p.enter_without_token(id);
  if (!session)
    co_return session.error();
  if (session->credential != credential.name)
    co_return failure{code::conflict,
                      "the integration " + integration + " uses " +
                          (session->credential.empty() ? "no credential"
                                                       : "the credential " + session->credential),
                      "integration", "Name an integration that uses this credential."};
  const auto secret = p.random_text();
  const auto nonce = nonce_of(integration, secret);
  const auto verifier = p.random_text();
  const consent asked{redirect, state_of(credential, integration, secret), verifier};
  const auto url = consent_address(*session->connector, session->connection, asked);
  if (!url)
    co_return url.error();
  const wire::authorize authorize{integration, redirect, nonce, verifier};
  const auto begun = co_await runtime::ask<actors::credential>(p.host(), credential, authorize);
  if (!begun)
    co_return begun.error();
  co_return errand{by_gateway(*session, *url), begun->number, begun->expires_at};
}

task<result<arrival>> end_authorization(platform& p, returned r) {
  const auto back = read_state(r.state);
  if (!back)
    co_return back.error();
  if (r.code.size() > max_code_bytes)
    co_return failure{code::too_large, "the code has more than 8 KiB", "code"};
  if (!r.code.empty()) {
    const auto proved = co_await sent_back_by_provider(p, back->integration, r.as_sent);
    if (!proved)
      co_return proved.error();
  }
  const wire::come_back come_back{back->nonce, r.code, r.why.substr(0, 500)};
  const auto taken =
      co_await runtime::ask<actors::credential>(p.host(), back->credential, come_back);
  if (!taken) {
    auto why = taken.error();
    if (why.code == code::not_found) // which names there are is nobody's business
      why = {code::conflict, "this answer is not awaited", "state", {}};
    co_return why;
  }
  co_return arrival{back->credential, taken->integration, taken->number};
}

task<result<std::optional<std::string>>> await_token(platform& p, arrival a) {
  const protocols::resource::describe describe_it;
  for (int looks = 0; looks < most_looks; ++looks) {
    const auto there =
        co_await runtime::ask<actors::credential>(p.host(), a.credential, describe_it);
    if (!there)
      co_return there.error();
    const auto status = read_json(there->status);
    const auto* connection = status ? status->find("connection") : nullptr;
    const auto text = [&](const char* name) {
      const auto* member = connection ? connection->find(name) : nullptr;
      const auto* said = member ? member->as<std::string>() : nullptr;
      return said ? *said : std::string{};
    };
    if (text("state") == "connected")
      co_return std::optional<std::string>{""};
    if (text("state") == "failed")
      co_return std::optional<std::string>{text("why")};
    if (!co_await p.rest(between_looks))
      break;
  }
  co_return std::optional<std::string>{};
}

} // namespace tenon::actors::connectors
