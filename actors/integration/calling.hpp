// An action that somebody calls and waits for: what has come of each record, and what `returns`
// makes of the platform's answer. It waits a moment for the quota and tries nothing for long: what
// passes is for whoever asks to try again.
//
// A sync that writes (actors/sync/destinations/connector.hpp) does the same by the same writer
// (actors/integration/writer.hpp), but it has a journal, and tries until it knows.
#pragma once

#include "actors/integration/platform.hpp"
#include "actors/integration/writing.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

inline constexpr std::size_t max_called = 1000; // records of one call

enum class fate : std::uint8_t {
  written,
  refused,
  uncertain, // it may have been written or not: the answer was lost
  untried,   // something else stood in the way before its turn came
};
std::string_view name_of(fate);

struct called {
  connectors::fate fate = fate::untried;
  failure why{};    // unless it is written
  value returned{}; // null: the action returns nothing
};

struct action_call {
  std::string action;
  std::vector<outgoing_record> records; // their effects are made of `key`
  std::string key; // names this call, the same whenever it is made again; empty: it never is
};

/// In the order of the records, as many. A failure: none of them was tried. `conflict` for an
/// action that cannot be called so.
runtime::task<result<std::vector<called>>> call_action(platform&, identity integration,
                                                       action_call);

} // namespace tenon::actors::connectors
