#include "actors/integration/effects.hpp"

#include "protocols/credential.hpp"
#include "protocols/ensure.hpp"
#include "protocols/integration.hpp"
#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

using runtime::task;

// A token is renewed this long before it ends. Spread by when it was fetched, so that tokens that
// were fetched together are not renewed together.
constexpr span renewed_before = std::chrono::seconds{30};
constexpr span::rep spread_ms = 10'000;

/// One effect is one task: from a request of the actor to the command it gets back.
template <class Request, class Outcome> class by_task : public runtime::performer {
public:
  by_task(platform& p, runtime::workers& w) : platform_{p}, workers_{w} {}

  void perform(runtime::effect e, std::function<void(blob)> outcome) final {
    auto asked = protocols::decode<Request>(e.request);
    ensure(asked.has_value(), "an effect's request cannot be read");
    const auto failed = [this, asked = *asked, outcome](const failure& f) {
      outcome(command_of(failed_with(asked, f)));
    };
    const auto started = runtime::start<Outcome>(
        workers_, carry_out(e.by, *asked), [outcome, failed](result<Outcome> done) {
          done ? outcome(command_of(*std::move(done))) : failed(done.error());
        });
    if (!started)
      failed(started.error());
  }

protected:
  virtual task<result<Outcome>> carry_out(identity by, Request) = 0;
  virtual Outcome failed_with(const Request&, const failure&) const = 0;
  static blob command_of(Outcome);

  platform& platform_;

private:
  runtime::workers& workers_;
};

template <>
blob by_task<protocols::credential::acquire, protocols::credential::acquired>::command_of(
    protocols::credential::acquired a) {
  return protocols::encode(protocols::credential::command{std::move(a)});
}

template <>
blob by_task<protocols::integration::probe, protocols::integration::checked>::command_of(
    protocols::integration::checked c) {
  return protocols::encode(protocols::integration::command{std::move(c)});
}

class token_fetcher final
    : public by_task<protocols::credential::acquire, protocols::credential::acquired> {
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
    const auto request = token_request(*session->connector, session->connection);
    if (!request)
      co_return request.error();
    if (!*request)
      co_return failure{code::malformed, "the connector fetches no token"};
    const auto answer = co_await platform_.send_plainly(*session, **request);
    if (!answer)
      co_return answer.error();
    const auto now = platform_.now();
    const span jitter{now.time_since_epoch().count() % spread_ms};
    const auto fetched =
        read_token(*session->connector, *answer, {.skew = renewed_before, .jitter = jitter}, now);
    if (!fetched)
      co_return covered(fetched.error(), *session);
    co_return wire::acquired{
        .attempt = asked.attempt, .token = fetched->text, .expires_at = fetched->expires_at};
  }

  wire::acquired failed_with(const wire::acquire& asked, const failure& f) const override {
    return {.attempt = asked.attempt,
            .why = f.why.empty() ? "unknown" : f.why,
            .dead = f.code == code::unauthenticated || f.code == code::malformed ||
                    f.code == code::forbidden};
  }
};

class prober final
    : public by_task<protocols::integration::probe, protocols::integration::checked> {
  using wire = protocols::integration;

public:
  using by_task::by_task;

private:
  task<result<wire::checked>> carry_out(identity by, wire::probe asked) override {
    auto session = co_await platform_.enter(by);
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
    if (!account)
      co_return covered(account.error(), *session);
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

std::unique_ptr<runtime::performer> probing(platform& p, runtime::workers& w) {
  return std::make_unique<prober>(p, w);
}

} // namespace tenon::actors::connectors
