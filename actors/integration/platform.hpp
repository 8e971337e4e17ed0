// The way to a platform: everything between "this request, for that integration" and its answer. It
// reads what the integration and its connector say, gets the credential's proof, asks breaker and
// quota, sends, and tells them how it went. Which request, and what the answer means, is the
// interpreter's business (actors/integration/interpreter.hpp).
#pragma once

#include "actors/integration/health/watch.hpp"
#include "actors/integration/interpreter.hpp"
#include "actors/integration/pace.hpp"
#include "actors/integration/passage.hpp"
#include "actors/integration/sunset.hpp"
#include "runtime/clock.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/outbound/client.hpp"
#include "runtime/sealing/sealing.hpp"
#include "runtime/tasks/timer.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace tenon::actors::connectors {

/// What is outside of actors, for those who perform effects.
struct outside {
  runtime::host& host;
  runtime::outbound::client& web;
  runtime::timer& timer;
  const runtime::clock& clock;
  /// A connector that is shipped; null when none of that name is. A resource of the name goes
  /// first.
  std::function<std::shared_ptr<const manifest>(std::string_view name)> shipped{};
};

/// How long whoever asks waits: for the quota, and for an answer.
struct patience {
  span quota =
      std::chrono::seconds{60}; // a bucket that is empty for longer: the asker's own matter
  span answer = std::chrono::seconds{60};
};

/// An integration ready to be used for one request or a few.
struct session {
  identity integration;
  std::shared_ptr<const manifest> connector;
  connectors::connection connection;
  std::optional<holding> held;
  std::string credential; // its name; empty: none
  std::string through;    // the address of a gateway before the platform; empty: none
  std::uint64_t token_version = 0;
  std::uint64_t configured = 0; // the credential's version that the secrets are of
  connectors::asker asker{};    // to those who share its limits
  connectors::patience patience{};
  /// Whom it concerns if the platform refused its last request for load; none: all that the
  /// credential asks.
  std::vector<passage::concern> limited_by{};
};
/// All that count what its requests take.
std::vector<identity> quotas_of(const session&);

/// Where an address of the platform is asked: at the session's gateway, if it has one, whose path
/// then begins with the platform's host.
std::string by_gateway(const session&, std::string url);

/// The failure as it may be kept and shown: without what a platform repeated of our proofs.
failure covered(failure, const session&);
failure covered(failure, const acquisition&);

/// Whether the platform may have acted on a request that was not answered.
bool may_have_acted(const failure&);

class platform {
public:
  explicit platform(outside o) : outside_{o}, lives_since_{o.clock.now()} {}

  /// Waits, bounded, for a token that is being fetched. `spec`: of an integration that may have
  /// been removed since; else the present one.
  runtime::task<result<session>> enter(identity integration, asker who, std::string spec = {});
  /// The same without asking the credential for a token: to fetch one, or where none is needed.
  runtime::task<result<session>> enter_with(identity integration, object secrets);
  runtime::task<result<session>> enter_without_token(identity integration);

  /// Adds the credentials, keeps to breaker and quota, sends, reports. What comes back is whatever
  /// the platform said; a failure is what kept it from saying anything, with `retry_after` when
  /// waiting helps. A token may end while the quota makes it wait: then the session gets its next.
  /// Where the kind of proof says that what is held is worn out, it is renewed and asked once more.
  runtime::task<result<http_response>> send(session&, http_request);
  /// Past breaker and quota: for the request that fetches a token.
  runtime::task<result<http_response>> send_plainly(const session&, http_request);

  /// The connector of that name, the tenant's own or a shipped one; `not_found` when there is none.
  runtime::task<result<std::shared_ptr<const manifest>>> find_connector(std::string tenant,
                                                                        std::string name);

  /// The platform refused the session's token.
  void reject_token(const session&);
  /// The platform says that a person has to connect the account again: nobody asks it with this
  /// credential before that.
  void reconnect(const session&, const failure& why);
  /// The same where the connector's rules take the answer for saying so: for those who have no
  /// verdict that tells. `what` names what was asked. True when it does.
  bool heed(const session&, const http_response&, std::string_view what);
  /// The platform refused the session's last request for load: nobody asks before that, of those
  /// who take from the buckets that it concerns.
  void throttled(const session&, span wait);

  moment now() const { return outside_.clock.now(); }
  std::chrono::steady_clock::time_point steady() const { return outside_.clock.steady(); }
  runtime::host& host() const { return outside_.host; }
  /// False when the node is stopping.
  runtime::task<bool> rest(span time) { return outside_.timer.wait(time); }
  /// What was counted of the integration's requests is told to it now.
  void tell_counts(const identity& integration);
  runtime::outbound::client& web() const { return outside_.web; }
  /// 43 characters that nobody can guess.
  std::string random_text();

private:
  struct described {
    std::shared_ptr<const manifest> connector;
    object settings;
    std::string credential;
    std::string through;
  };
  struct compiled {
    std::uint64_t version = 0;
    std::shared_ptr<const manifest> connector;
  };

  /// What the quotas granted for one request.
  struct grant {
    toll asked{};
    connectors::passage passage{};
    std::vector<pace::rule> paced{};
    bool waited = false;
  };

  runtime::task<result<described>> describe(identity integration, std::string known_spec = {});
  enum class use : std::uint8_t { to_look, to_ask, token };
  /// The secrets of the session's credential; its token goes into the session, if it needs one.
  runtime::task<result<object>> use_credential(session&, use);
  runtime::task<result<http_response>> send_once(session&, http_request);
  runtime::task<result<grant>> take(session&, const http_request&);
  void tell(std::vector<passage::word>);
  /// It is over: its places are free again, and the quotas hear what the answer said.
  void give_back(session&, grant&, const http_response* answer);
  /// How it went, for the integration's health.
  void count(const session&, const result<http_response>&, span took);
  /// Of the API's version, to the integration, which says when somebody is to be warned.
  void tell_lifetime(const session&, const http_response&);

  outside outside_;
  moment lives_since_; // tells this life of the node from earlier ones
  runtime::system_entropy random_;
  pace pace_;
  sunset_watch sunsets_;
  health::watch watch_;
  std::mutex guard_;
  std::map<identity, compiled> compiled_; // by connector; as many as there are
};

} // namespace tenon::actors::connectors
