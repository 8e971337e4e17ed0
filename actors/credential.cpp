#include "actors/credential.hpp"

#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"
#include "runtime/signing/signing.hpp"

#include <algorithm>
#include <utility>

namespace tenon::actors {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_secrets = 64;
constexpr std::size_t shortest_nonce = 32;
constexpr span first_pause = 1s;
constexpr span longest_pause = 5min;
// A token that is refused this soon was not worn out: fetching another may help no better.
constexpr span early = 1min;
// A person who is asked to log in and to allow something takes minutes; whoever found the address
// later must not come in by it.
constexpr span longest_way = 10min;

/// 1 s, 2 s, 4 s, … 5 min.
span pause_after(std::uint32_t failures) {
  constexpr std::uint32_t doublings = 9; // 512 s, beyond the longest
  return std::min(first_pause * (1 << std::min(failures, doublings)), longest_pause);
}

/// How long before its end a token is renewed: 30 s, or a tenth of a short life.
span skew(const credential::state& s) {
  return std::min<span>(30s, (*s.expires_at - s.obtained_at) / 10);
}

bool valid(const credential::state& s, moment now) {
  return !s.token.empty() && (!s.expires_at || now < *s.expires_at);
}

bool fresh(const credential::state& s, moment now) {
  if (s.token.empty() || !valid(s, now))
    return false;
  return s.renew_at ? now < *s.renew_at : !s.expires_at || now < *s.expires_at - skew(s);
}

/// Whether there is anything that a failed attempt must leave as it is.
bool holds_something(const credential::state& s) {
  return !s.token.empty() || !s.refresh_token.empty();
}

void drop_token(credential::state& s) {
  s.token.clear();
  s.expires_at.reset();
  s.renew_at.reset();
}

/// Whether a new secret leaves what is held as it is.
bool is_kept(const credential::state& s) {
  return s.connected || s.connecting;
}

std::string secrets_of(const credential::state& s) {
  const auto spec = spec_in(s.record);
  const auto* secrets = spec.find("secrets");
  return secrets ? write_json(*secrets) : "{}";
}

} // namespace

result<void> credential::check_spec(const value& written) {
  if (const auto read = protocols::from_value<spec>(written, "spec"); !read)
    return read.error();
  const auto* secrets = written.find("secrets");
  const auto* members = secrets ? secrets->as<object>() : nullptr;
  if (!members)
    return failure{code::malformed, "there are no secrets", "spec.secrets",
                   "Write an object of texts, such as {key: …} or {user: …, password: …}."};
  if (members->size() > most_secrets)
    return failure{code::too_large, "there are " + std::to_string(members->size()) + " secrets",
                   "spec.secrets", "Use at most " + std::to_string(most_secrets) + '.'};
  for (const auto& [name, secret] : *members)
    if (!secret.is<std::string>())
      return failure{code::malformed, "the secret is a " + std::string{secret.type_name()},
                     "spec.secrets." + name, "Write it as a text, in quotes."};
  return {};
}

value credential::status(const state& s) {
  object shown{{"token", s.reconnect       ? "to be connected"
                         : s.dead          ? "dead"
                         : s.acquiring     ? "being fetched"
                         : s.token.empty() ? "none"
                                           : "there"},
               {"refreshes", s.refreshes}};
  if (s.expires_at)
    shown["expires_at"] = *s.expires_at;
  if (!s.why.empty())
    shown["why"] = s.why;
  if (s.failures > 0 && !s.dead)
    shown["retry_at"] = s.retry_at;
  if (s.connects > 0) {
    const bool over = s.connect_ended == s.connects;
    object connection{{"number", s.connects},
                      {"state", s.connecting            ? "being fetched"
                                : !over                 ? "waiting for a person"
                                : s.connect_why.empty() ? "connected"
                                                        : "failed"}};
    if (over && !s.connect_why.empty())
      connection["why"] = s.connect_why;
    shown["connection"] = std::move(connection);
  }
  return shown;
}

credential::persisted credential::when_configured(persisted p, const state& s, const value&,
                                                  moment now) {
  return is_kept(s) ? std::move(p) : when_removed(std::move(p), s, now);
}

credential::persisted credential::when_removed(persisted p, const state& s, moment) {
  if (s.token.empty() || s.held.empty()) // who wants to be told has said so in what is held
    return p;
  return std::move(p).call(leave{secrets_of(s), s.token, s.held});
}

credential::decision<credential::use> credential::on(const state& s, const use& u, moment now) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  if (s.reconnect && (u.needs_token || u.to_ask))
    return refuse({code::forbidden,
                   "a person has to connect it: " + s.why,
                   {},
                   "Connect it, as with `tenon credential connect`, or configure new secrets."});
  if (!u.needs_token)
    return reply(usable{.secrets = secrets_of(s), .held = s.held, .configured = s.record.version});
  if (s.dead)
    return refuse({code::forbidden,
                   "the platform does not accept these secrets: " + s.why,
                   {},
                   "Configure the credential with secrets that the platform accepts."});
  const bool pending = !valid(s, now);
  usable given{.secrets = secrets_of(s),
               .token = pending ? std::string{} : s.token,
               .version = pending ? 0 : s.version,
               .pending = pending,
               .held = s.held,
               .configured = s.record.version};
  if (fresh(s, now) || s.acquiring)
    return reply(std::move(given));
  if (now < s.retry_at) {
    if (!pending)
      return reply(std::move(given));
    return refuse({code::unavailable,
                   "there is no token" + (s.why.empty() ? std::string{} : ": " + s.why),
                   {},
                   "It is fetched again by itself.",
                   s.retry_at - now});
  }
  auto secrets = given.secrets;
  return persist(acquiring{now})
      .call(acquire{.integration = u.integration,
                    .secrets = std::move(secrets),
                    .attempt = s.attempts + 1,
                    .refresh_token = s.refresh_token,
                    .held = s.held})
      .reply(std::move(given));
}

credential::decision<credential::rejected> credential::on(const state& s, const rejected& r,
                                                          moment now) {
  if (s.token.empty() || r.version != s.version)
    return ignore(); // about a token that is gone
  const bool soon = now - s.obtained_at < early;
  const bool again = soon && s.rejections > 0; // the first one is fetched anew at once
  return persist(invalidated{soon, again ? now + pause_after(s.rejections - 1) : now});
}

credential::decision<credential::cut_off> credential::on(const state& s, const cut_off& c, moment) {
  const bool present =
      c.configured == s.record.version && (c.version == 0 || c.version == s.version);
  if (!s.record.exists || !present || s.reconnect || s.connecting)
    return ignore();
  return persist(disconnected{c.why.empty() ? "the platform does not say why" : c.why});
}

credential::decision<credential::acquired> credential::on(const state& s, const acquired& a,
                                                          moment now) {
  if (!s.acquiring || a.attempt != s.attempts)
    return ignore(); // fetched with secrets that are no more
  const bool expired = a.expires_at && *a.expires_at <= now;
  if (a.why.empty() && !a.token.empty() && !expired)
    return persist(refreshed{.token = a.token,
                             .expires_at = a.expires_at,
                             .at = now,
                             .refresh_token = a.refresh_token,
                             .held = a.held,
                             .renew_at = a.renew_at});
  auto why = !a.why.empty() ? a.why
             : expired      ? std::string{"the token had expired when it came"}
                            : std::string{"the platform's answer holds no token"};
  failed event{std::move(why), a.dead || a.reconnect, now + pause_after(s.failures), a.reconnect};
  if (s.connecting)
    event.dead = event.reconnect = !holds_something(s);
  return persist(std::move(event));
}

credential::decision<credential::authorize> credential::on(const state& s, const authorize& c,
                                                           moment now) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  if (c.nonce.size() < shortest_nonce)
    return refuse(code::malformed, "the nonce can be guessed");
  return persist(authorizing{c.integration, c.redirect, c.nonce, c.verifier, now + longest_way})
      .reply(begun{s.connects + 1, now + longest_way});
}

credential::decision<credential::come_back> credential::on(const state& s, const come_back& c,
                                                           moment now) {
  const bool awaited =
      !s.nonce.empty() && runtime::signing::same(c.nonce, s.nonce) && now < s.connect_expires_at;
  if (!s.record.exists || !awaited)
    return refuse({code::conflict,
                   "this answer is not awaited: it was given before, came too late, or another "
                   "one was begun since",
                   {},
                   "Begin anew, as with `tenon credential connect`."});
  const taken answer{s.connects, s.integration};
  if (c.code.empty())
    return persist(came_back{c.why.empty() ? "the provider sent no code" : c.why}).reply(answer);
  return persist(came_back{})
      .call(acquire{.integration = s.integration,
                    .secrets = secrets_of(s),
                    .attempt = s.attempts + 1,
                    .code = c.code,
                    .verifier = s.verifier,
                    .redirect = s.redirect})
      .reply(answer);
}

void credential::apply(state& s, const configured& e) {
  resource::apply(s, e);
  if (is_kept(s)) { // what a person allowed is not lost with a new secret
    s.why.clear();
    s.dead = s.reconnect = false;
    s.failures = 0;
    s.retry_at = {};
    return;
  }
  s = {.record = s.record,
       .version = s.version,
       .attempts = s.attempts,
       .connects = s.connects,
       .connect_ended = s.connect_ended,
       .connect_why = s.connect_why,
       .nonce = s.nonce,
       .verifier = s.verifier,
       .integration = s.integration,
       .redirect = s.redirect,
       .connect_expires_at = s.connect_expires_at};
}

void credential::apply(state& s, const removed& e) {
  // Versions and attempts go on, so that late words about old tokens stay late.
  const auto version = s.version;
  const auto attempts = s.attempts;
  const auto connects = s.connects;
  resource::apply(s, e);
  s.version = version;
  s.attempts = attempts;
  s.connects = s.connect_ended = connects;
}

void credential::apply(state& s, const acquiring&) {
  s.acquiring = true;
  ++s.attempts;
}

void credential::apply(state& s, const refreshed& e) {
  s.acquiring = false;
  s.token = e.token;
  ++s.version;
  s.expires_at = e.expires_at;
  s.obtained_at = e.at;
  s.why.clear();
  s.failures = 0;
  s.retry_at = {};
  ++s.refreshes;
  s.refresh_token = e.refresh_token;
  s.held = e.held;
  s.renew_at = e.renew_at;
  if (std::exchange(s.connecting, false)) {
    s.connected = true;
    s.connect_ended = s.connects;
    s.connect_why.clear();
  }
}

void credential::apply(state& s, const failed& e) {
  s.acquiring = false;
  s.why = e.why;
  s.dead = e.dead;
  s.retry_at = e.retry_at;
  ++s.failures;
  s.reconnect = e.reconnect;
  if (std::exchange(s.connecting, false)) {
    s.connect_ended = s.connects;
    s.connect_why = e.why;
  }
  if (e.dead)
    drop_token(s);
  if (e.reconnect) {
    s.refresh_token.clear();
    s.held.clear();
    s.connected = false;
  }
}

void credential::apply(state& s, const invalidated& e) {
  drop_token(s);
  s.rejections = e.early ? s.rejections + 1 : 0;
  s.retry_at = e.retry_at;
  s.why = "the platform refused the last token";
}

void credential::apply(state& s, const authorizing& e) {
  ++s.connects;
  s.nonce = e.nonce;
  s.verifier = e.verifier;
  s.integration = e.integration;
  s.redirect = e.redirect;
  s.connect_expires_at = e.expires_at;
}

void credential::apply(state& s, const came_back& e) {
  s.nonce.clear();
  s.verifier.clear();
  if (!e.why.empty()) {
    s.connect_ended = s.connects;
    s.connect_why = e.why;
    return;
  }
  s.connecting = s.acquiring = true;
  ++s.attempts;
  s.dead = s.reconnect = false;
}

void credential::apply(state& s, const disconnected& e) {
  drop_token(s);
  s.refresh_token.clear();
  s.held.clear();
  s.acquiring = s.connected = false;
  s.dead = s.reconnect = true;
  s.why = e.why;
}

bool credential::holds(const state& s) {
  const bool blank = s.token.empty() && !s.acquiring && !s.dead && s.failures == 0;
  return actors::holds(s.record) && (s.record.exists || blank) &&
         (!s.dead || (s.token.empty() && !s.acquiring)) && (!s.acquiring || s.attempts > 0) &&
         (!s.token.empty() || (!s.expires_at && !s.renew_at)) && s.refreshes <= s.version &&
         (!s.reconnect || s.dead) && (!s.connecting || s.acquiring) &&
         s.connect_ended <= s.connects;
}

credential::metrics::metrics(runtime::meters& m)
    : refreshed{m.count("tenon_credential_tokens_total", "Tokens fetched, by outcome.",
                        {{"outcome", "fetched"}})},
      failed{m.count("tenon_credential_tokens_total", "Tokens fetched, by outcome.",
                     {{"outcome", "failed"}})},
      rejected{m.count("tenon_credential_rejections_total",
                       "Tokens that a platform refused before their end.")} {}

} // namespace tenon::actors
