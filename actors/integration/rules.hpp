// What to do about an answer that is not a page of records: a connector's own rules in their order,
// then rules that are right for most of the web. The first that matches decides. APIs that answer
// 200 with an error inside are caught by rules on the body.
//
//   - {when: {status: [429, 503]}, do: wait, wait: header retry-after or exp(1s..5m)}
//   - {when: {status: 200, code: error.code==busy}, do: retry, max: 5, say: "{{body.error.text}}"}
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

enum class action : std::uint8_t {
  retry,        // ask again; it counts against `max`
  wait,         // the server asks for patience
  refresh_auth, // get a new token, then ask again
  skip_record,  // pass over this answer, and note it as malformed
  skip_stream,  // leave the stream for this run, without failing the sync
  ok,           // there is nothing: the stream ends here
  fail,
  reset_cursor, // forget where the stream was, and read it from its start
  split_batch,  // of what is written: ask again with half of it
  park,         // of what is written: keep the record aside for a person
  reconnect,    // the account has to be connected again by a person
};
std::string_view name_of(action);

enum class meaning : std::uint8_t {
  transient,
  throttled,
  auth_expired,
  auth_dead,
  forbidden,
  not_found,
  invalid,
  conflict,
  gone,
  deprecated,
  provider_down,
};
std::string_view name_of(meaning);
code code_of(meaning);

/// No wait is longer; a server that asks for more is asked again after this.
inline constexpr span longest_wait = std::chrono::hours{24};

/// How long to wait: the first of these that says something.
struct pause {
  struct step {
    enum class kind : std::uint8_t { header, exponential, constant, midnight };
    kind what{};
    std::string header{};
    std::optional<clock> as{}; // nothing: as Retry-After is written
    span least{};
    span most{};
  };
  std::vector<step> steps;

  /// `tries` counts this one, from 1; `seed` spreads the exponential waits of many askers.
  span after(unsigned tries, const headers&, moment now, std::uint64_t seed) const;
};

/// "header retry-after or exp(1s..5m)", "const 2s", "30s", "until_midnight" (UTC).
result<pause> compile_pause(std::string_view text);

struct condition {
  struct range {
    unsigned first;
    unsigned last;
  };
  struct comparison {
    json_path path;
    enum class kind : std::uint8_t { present, equal, unequal } how{};
    std::string text{};
  };

  std::vector<range> statuses;   // any of these; none: every status
  std::vector<comparison> codes; // any of these
  std::string contains;
  std::string header;
  std::optional<std::string> header_content; // contained in it, in any case

  bool matches(const http_response&, const json_text* body) const;
};

struct rule {
  condition when;
  action then = action::fail;
  pause wait;
  unsigned most = 0;    // times for one request; beyond that it fails
  bool bounded = false; // by a `max` of its own, instead of by whoever reads
  std::optional<program> say;
  meaning classify = meaning::invalid;
};

/// The connector's rules and, behind them, the general ones.
std::vector<rule> compile_rules(const value* rules, const std::string& where, problems&);

/// Null when the answer is a page.
const rule* first_match(const std::vector<rule>&, const http_response&, const json_text* body);

} // namespace tenon::actors::connectors
