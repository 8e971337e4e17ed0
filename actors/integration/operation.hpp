// The write side of a connector: one call of the platform for one record, or for a batch of them.
//
//   actions:
//     upsert_contacts:
//       mode: upsert                       # insert, update, upsert, delete or call
//       request: {post: /contacts/batch/upsert}
//       map: {id: "{{email}}", properties: "{{record}}"}     # a record as an item; else itself
//       batch: {max: 100, body: inputs, results: results, item_key: id}
//       idempotency: natural_key
//       returns: {hubspot_id: "{{result.id}}"}
//
// What is written twice must not happen twice. Update, upsert and delete name what they change, so
// they may be repeated. For insert and call, `idempotency` says why they may:
//
//   {header: Idempotency-Key}    the platform knows a call that it has seen by this header
//   natural_key, external_id     the platform refuses or merges a second one of the same key
//   custom_id                    the item carries `effect`, by which the platform knows it
//   {probe: {get: …, matches: "body.total > 0"}}    asked before a call with an unknown end is made
//                                again: whether it has happened; with `returns` of its own, over
//                                `body`, for what the lost answer would have said
//
// An action whose effect takes its platform a while has a `job` (actors/integration/job/job.hpp)
// instead of a request: records go into it together, and what it makes of each is found by
// `batch`'s item_key and result_key (actors/integration/writing_job.hpp).
//
// Without, a call whose answer was lost is `uncertain`: a person says whether it has happened.
// `returns` is what is kept of the answer: it goes to whoever makes one call and waits for it
// (actors/integration/calling.hpp), and a sync keeps it beside the record, for as long as it writes
// there: an action that writes the record again finds it as `returned`, as in
// `put: "/contacts/{{returned.hubspot_id}}"`. Its member `key` is what the platform calls the
// record, the `key` of actions that update or delete it later. Members that a later answer does not
// have stay. It knows `result`, what the answer says of the record, and also by its bare members;
// body, status, header.x_request_id, record, key and conn.
#pragma once

#include "actors/integration/job/job.hpp"
#include "actors/integration/request.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tenon::actors::connectors {

inline constexpr std::size_t max_actions = 200;

enum class write_mode : std::uint8_t { insert, update, upsert, erase, call };
std::string_view name_of(write_mode);

/// Several records in one call.
struct batch_rule {
  std::size_t max = 1;                   // records
  std::size_t max_bytes = 4u << 20;      // of the body
  json_path body{};                      // where in the request's body the items go
  bool as_lines = false;                 // JSON Lines instead of a list
  std::optional<json_path> results{};    // the answer's list, an entry for each item
  std::optional<json_path> item_key{};   // by which items and entries belong together; else: order
  std::optional<json_path> result_key{}; // the same in an entry, where it is another
  std::optional<json_path> errors{};     // a second list: entries of items that were refused
  std::optional<program> failed{};       // whether an entry of `results` is a refusal
  std::optional<program> say{};          // why
};

struct idempotency_rule {
  enum class kind : std::uint8_t {
    none,
    by_mode,
    header,
    natural_key,
    external_id,
    custom_id,
    probe
  };
  kind what = kind::none;
  std::string header{};
  std::optional<request_pattern> probe{};
  std::optional<program> matches{};
  std::optional<pattern> returns{}; // of the probe

  /// Whether a call whose end is unknown may be made again.
  bool repeats() const { return what != kind::none && what != kind::probe; }
};

struct operation {
  std::string name;
  write_mode mode = write_mode::call;
  request_pattern request;
  std::shared_ptr<const connectors::job> job; // instead of the request
  bool has_body = false;                      // of its own; otherwise the item is the body
  std::optional<pattern> map;
  batch_rule batch;
  idempotency_rule idempotency;
  std::optional<pattern> returns; // over `result`: what is kept beside the record
};

operation compile_operation(const std::string& name, const value&, const std::string& where,
                            const jobs&, problems&);

} // namespace tenon::actors::connectors
