#include "actors/integration/platform.hpp"

#include "actors/breaker.hpp"
#include "actors/connector.hpp"
#include "actors/credential.hpp"
#include "actors/integration.hpp"
#include "actors/integration/auth/held.hpp"
#include "actors/quota.hpp"
#include "protocols/base64.hpp"
#include "protocols/binding.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/asking.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tenon::actors::connectors {
namespace {

using runtime::task;

// A token that takes longer is a matter for the sync's own back-off.
constexpr span longest_token_wait = std::chrono::seconds{30};
constexpr span token_look{25};
// Between a grant and the request's being sent, for everything else.
constexpr span longest_preparation = std::chrono::seconds{30};

identity beside(const identity& integration, std::string_view kind) {
  return {integration.tenant, std::string{kind}, integration.name};
}

failure about(const failure& f, const std::string& what) {
  auto told = f;
  told.why = what + ": " + f.why;
  return told;
}

/// Whether the answer says that the platform itself is in order. What it says about us is no reason
/// to stop asking.
bool healthy(const result<http_response>& r) {
  return r && r->status < 500;
}

/// Those who use one credential share what the platform allows it alone.
identity own_quota(const session& s) {
  return {s.integration.tenant, "quota", s.credential.empty() ? s.integration.name : s.credential};
}

failure stopping() {
  return {code::unavailable, "the node is stopping", {}, {}, span{1000}};
}

object secrets_in(const std::string& text) {
  const auto read = text.empty() ? result<value>{object{}} : read_json(text);
  const auto* secrets = read ? read->as<object>() : nullptr;
  return secrets ? *secrets : object{};
}

} // namespace

bool may_have_acted(const failure& f) {
  using runtime::outbound::phase;
  const auto at = runtime::outbound::phase_of(f);
  return at && (*at == phase::send || *at == phase::answer || *at == phase::body ||
                *at == phase::redirect);
}

std::string by_gateway(const session& s, std::string url) {
  std::string_view gateway{s.through};
  if (gateway.empty())
    return url;
  const auto host = url.find("://");
  while (gateway.ends_with('/'))
    gateway.remove_suffix(1);
  return std::string{gateway} + '/' + url.substr(host == url.npos ? 0 : host + 3);
}

task<result<platform::described>> platform::describe(identity integration, std::string known_spec) {
  const protocols::resource::describe describe_it;
  if (known_spec.empty()) {
    const auto there =
        co_await runtime::ask<actors::integration>(outside_.host, integration, describe_it);
    if (!there)
      co_return about(there.error(), "the integration " + integration.name);
    known_spec = there->spec;
  }
  const auto spec_text = read_json(known_spec);
  const auto spec = spec_text
                        ? protocols::from_value<protocols::integration::spec>(*spec_text, "spec")
                        : result<protocols::integration::spec>{spec_text.error()};
  if (!spec)
    co_return spec.error();
  auto connector = co_await find_connector(integration.tenant, spec->connector);
  if (!connector)
    co_return about(connector.error(), "the connector " + spec->connector);
  co_return described{.connector = *std::move(connector),
                      .settings = secrets_in(spec->config),
                      .credential = spec->credential,
                      .through = spec->through};
}

task<result<std::shared_ptr<const manifest>>> platform::find_connector(std::string tenant,
                                                                       std::string name) {
  const identity id{std::move(tenant), "connector", std::move(name)};
  const protocols::connector::read read_it;
  const auto text = co_await runtime::ask<actors::connector>(outside_.host, id, read_it);
  if (!text) {
    const bool none = text.error().code == code::not_found;
    auto shipped = none && outside_.shipped ? outside_.shipped(id.name) : nullptr;
    if (!shipped)
      co_return text.error();
    co_return shipped;
  }
  {
    const std::lock_guard hold{guard_};
    const auto it = compiled_.find(id);
    if (it != compiled_.end() && it->second.version == text->version)
      co_return it->second.connector;
  }
  const auto document = read_json(text->text);
  auto made = document ? compile_manifest(*document) : result<manifest>{document.error()};
  if (!made)
    co_return std::move(made).error();
  auto connector = std::make_shared<const manifest>(*std::move(made));
  const std::lock_guard hold{guard_};
  compiled_[id] = {text->version, connector};
  co_return connector;
}

task<result<session>> platform::enter_with(identity integration, object secrets) {
  auto there = co_await describe(integration);
  if (!there)
    co_return std::move(there).error();
  auto made = introduce(*there->connector, integration.name, there->settings, secrets);
  if (!made)
    co_return std::move(made).error();
  co_return session{.integration = integration,
                    .connector = there->connector,
                    .connection = *std::move(made),
                    .held = {},
                    .credential = there->credential,
                    .through = there->through};
}

task<result<session>> platform::enter_without_token(identity integration) {
  auto there = co_await describe(integration);
  if (!there)
    co_return std::move(there).error();
  session s{.integration = integration,
            .connector = there->connector,
            .credential = there->credential,
            .through = there->through};
  object secrets;
  if (!s.credential.empty()) {
    auto shown = co_await use_credential(s, use::to_look);
    if (!shown)
      co_return std::move(shown).error();
    secrets = *std::move(shown);
  }
  const auto captured = s.held ? std::exchange(s.held, {})->captured : object{};
  auto settings = there->settings;
  auto made = introduce(*s.connector, integration.name, settings, secrets);
  if (!made)
    co_return std::move(made).error();
  for (const auto& [name, content] : captured)
    (*made->settings.as<object>())[name] = content;
  s.connection = *std::move(made);
  co_return s;
}

task<result<object>> platform::use_credential(session& s, use purpose) {
  const identity credential_id{s.integration.tenant, "credential", s.credential};
  const protocols::credential::use use_it{.integration = s.integration.name,
                                          .needs_token = purpose == use::token,
                                          .to_ask = purpose != use::to_look};
  const auto give_up = outside_.clock.steady() + longest_token_wait;
  for (;;) {
    const auto usable =
        co_await runtime::ask<actors::credential>(outside_.host, credential_id, use_it);
    if (!usable)
      co_return about(usable.error(), "the credential " + s.credential);
    if (!usable->pending) {
      s.token_version = usable->version;
      s.configured = usable->configured;
      s.held = holding{.token = usable->token};
      read_held(usable->held, *s.held);
      co_return secrets_in(usable->secrets);
    }
    if (outside_.clock.steady() >= give_up || !co_await outside_.timer.wait(token_look))
      co_return failure{code::unavailable, "a token is still being fetched", {}, {}, span{1000}};
  }
}

task<result<session>> platform::enter(identity integration, asker who, std::string spec) {
  auto there = co_await describe(integration, std::move(spec));
  if (!there)
    co_return std::move(there).error();
  session s{.integration = integration,
            .connector = there->connector,
            .credential = there->credential,
            .through = there->through,
            .asker = std::move(who)};
  object secrets;
  if (!s.credential.empty()) {
    const bool needs_token = s.connector->auth_for(there->settings).method->needs_token();
    const auto purpose = needs_token ? use::token : use::to_ask;
    auto shown = co_await use_credential(s, purpose);
    const bool dead = !shown && shown.error().code == code::forbidden;
    const auto why = shown ? failure{} : shown.error();
    if (dead) // secrets that do not fit the connector were never shown to the platform: say which
      shown = co_await use_credential(s, use::to_look);
    if (!shown)
      co_return dead ? why : std::move(shown).error();
    secrets = *std::move(shown);
    if (!needs_token)
      s.held.reset();
    if (dead) {
      const auto fits = connect(*s.connector, integration.name, there->settings, secrets);
      co_return fits ? why : about(fits.error(), "the credential " + s.credential);
    }
  }
  const auto captured = s.held ? s.held->captured : object{};
  auto made = connect(*s.connector, integration.name, there->settings, secrets, captured);
  if (!made)
    co_return std::move(made).error();
  s.connection = *std::move(made);
  co_return s;
}

std::string platform::random_text() {
  std::array<unsigned char, 32> bytes;
  random_.fill(bytes);
  return to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::vector<identity> quotas_of(const session& s) {
  return quotas_of(*s.connector, s.connection, own_quota(s));
}

task<result<platform::grant>> platform::take(session& s, const http_request& r) {
  const auto own = own_quota(s);
  // `conn.id` is whose account it is: that of the credential, whatever integration uses it.
  auto account = s.connection;
  (*account.settings.as<object>())["id"] = own.name;
  auto wanted = toll_of(*s.connector, account, r, s.asker);
  if (!wanted)
    co_return wanted.error();
  wanted->wanted.lease =
      longest_token_wait + longest_preparation + runtime::outbound::limits{}.total;
  wanted->wanted.patience = s.patience.answer;
  wanted->wanted.life_at = lives_since_;
  grant g{.asked = *std::move(wanted)};
  g.passage = passage{*s.connector, g.asked, own};
  const auto give_up = outside_.clock.steady() + s.patience.quota;
  while (const auto* gate = g.passage.next()) {
    auto answer = co_await runtime::ask<actors::quota>(outside_.host, gate->quota, gate->wanted);
    const auto left = std::chrono::duration_cast<span>(give_up - outside_.clock.steady());
    auto turn = g.passage.hear(std::move(answer), now(), left);
    tell(std::move(turn.told));
    if (!turn.refused)
      continue;
    if (turn.given_up)
      co_return *std::move(turn.refused);
    g.waited = true;
    if (!co_await outside_.timer.wait(*turn.refused->retry_after))
      co_return stopping();
  }
  for (const auto& gate : g.passage.gates())
    for (const auto& b : gate.granted.buckets)
      if (b.kind == protocols::quota::kind::sliding)
        g.paced.push_back({to_string(gate.quota) + ' ' + b.name, b.amount, b.period});
  for (;;) {
    const auto wait = pace_.begin(g.paced, outside_.clock.steady());
    if (wait == span{0})
      co_return g;
    g.waited = true;
    if (!co_await outside_.timer.wait(wait))
      co_return stopping();
  }
}

void platform::tell(std::vector<passage::word> words) {
  for (auto& [to, what] : words)
    std::visit([&, &to = to](
                   const auto& said) { outside_.host.ask<actors::quota>(to, said, [](auto&&) {}); },
               what);
}

void platform::give_back(session& s, grant& g, const http_response* answer) {
  pace_.end(g.paced, outside_.clock.steady());
  auto words = g.passage.leave(*s.connector, g.asked, answer, now());
  s.limited_by = g.passage.concerned(words);
  tell(std::move(words));
}

task<result<http_response>> platform::send_plainly(const session& s, http_request r) {
  r.url = by_gateway(s, std::move(r.url));
  const runtime::outbound::request request{r.method, r.url, r.headers, r.body};
  runtime::outbound::limits bounds;
  bounds.first_byte = s.patience.answer;
  auto answer = co_await outside_.web.send(request, std::move(bounds));
  if (!answer)
    co_return std::move(answer).error();
  co_return http_response{answer->status, std::move(answer->headers), std::move(answer->body)};
}

task<result<http_response>> platform::send(session& s, http_request r) {
  const auto as_asked = r;
  auto answer = co_await send_once(s, as_asked);
  if (!answer || !s.held || !auth_of(*s.connector, s.connection).method->wore_out(*answer))
    co_return answer;
  reject_token(s);
  const auto renewed = co_await use_credential(s, use::token);
  if (!renewed)
    co_return renewed.error();
  co_return co_await send_once(s, std::move(r));
}

task<result<http_response>> platform::send_once(session& s, http_request r) {
  const auto breaker_id = beside(s.integration, "breaker");
  const protocols::breaker::acquire may_i;
  const auto passed = co_await runtime::ask<actors::breaker>(outside_.host, breaker_id, may_i);
  if (!passed)
    co_return about(passed.error(), s.integration.name + " failed too often");
  auto granted = co_await take(s, r);
  if (!granted)
    co_return about(granted.error(), "the limit of " + s.integration.name);
  const instant when{now(), random_text()};
  result<void> proved;
  if (granted->waited && s.held)
    if (const auto renewed = co_await use_credential(s, use::token); !renewed)
      proved = renewed.error();
  if (proved)
    proved = authenticate(*s.connector, s.connection, s.held ? &*s.held : nullptr, r, when);
  if (!proved) {
    give_back(s, *granted, nullptr);
    co_return std::move(proved).error();
  }
  const auto begun = outside_.clock.steady();
  auto answer = co_await send_plainly(s, std::move(r));
  count(s, answer, std::chrono::duration_cast<span>(outside_.clock.steady() - begun));
  give_back(s, *granted, answer ? &*answer : nullptr);
  const protocols::breaker::report went{passed->epoch, healthy(answer)};
  outside_.host.ask<actors::breaker>(breaker_id, went, [](auto&&) {});
  if (answer)
    tell_lifetime(s, *answer);
  co_return answer;
}

void platform::throttled(const session& s, span wait) {
  auto concerned = s.limited_by;
  if (concerned.empty())
    concerned.push_back({own_quota(s), {}});
  for (const auto& [quota, buckets] : concerned)
    outside_.host.ask<actors::quota>(quota, protocols::quota::throttled{now() + wait, buckets},
                                     [](auto&&) {});
}

} // namespace tenon::actors::connectors
