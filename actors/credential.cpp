#include "actors/credential.hpp"

#include "protocols/binding.hpp"
#include "protocols/ensure.hpp"

#include <algorithm>

namespace tenon::actors {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_secrets = 64;
constexpr span first_pause = 1s;
constexpr span longest_pause = 5min;
// A token that is refused this soon was not worn out: fetching another may help no better.
constexpr span early = 1min;

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
  return !s.token.empty() && (!s.expires_at || now < *s.expires_at - skew(s));
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
  object shown{{"token", s.dead            ? "dead"
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
  return shown;
}

credential::decision<credential::use> credential::on(const state& s, const use& u, moment now) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  if (!u.needs_token)
    return reply(usable{.secrets = secrets_of(s)});
  if (s.dead)
    return refuse({code::forbidden,
                   "the platform does not accept these secrets: " + s.why,
                   {},
                   "Configure the credential with secrets that the platform accepts."});
  const bool pending = !valid(s, now);
  usable given{.secrets = secrets_of(s),
               .token = pending ? std::string{} : s.token,
               .version = pending ? 0 : s.version,
               .pending = pending};
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
      .call(acquire{u.integration, std::move(secrets), s.attempts + 1})
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

credential::decision<credential::acquired> credential::on(const state& s, const acquired& a,
                                                          moment now) {
  if (!s.acquiring || a.attempt != s.attempts)
    return ignore(); // fetched with secrets that are no more
  const bool expired = a.expires_at && *a.expires_at <= now;
  if (a.why.empty() && !a.token.empty() && !expired)
    return persist(refreshed{a.token, a.expires_at, now});
  auto why = !a.why.empty() ? a.why
             : expired      ? std::string{"the token had expired when it came"}
                            : std::string{"the platform's answer holds no token"};
  return persist(failed{std::move(why), a.dead, now + pause_after(s.failures)});
}

void credential::apply(state& s, const configured& e) {
  resource::apply(s, e);
  s = {.record = s.record, .version = s.version, .attempts = s.attempts};
}

void credential::apply(state& s, const removed& e) {
  // Versions and attempts go on, so that late words about old tokens stay late.
  const auto version = s.version;
  const auto attempts = s.attempts;
  resource::apply(s, e);
  s.version = version;
  s.attempts = attempts;
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
}

void credential::apply(state& s, const failed& e) {
  s.acquiring = false;
  s.why = e.why;
  s.dead = e.dead;
  s.retry_at = e.retry_at;
  ++s.failures;
  if (e.dead) {
    s.token.clear();
    s.expires_at.reset();
  }
}

void credential::apply(state& s, const invalidated& e) {
  s.token.clear();
  s.expires_at.reset();
  s.rejections = e.early ? s.rejections + 1 : 0;
  s.retry_at = e.retry_at;
  s.why = "the platform refused the last token";
}

bool credential::holds(const state& s) {
  const bool blank = s.token.empty() && !s.acquiring && !s.dead && s.failures == 0;
  return actors::holds(s.record) && (s.record.exists || blank) &&
         (!s.dead || (s.token.empty() && !s.acquiring)) && (!s.acquiring || s.attempts > 0) &&
         (!s.token.empty() || !s.expires_at) && s.refreshes <= s.version;
}

credential::metrics::metrics(runtime::meters& m)
    : refreshed{m.count("tenon_credential_tokens_total", "Tokens fetched, by outcome.",
                        {{"outcome", "fetched"}})},
      failed{m.count("tenon_credential_tokens_total", "Tokens fetched, by outcome.",
                     {{"outcome", "failed"}})},
      rejected{m.count("tenon_credential_rejections_total",
                       "Tokens that a platform refused before their end.")} {}

} // namespace tenon::actors
