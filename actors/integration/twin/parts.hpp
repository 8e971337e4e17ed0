// What a twin consists of; for its own files.
#pragma once

#include "actors/integration/twin/metering.hpp"
#include "actors/integration/twin/samples.hpp"
#include "actors/integration/twin/twin.hpp"

namespace tenon::actors::connectors {

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

  /// A job that was asked for.
  struct made_job {
    const job* what = nullptr;
    const stream* of = nullptr;         // that is read from it; or
    const operation* carries = nullptr; // that writes by it
    list made{};                        // of what it carried
    parameters bounds{};                // of the request that made it
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
  std::map<std::pair<std::size_t, std::string>, meter> meters{}; // by bucket and key
  std::map<std::string, made_job, std::less<>> made_jobs{};      // by id
  std::map<std::string, value, std::less<>> uploads{};           // by id
  std::map<std::string, wanted, std::less<>> subscribers{};      // the same
  std::size_t subscriptions = 0;                                 // ever made

  http_response answer(const http_request&, moment now);
  /// As the platform puts it, when `tests` says how; otherwise in the usual way.
  http_response refuse(const refusal&) const;

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
  std::optional<http_response> take_from_buckets(const asked&, moment now);
  void tell_limits(http_response&, const asked&, moment now);

  // What there is.
  http_response serve(const asked&, moment now);
  bool fits_path(const path_pattern&, const asked&) const;
  bool fits(const request_pattern&, const asked&) const;
  bool fits_stream(const stream&, const asked&) const;
  http_response page(const stream&, const stream& shape, const asked&, const parameters& bounds);
  http_response perform(const operation&, const asked&);

  // Who is told of events.
  std::optional<http_response> serve_subscriptions(const asked&, moment now, bool bare);
  bool asks(const request_pattern&, const value& words, const asked&) const;
  http_response subscribe(const hook&, const std::string& known, const asked&, moment now);
  http_response list_subscribers(const hook&) const;

  // What is worked on.
  std::optional<http_response> serve_file(const asked&);
  std::optional<http_response> serve_job(const asked&);
  http_response make_job(const stream&, const asked&);
  std::optional<http_response> serve_carrying_job(const operation&, const asked&);
  std::optional<http_response> carry(const operation&, const asked&);
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
