// A connector is data: what an API's address is, how to prove who asks, how much may be asked, what
// its errors mean and how each stream of records is read. Here a manifest becomes a model in which
// every path and expression is compiled; actors/integration/interpreter.hpp runs it.
//
//   connector  base  params  auth  limits  errors  check  streams  actions  jobs  hooks  tests
#pragma once

#include "actors/integration/auth/method.hpp"
#include "actors/integration/decode/decoder.hpp"
#include "actors/integration/hooks/hook.hpp"
#include "actors/integration/job/job.hpp"
#include "actors/integration/limits.hpp"
#include "actors/integration/operation.hpp"
#include "actors/integration/page/progress.hpp"
#include "actors/integration/pagination/pager.hpp"
#include "actors/integration/partition/partition.hpp"
#include "actors/integration/request.hpp"
#include "actors/integration/rules.hpp"
#include "actors/integration/schema.hpp"
#include "actors/integration/web/url.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

inline constexpr std::size_t max_streams = 200;
inline constexpr std::size_t max_key_fields = 8;

/// What whoever connects has to fill in.
struct parameter {
  std::string name;
  std::string title;
  bool secret = false;
  bool required = true;
  value fallback{};
  std::string expected{};         // a regular expression, for messages
  std::optional<program> check{}; // the same, compiled
  /// By which alternatives of the proof it is needed; the others can do without. Empty: by any.
  std::vector<std::string> needed_by{};
};

/// When a record counts as deleted: a field that is there and neither null, false nor empty, or a
/// condition.
struct deletion {
  std::optional<json_path> field;
  std::optional<program> condition;
};

/// A runaway stream stops here with a failure instead of running for ever.
struct cap {
  std::uint64_t pages = 100'000;
  std::uint64_t records = 100'000'000;
  /// What the platform gives in answer to one query, however long it is paged through: after that
  /// many, the stream is asked for anew, from the newest that was seen. 0: there is no such end.
  std::uint64_t rows = 0;
};

/// Asked before a stream is read in full for the first time, for the token to go on from
/// afterwards.
struct token_start {
  request_pattern request;
  json_path path;
};

struct stream {
  std::string name;
  request_pattern request;
  std::shared_ptr<const connectors::job> job; // what is read is made by it; then `request` reads it
  const decoder* decode = &json_decoder;
  bool unpack = false; // bodies are gzip
  json_path records;
  bool records_optional = false;   // an answer without them is an empty page
  std::optional<json_path> expand; // each item of that list is a record; it is the `outer` one
  std::optional<pattern> add;      // members that a record has not itself
  std::optional<program> keep;
  std::optional<pattern> map;
  std::vector<json_path> key;
  std::optional<deletion> deleted;
  std::shared_ptr<const pager> page;   // null: one page is all
  std::optional<progress_rule> cursor; // none: read in full every time
  std::optional<token_start> start;
  std::shared_ptr<const stream> changes;  // how it is read with a token, where that differs
  std::shared_ptr<const partition> parts; // null: the stream is one part
  std::size_t group = 0;                  // parts asked for at once; 0: one, as itself
  std::vector<declared_field> schema;     // empty: nothing is said
  connectors::cap cap;
};

/// A request that proves that the credentials work.
struct proof {
  request_pattern request;
  std::optional<program> name; // of the account, for people
};

struct manifest {
  std::string name;
  std::string title;
  std::string docs;
  std::string category;
  std::string api_version;      // of the platform's
  std::optional<moment> sunset; // when that one ends
  std::int64_t version = 1;
  std::vector<parameter> parameters;

  std::optional<program> base;
  // Instead of it, by what the account's config calls its `environment`.
  std::vector<std::pair<std::string, program>> environments;
  std::vector<std::string> hosts;                       // that may be asked beside the base's own
  std::vector<std::pair<std::string, program>> headers; // on every request

  std::string auth_kind; // that nobody has to choose
  std::shared_ptr<const method> auth;
  // Instead of it, by what the account's config calls its `auth`.
  connectors::alternatives alternatives;
  std::vector<bucket> buckets;
  observer observe;
  std::vector<rule> rules;
  std::optional<proof> check;
  connectors::jobs jobs;
  std::vector<stream> streams;
  std::vector<operation> actions;
  std::vector<hook> hooks;
  value tests; // recorded exchanges, as written

  /// The way to prove who asks that the account's config chooses.
  compiled_auth auth_for(const object& settings) const;
  const stream* find_stream(std::string_view name) const;
  const hook* find_hook(std::string_view name) const;
  const operation* find_action(std::string_view name) const;
};

struct compilation {
  std::optional<connectors::manifest> manifest; // when there is no error
  std::vector<failure> errors;                  // up to problems::most
  std::size_t count = 0;                        // of all errors
};

/// Everything that is wrong, each with its dotted path, why, and what to do.
compilation check_manifest(const value&);

/// The first error; its sentence says how many more there are.
result<manifest> compile_manifest(const value&);

} // namespace tenon::actors::connectors
