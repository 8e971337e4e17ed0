// One call after another of a connector's action, as one of several that may be under way at once:
// what is done when a call is refused, or its answer is lost.
//
// What may have been written although nobody said so is written again only where that does no harm
// or the platform can be asked. A platform that says that it has not happened is believed once: a
// second lost answer to the same record is left to a later attempt, which asks first again.
#pragma once

#include "actors/sync/destinations/connector_job.hpp"

namespace tenon::actors {

class connector_call {
public:
  connector_call(connectors::platform& p, connectors::session s)
      : platform_{p}, session_{std::move(s)} {}

  /// Writes them, from the first to where trouble begins. `in_doubt`: how it came that an attempt
  /// before may have written some of them; "" when none has.
  runtime::task<calls> write(connectors::writing, std::vector<connectors::outgoing_record>,
                             connectors::position tries, std::string in_doubt);

  /// With the newest token.
  const connectors::session& session() const { return session_; }

private:
  using records = std::vector<connectors::outgoing_record>;
  enum class doubt { settle, leave };

  runtime::task<calls> call(connectors::writing, records, connectors::position tries, doubt);
  runtime::task<calls> refuse_or_split(connectors::writing, records, failure, doubt);
  runtime::task<calls> split(connectors::writing, records, doubt);
  runtime::task<calls> ask_what_happened(connectors::writing, records, std::string how);
  runtime::task<calls> left_in_doubt(connectors::writing, records, source_trouble, doubt);

  connectors::platform& platform_;
  connectors::session session_;
};

/// What the trouble says of an attempt whose end nobody knows, and whether something says so.
std::string doubtful(const std::string& attempt);
bool is_doubtful(const std::string& attempt);

} // namespace tenon::actors
