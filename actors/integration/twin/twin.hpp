// The provider twin: the platform's side of a connector, played from the manifest's `tests` block,
// so that a connector can be tried without the platform. It refuses what the platform would refuse:
// a wrong or worn-out proof, a missing version header, too large a page, more than the limit
// allows.
//
//   tests:
//     config: {portal: "123"}            # what the params are filled in with
//     secrets: {token: twin-secret}
//     max_page: 100                      # more at once is refused
//     token: {expires_in: 1800}          # members of the answer that gives a token
//     captured: {dc: us6}                # what connecting would capture, where the base needs it
//     consent:                           # by a person, where `auth` needs theirs
//       after: {data: {id: "7"}}         # what the request after the token is answered with
//       denied: {error_reason: user_denied}        # comes back with a no
//       refused: {status: 200, body: {ok: false, error: "{{error}}", message: "{{why}}"}}
//     streams:
//       contacts: {records: [{id: "1", properties: {email: a@example.com}}], count: 250,
//                  around: {ok: true},   # members of every answer beside the records
//                  changed: systemModstamp,      # where the time of its cursor stands as it is
//                  sent change: {file: "{{record}}"}, # how it is told of to those who have a token
//                  gone: {id: "{{record.id}}", deleted: true}}  # and when it was deleted
//     jobs:
//       bulk_contacts: {polls: 2, pending: InProgress,   # so often it is not done yet
//                       created: {object: Contact},      # members of the answer that makes it
//                       status: {apiVersion: 64},        # of those that say how far it is
//                       failure: {errorMessage: no rows},  # of one that says that it has failed
//                       listed: {state: InProgress}}     # of those that are found in a list
//     actions:
//       upsert_contacts: {record: {email: a@example.com}, result: {status: ok},
//                         asked: {q: "add * to a"},  # of several at one path, the one asked so
//                         into: contacts,  # the stream that has it afterwards
//                         by: properties.email, item: id,  # where both name what is the same
//                         as: {properties: "{{item.properties}}"},  # the item as such a record
//                         refused: {message: no},  # what is said of one item that is refused
//                         probe: {by: id, items: results, as: {id: "{{id}}"}}}  # to its probe
//     hooks:                             # what it sends: signed with the secrets above
//       events: {body: {event: {type: message}}, headers: {x-topic: a}, key: the platform's own,
//                challenge: {query: {hub.challenge: "1158"}, method: GET, answer: "1158"}}
//     check: {answer: {name: Acme}, name: Acme}  # of `check`, and what people are shown of it
//     errors:                            # answers that the platform gives, and what they mean
//       - {status: 429, headers: {Retry-After: "2"}, body: {message: slow down}, then: wait}
//
// It is pure: it is given requests as they would reach the platform, and the time.
#pragma once

#include "actors/integration/interpreter.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

/// An answer that the platform is known to give, with what the connector's rules make of it.
struct error_sample {
  unsigned status = 0;
  headers sent;
  std::string body;
  std::string then; // an action's name; "" when the sample is only for the twin to send
  std::string says; // what the message for people contains
};

/// What becomes of jobs.
enum class job_fate : std::uint8_t { done, fails, lasts };

struct twin_options {
  std::optional<std::size_t> count{};    // records in each stream, instead of what `tests` says
  std::optional<span> token_life{};      // instead of what `tests` says
  std::optional<std::size_t> max_page{}; // instead of what `tests` says
  bool limits = true;
  std::string auth{}; // one of the manifest's alternatives; empty: what nobody has to choose
  std::size_t refuse_every = 0; // of so many requests one, the first: it is too many
  span takes{};                 // how long a request is worked on, where those at once are counted
  std::string marked{};         // items with this text in them are refused
  job_fate jobs = job_fate::done;
};

/// What has been asked of a twin.
struct twin_ledger {
  std::uint64_t requests = 0;
  std::uint64_t pages = 0;
  std::uint64_t consents = 0;  // codes given to people who said yes
  std::uint64_t tokens = 0;    // given
  std::uint64_t refused = 0;   // for their proof
  std::uint64_t throttled = 0; // for the limit
  std::uint64_t impatient = 0; // asked again before the time that was told
  std::uint64_t written = 0;   // items of actions
  std::uint64_t repeated = 0;  // calls that were known by their idempotency key
  std::uint64_t jobs = 0;      // made
  std::uint64_t aborted = 0;
};

class twin {
public:
  /// A failure names the place in `tests`.
  static result<twin> make(std::shared_ptr<const manifest>, twin_options = {});
  ~twin();
  twin(twin&&) noexcept;

  http_response answer(const http_request&, moment now);

  /// What a connection to the twin is filled in with.
  const object& config() const;
  const object& secrets() const;
  const connectors::connection& connection() const;
  const twin_ledger& ledger() const;
  /// Every record of the stream, as the platform has it, in its order.
  const list& records(std::string_view stream) const;
  const std::vector<error_sample>& errors() const;
  /// What people are shown of the account that `check` asks for.
  const std::string& checked_name() const;
  /// A record that an action can be tried with; null when `tests` has none.
  const value& record_for(std::string_view action) const;
  /// What has been written, by the action's name, in order.
  const std::map<std::string, list, std::less<>>& written() const;

  /// What the platform sends to a hook at an address, with its proof; asked for again at the same
  /// time, it is the same delivery. A failure when `tests` has nothing for the hook.
  result<inbound> deliver(std::string_view hook, const std::string& address, moment now) const;
  /// What it asks of a hook before it sends anything, and what it wants to hear; nothing when it
  /// does not ask.
  std::optional<std::pair<inbound, value>> challenge(std::string_view hook,
                                                     const std::string& address) const;

  /// Whom it was asked to send its events to, and has not been told to stop.
  struct subscriber {
    std::string hook;
    std::string id;
    std::string address;
    moment until{}; // the epoch: it does not end
  };
  std::vector<subscriber> subscribers() const;
  /// The platform no longer sends there, and tells nobody.
  void drop_subscribers();

  /// Tokens that were given so far are worn out from now on.
  void wear_out_tokens();
  /// With which a person's consent of long ago is renewed; "": the platform has no such thing.
  const std::string& refresh_token() const;
  /// The platform has another record, or another content of one.
  void put(std::string_view stream, value record);
  /// It has more records, like those that `tests` has and changed at that time; how many.
  std::size_t grow(std::string_view stream, moment at);
  /// The stream in which what an action writes is read; "" when there is none.
  std::string kept_in(std::string_view action) const;

private:
  struct parts;
  explicit twin(std::unique_ptr<parts>);
  std::unique_ptr<parts> parts_;
};

} // namespace tenon::actors::connectors
