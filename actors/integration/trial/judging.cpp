#include "actors/integration/trial/judging.hpp"

#include "runtime/outbound/message.hpp"

#include <algorithm>
#include <array>

namespace tenon::actors::connectors::trial {
namespace {

using runtime::outbound::examination;
using runtime::outbound::phase;

constexpr span ends_soon = std::chrono::days{30};
constexpr span a_day = std::chrono::days{1};

bool is_loopback(const url& u) {
  return u.host == "localhost" || u.host == "::1" || u.host == "[::1]" ||
         u.host.starts_with("127.");
}

std::string addresses_of(const examination& e) {
  std::string text;
  for (std::size_t i = 0; i < e.addresses.size() && i < 3; ++i)
    text += (i == 0 ? "" : ", ") + to_text(e.addresses[i]);
  if (e.addresses.size() > 3)
    text += " and " + std::to_string(e.addresses.size() - 3) + " more";
  return text;
}

void judge_end(const runtime::outbound::certificate& c, moment now, report& into) {
  const auto day = to_text(c.valid_until).substr(0, std::string_view{"2026-01-01"}.size());
  const auto days = (c.valid_until - now) / a_day;
  check made{.part = "tls", .name = "certificate's end"};
  if (c.valid_until <= now) {
    made.verdict = verdict::failed;
    made.detail = "it ended on " + day;
    made.remedy = "Ask the server's owner to renew it.";
  } else {
    made.detail = "in " + std::to_string(days) + " days, on " + day;
    if (c.valid_until - now < ends_soon) {
      made.verdict = verdict::warned;
      made.remedy = "See that it is renewed in time.";
    }
  }
  into.push_back(std::move(made));
}

void judge_tls(const examination& e, moment now, report& into) {
  const bool refused = e.trouble && runtime::outbound::phase_of(*e.trouble) == phase::tls;
  if (refused)
    into.push_back(failing("tls", e.shown ? "certificate" : "handshake", *e.trouble, e.handshake));
  else {
    into.push_back({.part = "tls",
                    .name = "handshake",
                    .detail = e.protocol + ", " + e.cipher,
                    .took = e.handshake});
    if (e.shown) {
      into.push_back({.part = "tls",
                      .name = "certificate chain",
                      .detail = "issued by " + e.shown->issuer + ", who is trusted"});
      into.push_back(
          {.part = "tls",
           .name = "host name",
           .detail = "it is for " + (e.shown->names.empty() ? e.shown->subject : e.shown->names)});
    }
  }
  if (e.shown)
    judge_end(*e.shown, now, into);
}

} // namespace

void judge_way(const examination& e, moment now, report& into) {
  const auto stopped = e.trouble ? runtime::outbound::phase_of(*e.trouble) : std::nullopt;
  if (e.trouble && e.addresses.empty()) {
    into.push_back(failing("address", "resolves", *e.trouble));
    return;
  }
  into.push_back({.part = "address",
                  .name = "resolves",
                  .detail = e.endpoint + " is " + addresses_of(e),
                  .took = e.lookup});
  if (e.trouble && stopped != phase::tls) {
    into.push_back(
        failing("address", stopped == phase::guard ? "is allowed" : "connects", *e.trouble));
    return;
  }
  into.push_back({.part = "address",
                  .name = "connects",
                  .detail = e.reached ? "to " + to_text(*e.reached) : "",
                  .took = e.connect});
  if (e.tls)
    judge_tls(e, now, into);
}

check judge_page(const std::string& stream, const page_outcome& came, const std::string& scopes) {
  check made{.part = "streams", .name = "stream " + stream};
  if (const auto* p = std::get_if<page>(&came)) {
    const auto records = p->records.size() + p->filtered;
    made.detail = records == 0 ? "it may be read; there is nothing in it now" : "it may be read";
    if (p->malformed.empty())
      return made;
    made.verdict = verdict::warned;
    made.detail = std::to_string(p->malformed.size()) +
                  " of its records make no sense: " + p->malformed.front().reason;
    made.remedy = "Compare the connector with what the platform sends.";
    return made;
  }
  const auto& said = std::get<connectors::verdict>(came);
  made = failing(made.part, made.name, said.why);
  if (said.classify == meaning::throttled) {
    made.verdict = verdict::warned;
    made.detail = "it could not be tried, the limit is used up: " + made.detail;
  } else if (said.classify == meaning::forbidden || said.why.code == code::forbidden) {
    made.detail = "it is not permitted: " + made.detail;
    made.remedy = scopes.empty()
                      ? "Give the account the permission to read " + stream + " at the platform."
                      : "Add what " + stream +
                            " needs to the scopes that are asked for (now: " + scopes +
                            "), then connect the credential again.";
  } else if (said.then == action::skip_stream || said.then == action::ok) {
    made.verdict = verdict::warned;
    made.detail = "the platform has nothing of it for this account: " + made.detail;
  }
  return made;
}

check judge_silence(const std::string& stream, const failure& why) {
  auto made = failing("streams", "stream " + stream, why);
  if (why.code == code::overloaded) {
    made.verdict = verdict::warned;
    made.detail = "it could not be tried: " + made.detail;
  }
  return made;
}

void judge_actions(const manifest& m, report& into) {
  if (m.actions.empty())
    return;
  const bool alone = m.actions.size() == 1;
  check made{.part = "actions",
             .name = alone ? "1 action" : std::to_string(m.actions.size()) + " actions",
             .verdict = verdict::skipped};
  made.detail = alone ? "not tried: it would write: " : "not tried: they would write: ";
  for (std::size_t i = 0; i < m.actions.size(); ++i)
    made.detail += (i == 0 ? "" : ", ") + m.actions[i].name;
  into.push_back(std::move(made));
}

void judge_limits(const manifest& m, const protocols::quota::standing& now_left,
                  const http_response* heard, moment now, report& into) {
  check declared{.part = "limits", .name = "known"};
  if (m.buckets.empty()) {
    declared.verdict = verdict::warned;
    declared.detail = "the connector declares no limits";
    declared.remedy = "Add what the platform allows to the connector's `limits`, so that syncs "
                      "share it instead of being refused.";
  } else {
    declared.detail = std::to_string(m.buckets.size()) + " declared by the connector";
  }
  const auto said = heard != nullptr ? observe(m.observe, heard->headers, now) : observation{};
  if (said.remaining)
    declared.detail += "; the platform says that " + std::to_string(*said.remaining) +
                       (said.limit ? " of " + std::to_string(*said.limit) : "") + " are left";
  into.push_back(std::move(declared));

  check left{.part = "limits", .name = "headroom", .verdict = verdict::skipped};
  left.detail = "nothing was taken from them yet";
  double least = 2;
  for (const auto& b : now_left.buckets) {
    const auto part = static_cast<double>(b.left) / std::max(1.0, double{1} * b.bucket.amount);
    if (b.bucket.kind == protocols::quota::kind::concurrency || part >= least)
      continue;
    least = part;
    const bool low = part < 0.1;
    left.verdict = low ? verdict::warned : verdict::passed;
    left.detail = std::to_string(b.left) + " of " + std::to_string(b.bucket.amount) +
                  " are left of " + b.bucket.name;
    left.remedy = low ? "Wait, let syncs run less often, or ask the platform for more." : "";
  }
  if (now_left.blocked_until_at > now) {
    left.verdict = verdict::warned;
    left.detail = "the platform asked everyone to wait until " + to_text(now_left.blocked_until_at);
    left.remedy = "Wait; if it happens often, lower the connector's limits.";
  }
  into.push_back(std::move(left));
}

namespace {

check judge_encryption(const setup& s) {
  check made{.part = "security", .name = "https"};
  if (s.reached.tls) {
    made.detail = "all that is sent is encrypted";
  } else if (is_loopback(s.reached)) {
    made.detail = "not encrypted, but it does not leave this machine";
  } else {
    made.verdict = verdict::warned;
    made.detail = "requests and secrets go to " + s.reached.host + " in clear text";
    made.remedy = "Use an address that begins with https.";
  }
  return made;
}

/// What the connector's own `tests` write into an integration is no secret, whatever it is called.
bool is_shown_by(const manifest& m, std::string_view name) {
  const auto* config = m.tests.find("config");
  const auto* members = config == nullptr ? nullptr : config->as<object>();
  return members != nullptr && members->find(name) != nullptr;
}

/// A name that people give to what nobody else should see.
bool sounds_secret(std::string_view name) {
  constexpr std::array<std::string_view, 5> words{"secret", "password", "token", "private_key",
                                                  "api_key"};
  return std::ranges::any_of(words, [&](auto w) { return name.find(w) != name.npos; });
}

check judge_secrets(const setup& s) {
  check made{.part = "security", .name = "secrets"};
  made.detail = "none is written into the integration";
  for (const auto& p : s.connector.parameters) {
    const auto* written = s.config.find(p.name);
    const bool meant = sounds_secret(p.name) && !is_shown_by(s.connector, p.name);
    if (written == nullptr || !(p.secret || meant))
      continue;
    made.verdict = verdict::warned;
    made.detail = "`config." + p.name + "` is shown to everybody who may read the integration";
    made.remedy = p.secret ? "Move it into a credential's secrets."
                           : "If it is a secret, declare it in the connector with `secret: true`, "
                             "and move it into a credential.";
    break;
  }
  return made;
}

check judge_hooks(const setup& s) {
  check made{.part = "security", .name = "webhooks"};
  made.detail = "who sends them is verified";
  if (s.connector.hooks.empty()) {
    made.verdict = verdict::skipped;
    made.detail = "the connector has none";
  }
  for (const auto& h : s.connector.hooks)
    if (h.verify == nullptr) {
      made.verdict = verdict::warned;
      made.detail = "anybody may send to the hook " + h.name;
      made.remedy = "Add `verify` to it, as the platform describes its signatures.";
    }
  return made;
}

check judge_version(const setup& s, moment now) {
  check made{.part = "security", .name = "API version"};
  const auto& m = s.connector;
  made.detail = m.api_version.empty() ? "the connector names none" : m.api_version;
  if (m.api_version.empty())
    made.verdict = verdict::skipped;
  if (!s.version_warning.empty()) {
    made.verdict = verdict::warned;
    made.detail = s.version_warning;
    made.remedy = "Apply a connector that speaks a newer version.";
  } else if (m.sunset && *m.sunset <= now) {
    made.verdict = verdict::warned;
    made.detail += " has ended";
    made.remedy = "Apply a connector that speaks a newer version.";
  }
  return made;
}

} // namespace

void judge_security(const setup& s, moment now, report& into) {
  into.push_back(judge_encryption(s));
  into.push_back(judge_secrets(s));
  into.push_back(judge_hooks(s));
  into.push_back(judge_version(s, now));
  if (!s.scopes.empty())
    into.push_back({.part = "security",
                    .name = "scopes",
                    .verdict = verdict::skipped,
                    .detail = "it asks for " + s.scopes +
                              "; whether fewer would do, the connector does not say"});
}

} // namespace tenon::actors::connectors::trial
