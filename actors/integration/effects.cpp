#include "actors/integration/effects.hpp"

#include "actors/integration/auth/held.hpp"
#include "actors/integration/by_task.hpp"
#include "protocols/credential.hpp"
#include "protocols/ensure.hpp"
#include "protocols/integration.hpp"
#include "protocols/json.hpp"
#include "runtime/telemetry/log.hpp"

namespace tenon::actors::connectors {
namespace {

using runtime::task;

// A token is renewed this long before it ends. Spread by when it was fetched, so that tokens that
// were fetched together are not renewed together.
constexpr span renewed_before = std::chrono::seconds{30};
constexpr span::rep spread_ms = 10'000;
constexpr span longest_farewell = std::chrono::seconds{10};
constexpr std::size_t most_steps = 16; // of one conversation with a provider

class token_fetcher final : public by_task<protocols::credential, protocols::credential::acquire,
                                           protocols::credential::acquired> {
  using wire = protocols::credential;

public:
  using by_task::by_task;

private:
  task<result<wire::acquired>> carry_out(identity by, wire::acquire asked) override {
    const auto written = read_json(asked.secrets);
    const auto* secrets = written ? written->as<object>() : nullptr;
    // Named, not written into the call: GCC 12 mishandles aggregate temporaries of an awaiting
    // statement (runtime/tasks/task.hpp).
    const identity integration{by.tenant, "integration", asked.integration};
    const object known = secrets ? *secrets : object{};
    const auto session = co_await platform_.enter_with(integration, known);
    if (!session)
      co_return session.error();
    acquisition so_far;
    so_far.before.refresh_token = asked.refresh_token;
    read_held(asked.held, so_far.before);
    so_far.code = asked.code;
    so_far.verifier = asked.verifier;
    so_far.redirect = asked.redirect;
    const span jitter{platform_.now().time_since_epoch().count() % spread_ms};
    so_far.ahead = {.skew = renewed_before, .jitter = jitter};
    const bool renewing = !asked.refresh_token.empty();
    const auto walked = co_await walk(*session, so_far);
    if (!walked) {
      auto told = failed_with(asked, covered(covered(walked.error(), *session), so_far));
      told.reconnect = so_far.reconnect;
      // An answer that makes no sense says nothing about a refresh token that was good.
      told.dead = told.reconnect || walked.error().code == code::unauthenticated ||
                  (told.dead && !renewing);
      co_return told;
    }
    const auto farewell = leave_request(*session->connector, session->connection, so_far.made);
    const bool says_farewell = farewell && *farewell;
    co_return wire::acquired{.attempt = asked.attempt,
                             .token = so_far.made.token,
                             .expires_at = so_far.made.expires_at,
                             .refresh_token = so_far.made.refresh_token,
                             .held = to_text(so_far.made, says_farewell ? asked.integration : ""),
                             .renew_at = so_far.made.renew_at};
  }

  /// Asks and hears until the connector has nothing more to ask.
  task<result<void>> walk(const session& s, acquisition& so_far) {
    for (std::size_t step = 0; step < most_steps; ++step) {
      const instant when{platform_.now(), platform_.random_text()};
      const auto request = next_request(*s.connector, s.connection, so_far, when);
      if (!request)
        co_return request.error();
      if (!*request && step == 0)
        co_return failure{code::malformed, "the connector fetches no token"};
      if (!*request)
        co_return result<void>{};
      const auto answer = co_await platform_.send_plainly(s, **request);
      if (!answer)
        co_return answer.error();
      const instant heard{platform_.now(), when.nonce};
      if (auto ok = hear_answer(*s.connector, s.connection, *answer, so_far, heard); !ok)
        co_return ok;
    }
    co_return failure{code::malformed, "the provider is asked without end", "auth"};
  }

  wire::acquired failed_with(const wire::acquire& asked, const failure& f) const override {
    return {.attempt = asked.attempt,
            .why = f.why.empty() ? "unknown" : f.why,
            .dead = f.code == code::unauthenticated || f.code == code::malformed ||
                    f.code == code::forbidden};
  }
};

/// Says once that a token is given up. Nobody waits for it, and nothing hangs on what comes of it.
class leaver final : public by_task<protocols::credential, protocols::credential::leave,
                                    protocols::credential::left> {
  using wire = protocols::credential;

public:
  using by_task::by_task;

private:
  task<result<wire::left>> carry_out(identity by, wire::leave asked) override {
    const auto told = co_await tell(by, asked);
    wire::left done;
    if (!told) {
      done.why = told.error().why;
      runtime::log::warn("credential.not_logged_out",
                         {{"credential", to_string(by)}, {"why", done.why}});
    }
    co_return done;
  }

  task<result<void>> tell(const identity& by, const wire::leave& asked) {
    const identity integration{by.tenant, "integration", read_told_by(asked.held)};
    if (integration.name.empty())
      co_return result<void>{};
    const auto written = read_json(asked.secrets);
    const auto* secrets = written ? written->as<object>() : nullptr;
    const object known = secrets ? *secrets : object{};
    auto session = co_await platform_.enter_with(integration, known);
    if (!session)
      co_return session.error();
    session->patience.answer = longest_farewell;
    holding given_up{.token = asked.token};
    read_held(asked.held, given_up);
    const auto request = leave_request(*session->connector, session->connection, given_up);
    if (!request || !*request)
      co_return request ? result<void>{} : result<void>{request.error()};
    const auto answer = co_await platform_.send_plainly(*session, **request);
    if (!answer)
      co_return covered(answer.error(), *session);
    if (answer->status >= 400)
      co_return failure{code::unavailable, "it answered " + std::to_string(answer->status)};
    co_return result<void>{};
  }

  wire::left failed_with(const wire::leave&, const failure& f) const override {
    return {.why = f.why};
  }
};

class prober final : public by_task<protocols::integration, protocols::integration::probe,
                                    protocols::integration::checked> {
  using wire = protocols::integration;

public:
  using by_task::by_task;

private:
  task<result<wire::checked>> carry_out(identity by, wire::probe asked) override {
    const asker somebody; // who waits for the outcome
    auto session = co_await platform_.enter(by, somebody);
    if (!session)
      co_return session.error();
    const auto request = check_request(*session->connector, session->connection, platform_.now());
    if (!request)
      co_return request.error();
    if (!*request)
      co_return failure{code::malformed, "the connector has no check"};
    const auto answer = co_await platform_.send(*session, **request);
    if (!answer)
      co_return answer.error();
    const auto account =
        read_check(*session->connector, session->connection, *answer, platform_.now());
    if (!account) {
      platform_.heed(*session, *answer, "check");
      co_return covered(account.error(), *session);
    }
    co_return wire::checked{.number = asked.number, .succeeded = true, .account = *account};
  }

  wire::checked failed_with(const wire::probe& asked, const failure& f) const override {
    return {.number = asked.number, .succeeded = false, .why = f.why};
  }
};

} // namespace

std::unique_ptr<runtime::performer> token_fetching(platform& p, runtime::workers& w) {
  return std::make_unique<token_fetcher>(p, w);
}

std::unique_ptr<runtime::performer> leaving(platform& p, runtime::workers& w) {
  return std::make_unique<leaver>(p, w);
}

std::unique_ptr<runtime::performer> probing(platform& p, runtime::workers& w) {
  return std::make_unique<prober>(p, w);
}

} // namespace tenon::actors::connectors
