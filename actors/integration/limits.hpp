// How much a connector may ask of its API: the buckets that every request takes from, and where the
// answers say how full they still are. Counting is the quota's business.
//
//   buckets:
//     - {key: "{{conn.id}}", kind: sliding, rate: 100/10s, reserve: {interactive: 20%}}
//     - {key: "{{conn.shop}}", rate: 40/1s}   of all credentials of the tenant with this shop
//     - {kind: concurrency, limit: 10}
//     - {kind: cost, max: 1000, restore: 50/1s, estimate: 20}
//     - {kind: daily, rate: 10000/1d, resets: "00:00 America/Los_Angeles", price: 1,
//        prices: [{match: {path: "*/search"}, price: 100}]}
//     - {kind: fixed, rate: 40000/1h, price: body quota.consumed,
//        observe: {remaining: header x-tokens-left}}
//     - {key: "{{conn.id}} {{body.model}}", kind: cost, max: 30000, restore: 30000/1m,
//        match: {path: ["*/chat", "*/embeddings"], method: POST},
//        estimate: "{{size / 4 + (body.max_tokens ?? 500)}}", price: body used.in + used.out}
//   observe:
//     limit: header x-limit                     how many there are, how many are left, when there
//     remaining: header x-remaining             are as many as at first, and of what time
//     reset: {header: x-reset, as: epoch_s}
//     window: {header: x-interval, as: delta_ms}
//     full: {header: x-full, as: duration}      instead of reset, where they come back evenly: when
//                                               all are back, which says how fast they come
//     usage: header x-usage                     used/limit, as in 18/5000
//     percent: {header: x-usage, json: ["*.*.calls", "*.*.time"], slow_at: 75, stop_at: 95,
//               regain: {json: "*.*.minutes", as: minutes}}
//     body: {available: cost.left, limit: cost.max, restore: cost.rate, cost: cost.actual}
//
// A key and an estimate may name the request's `body`, if it is JSON, and its `size` in bytes.
// What `observe` says is about the first bucket of a request that counts; `body` about those with a
// price.
#pragma once

#include "actors/integration/form/pattern.hpp"
#include "actors/integration/page/path.hpp"
#include "actors/integration/web/clock.hpp"
#include "actors/integration/web/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::actors::connectors {

enum class bucket_kind : std::uint8_t { token, fixed, sliding, concurrency, cost, daily };
std::string_view name_of(bucket_kind);

/// Which requests.
struct request_match {
  std::vector<std::string> paths;   // patterns; none: every path
  std::vector<std::string> methods; // none: every method

  bool matches(std::string_view method, std::string_view path) const;
};

/// A time that an answer says, in a header.
struct told_time {
  std::string header; // empty: not told
  clock as = clock::delta_s;
};

/// How much of a platform's patience is used up, in percent: the most of all it says.
struct percent_observer {
  std::string header;
  std::vector<json_path> json; // in the header
  int slow_at = 75;
  int stop_at = 95;
  std::optional<json_path> regain; // how long it takes until there is some again
  clock regain_as = clock::minutes;
};

/// What an answer's body says of points.
struct body_observer {
  std::optional<json_path> available;
  std::optional<json_path> limit;
  std::optional<json_path> restore; // in a second, as far as the bucket's period is one
  std::optional<json_path> cost;
};

struct observer {
  std::string limit; // the headers' names; empty: not told
  std::string remaining;
  std::string usage;
  told_time reset;
  told_time window;
  told_time full;
  std::vector<percent_observer> percent;
  body_observer body;
};

struct bucket {
  std::optional<program> key; // whose bucket it is: credentials that agree on it share it
  bucket_kind kind = bucket_kind::token;
  std::int64_t count = 0;
  span window{};             // zero for concurrency
  std::int64_t restored = 0; // cost: in each window
  std::string zone;          // daily: empty for any stretch of that length
  span starts{};             // daily: after midnight
  int kept_percent = 0;      // for those whom somebody waits for
  request_match match;

  std::int64_t price = 1; // of one request
  struct other_price {
    request_match match;
    std::int64_t price;
  };
  std::vector<other_price> prices;      // the first that matches goes before
  std::int64_t estimate = 1;            // until an answer has said what a request costs
  std::optional<program> estimated;     // of each request, instead of what answers have said
  std::vector<json_path> price_in_body; // what a request has cost: their sum
  std::optional<observer> observe;      // what answers say of this one

  /// Whether others may have the same key: it has nothing of `conn.id`, and all that it is made of
  /// is known. What is not known says nothing about who is the same.
  bool is_shared(const value& settings) const;
  /// What a request takes; 0: what answers have cost lately.
  std::int64_t price_of(std::string_view method, std::string_view path) const;
};

struct observation {
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  std::optional<moment> reset_at;
  std::optional<span> window{};
  std::optional<std::int64_t> restored{};

  bool operator==(const observation&) const = default;
};

/// How much of itself a limit should be from now on, and until when that holds.
struct strain {
  std::uint32_t per_mille = 1000; // 0: nobody asks
  moment until_at{};

  bool operator==(const strain&) const = default;
};

struct limits {
  std::vector<bucket> buckets;
  observer observe;
};
limits compile_limits(const value& said, const std::string& where, problems&);

/// What the answer says in its headers, and, of a bucket with points, in its body (null: it has
/// none).
observation observe(const observer&, const headers&, moment now);
observation observe(const body_observer&, const json_text&);
std::optional<strain> observe(const percent_observer&, const headers&, moment now);
/// What the request has cost; nothing when the answer has none of the places.
std::optional<std::int64_t> price_in(const std::vector<json_path>&, const json_text&);

} // namespace tenon::actors::connectors
