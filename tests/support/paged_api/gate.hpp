// Who may ask, and how often: the vendor's keys, its OAuth tokens and its rate limit. Time is a
// parameter (nanoseconds on one steady clock), so the limit is exact: in no window of its length
// does it let more requests through than it allows.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace tenon::tests::paged_api {

using nanos = std::int64_t;

struct gate_rules {
  std::string key;       // Bearer, X-Api-Key or ?api_key=; empty: none
  std::string client_id; // of client_credentials; empty: no OAuth
  std::string client_secret;
  nanos token_ttl = 5'000'000'000;
  std::size_t requests = 0; // per window; 0: no limit
  nanos window = 1'000'000'000;
  std::uint64_t seed = 1;
};

class gate {
public:
  explicit gate(gate_rules rules) : rules_{std::move(rules)}, random_{rules_.seed} {}

  const gate_rules& rules() const { return rules_; }
  bool open() const { return rules_.key.empty() && rules_.client_id.empty(); }

  struct grant {
    std::string token;
    std::int64_t number = 0; // counts from 1: how many tokens were granted so far
  };
  /// Absent when the client is not the one known.
  std::optional<grant> issue(std::string_view id, std::string_view secret, nanos now);

  /// The number of the token shown, 0 for the key, absent when neither is good now.
  std::optional<std::int64_t> recognise(std::string_view credential, nanos now);

  struct admission {
    bool admitted = true;
    std::size_t remaining = 0;
    nanos wait = 0; // until the next request would be admitted; 0 when one would be now
  };
  admission admit(nanos now);

private:
  struct token {
    std::int64_t number;
    nanos expires;
  };

  gate_rules rules_;
  std::mt19937_64 random_;
  std::map<std::string, token, std::less<>> tokens_; // expired ones leave when one is issued
  std::int64_t issued_ = 0;
  std::deque<nanos> admitted_; // of the last window
};

} // namespace tenon::tests::paged_api
