// The `tests` block of a manifest, read.
#pragma once

#include "actors/integration/twin/twin.hpp"

namespace tenon::actors::connectors {

/// One stream's records and what its answers say beside them.
struct stream_samples {
  list records;          // as many as the twin has
  value around;          // members of every answer
  std::size_t given = 0; // of them are as `tests` has them, the others are made from these
  json_path changed{};   // where the time stands
  std::optional<pattern> change{};
  std::optional<pattern> gone{};
};

struct job_samples {
  std::size_t polls = 2; // that find it not done
  std::string pending{"in progress"};
  object created{}; // members of the answer that makes it
  object status{};  // of those that say how far it is
  object failure{}; // of one that says that it has failed
  object listed{};  // of each in the list of those that are there
};

struct action_samples {
  value record;                     // to try the action with; null: there is none
  value asked{};                    // what its requests' bodies are like, of several at one path
  value result;                     // members of the answer, or of each of its entries
  std::string into{};               // the stream that has what is written
  std::optional<json_path> by{};    // where its records and the items name what is the same
  std::optional<json_path> named{}; // in the items, where that is elsewhere
  std::optional<pattern> as{};      // an item as a record
  object refused{};                 // members of the entry of one that is refused
  struct asked_after {
    std::optional<json_path> by{};    // in an item: what the request names; else all are meant
    std::optional<json_path> items{}; // where the answer has them; else it is one
    std::optional<pattern> as{};
  };
  std::optional<asked_after> probe{};
};

/// What the platform sends to a hook, and asks of it.
struct hook_samples {
  connectors::inbound event{};               // without its address and proof
  std::string key{};                         // the platform's private one
  std::optional<connectors::inbound> asks{}; // the challenge; without its address
  value answered{};                          // what it wants to hear
  object subscribed{};                       // members of the answer that makes a subscription
};

/// A person's consent, beside what the manifest's `auth` says of it.
struct consent_samples {
  object after{};                 // what the account's own request is answered with
  object denied{};                // beside `error`, when the person says no
  unsigned status = 0;            // of a refused request for a token; 0: as RFC 6749 has it
  std::optional<pattern> refusal; // its body
};

struct samples {
  object config;
  object secrets;
  std::size_t max_page = 0; // 0: whatever is asked for
  object token;             // members of the answer that gives one
  value checked;            // the answer to `check`; null: as to any other request
  std::string checked_name; // what people are shown then
  object captured;          // what connecting would capture of that
  consent_samples consent;
  std::map<std::string, stream_samples, std::less<>> streams;
  std::map<std::string, job_samples, std::less<>> jobs;
  std::map<std::string, action_samples, std::less<>> actions;
  std::map<std::string, hook_samples, std::less<>> hooks;
  std::vector<error_sample> errors;
};

/// Another record like it: with its own key and addresses, and so much later.
void make_distinct(const stream&, const stream_samples&, value& record, std::int64_t number);
/// It has been changed at that time.
void set_times(value& record, const stream_samples&, moment at);

result<samples> read_samples(const manifest&, const twin_options&);

} // namespace tenon::actors::connectors
