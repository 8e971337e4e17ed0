// What a twin consists of; for its own files.
#pragma once

#include "actors/integration/twin/metering.hpp"
#include "actors/integration/twin/samples.hpp"
#include "actors/integration/twin/twin.hpp"

namespace tenon::actors::connectors {

/// What a request says, each text by its place in it.
using twin_texts = std::map<std::string, std::string, std::less<>>;
void flatten(const std::string& at, const value&, twin_texts& into);
/// What the connector would say there.
twin_texts texts_of(const request_pattern&, const scope&);

struct twin::parts {
  struct refusal {
    unsigned status;
    std::string why;
    headers sent{};
  };
  /// A request taken apart once.
  struct asked {
    const http_request& whole;
    url target;
    parameters query;
    value body;
  };

  /// Between which values of a stream's cursor records are wanted, both included.
  struct reach {
    std::optional<std::int64_t> from{};
    std::optional<std::int64_t> to{};
    std::size_t differs = 0; // texts in the request that the connector would not say
  };
  /// A record as the connector reads it.
  struct seen_record {
    std::string key{};
    std::optional<std::int64_t> at{}; // its cursor's field
    bool deleted = false;
  };
  /// What is known of a stream's records beside them.
  struct shelf {
    std::vector<std::optional<std::int64_t>> times{}; // of each, as far as they are known
    std::map<std::string, std::uint64_t, std::less<>> changed{}; // the latest change, by key
    std::vector<std::pair<std::uint64_t, value>> gone{};
    std::optional<value> like{}; // what keys look like here
    std::uint64_t given = 0;     // keys, so far
  };

  /// A job that was asked for.
  struct made_job {
    const job* what = nullptr;
    const stream* of = nullptr;         // that is read from it; or
    const operation* carries = nullptr; // that writes by it
    list made{};                        // of what it carried
    reach wanted{};                     // by the request that made it
    object sent{};                      // its body's members
    std::size_t times_asked = 0;
    bool done = false;
    bool aborted = false;
  };

  /// Somebody who wants events.
  struct wanted {
    const hook* what = nullptr;
    std::string address{};
    object sent{}; // the body's members
    moment until{};
  };

  /// A person's yes.
  struct grant {
    std::string redirect{};
    std::string challenge{}; // of PKCE
    moment until{};
    bool used = false;
  };

  std::shared_ptr<const manifest> connector;
  std::shared_ptr<const method> proof; // of those of the connector
  connectors::samples samples;
  connectors::connection connection;
  twin_options options;
  twin_ledger ledger{};
  std::vector<std::pair<holding, moment>> held{}; // what was given, and when it ends
  std::deque<acquisition> conversations{};        // on the way to something to hold
  std::deque<std::string> renewals{};             // refresh tokens that are good, the newest last
  std::string refresh_token{};                    // the newest
  std::string first_renewal{};                    // what they are called after; "": there are none
  std::map<std::string, grant, std::less<>> grants{}; // by code
  std::map<std::string, http_response, std::less<>> known_calls{};
  std::map<std::string, list, std::less<>> written{};
  std::map<std::string, shelf, std::less<>> shelves{};
  std::uint64_t changes = 0;                                     // of all records
  std::map<std::pair<std::size_t, std::string>, meter> meters{}; // by bucket and key
  std::map<std::string, made_job, std::less<>> made_jobs{};      // by id
  std::map<std::string, value, std::less<>> uploads{};           // by id
  std::map<std::string, wanted, std::less<>> subscribers{};      // the same
  std::size_t subscriptions = 0;                                 // ever made

  std::map<std::pair<std::size_t, std::string>, std::vector<moment>> busy{}; // ends of what is on
  std::size_t turns = 0;
  moment quiet_until{}; // as it was told to those who ask too much

  http_response answer(const http_request&, moment now);
  /// As the platform puts it, when `tests` says how; otherwise in the usual way.
  http_response refuse(const refusal&) const;
  const error_sample* sample_for(unsigned status) const;
  http_response throttle(span wait, bool points, moment now);

  // Who may ask, and how often.
  std::optional<http_response> serve_consent(const asked&, moment now);
  std::optional<http_response> give_token(const asked&, moment now);
  std::optional<http_response> take_code(const asked&, moment now);
  std::optional<http_response> refuse_renewal(const asked&, moment now);
  http_response go_on(acquisition, const http_request& expected, moment now);
  void give_renewal(const acquisition&, object& answer);
  http_response refuse_token(unsigned status, std::string_view error, std::string_view why) const;
  std::optional<refusal> check_proof(const asked&, moment now) const;
  std::optional<refusal> check_headers(const asked&, moment now) const;
  std::optional<http_response> take_turn(const asked&, moment now);
  std::optional<http_response> take_from_buckets(const asked&, moment now);
  void tell_limits(http_response&, const asked&, moment now);

  // What there is.
  http_response serve(const asked&, moment now);
  std::optional<http_response> read_streams(const asked&, moment now);
  const operation* action_asked(const asked&) const;
  bool fits_path(const path_pattern&, const asked&) const;
  bool fits(const request_pattern&, const asked&) const;
  bool fits_stream(const stream&, const asked&) const;
  http_response page(const stream&, const stream& shape, const asked&, const reach&);
  http_response perform(const operation&, const asked&, moment now);
  /// What an action uploads, with what is said of it; nothing when the action uploads nothing.
  std::optional<result<value>> upload_in(const operation&, const asked&) const;
  bool is_marked(const value& item) const;
  /// What is said of an item that was written, or was refused.
  value result_of(const operation&, const value& item, std::string id, bool refused) const;
  std::optional<http_response> serve_check(const asked&) const;
  std::optional<http_response> serve_probe(const asked&) const;

  // What of it has changed.
  static twin_texts texts_in(const asked&);
  reach reach_of(const stream&, const request_pattern&, const asked&, moment now) const;
  seen_record read_as(const stream&, const value& raw) const;
  const std::vector<std::optional<std::int64_t>>& times_of(const stream&);
  list within(const stream&, const reach&);
  list changed_after(const stream&, std::uint64_t change);

  // What is kept of what is written.
  void place_actions();
  void touch(const stream&, std::size_t index);
  void put(const stream&, value record);
  std::size_t grow(const stream&, moment at);
  /// The key by which a request names what it is about.
  std::optional<std::string> key_said(const operation&, const asked&, moment now) const;
  std::optional<std::size_t> meant(const operation&, const stream&, const action_samples&,
                                   const asked&, const value& item, moment now) const;
  /// The record's key; "" when no stream has it, and nothing when it should be there and is not.
  std::optional<std::string> keep(const operation&, const asked&, const value& item, moment now);
  const value& key_shape(const stream&);
  std::string erase(const stream&, std::size_t index, moment now);

  // Who is told of events.
  std::optional<http_response> serve_subscriptions(const asked&, moment now, bool bare);
  bool asks(const request_pattern&, const value& words, const asked&) const;
  http_response subscribe(const hook&, const std::string& known, const asked&, moment now);
  http_response list_subscribers(const hook&) const;

  // What is worked on.
  std::optional<http_response> serve_file(const asked&, moment now);
  std::optional<http_response> serve_job(const asked&, moment now);
  http_response make_job(const stream&, const asked&, moment now);
  std::optional<http_response> serve_carrying_job(const operation&, const asked&, moment now);
  std::optional<http_response> carry(const operation&, const asked&, moment now);
  http_response results_of(const made_job&) const;
  http_response list_jobs(const job&) const;
  http_response tell_state(made_job&, const std::string& id);
  bool is_about(const request_pattern&, const made_job&, const std::string& id, const asked&) const;
};

/// What is not said as it has to be; "": all is.
std::string difference(const http_request& expected, const http_request& came);
/// The named parameters of a body.
parameters said_in_body(const http_request&);
/// Whether it goes to the same address, whatever it says.
bool goes_there(const http_request& expected, const std::string& method, const url& target);

http_response json_answer(const value& body, unsigned status = 200, headers more = {});
parameters query_of(const url&);
parameters decoded_form(std::string_view text);

} // namespace tenon::actors::connectors
