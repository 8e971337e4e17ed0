// Writing with a connector's action, purely: which call carries these records, and what the answer
// says about each. Whoever drives it owns the connection, the clock and the journal.
//
// A call that the platform refuses as a whole because of what it holds is asked for again in
// halves, until the record at fault stands alone: it is refused, the others are written.
#pragma once

#include "actors/integration/interpreter.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tenon::actors::connectors {

/// One record on its way out.
struct outgoing_record {
  std::string key;
  blob json;           // an object; of a deletion, its last content
  std::string effect;  // names this writing of this record, the same whenever it is tried again
  blob returned{};     // an object: what was returned when it was last written; empty: nothing
  std::string there{}; // what the platform calls it, if that is another key

  /// The `key` of expressions.
  const std::string& name() const { return there.empty() ? key : there; }
};

/// What an action is, for whose connection.
struct writing {
  const manifest& connector;
  const operation& action;
  const connectors::connection& connection;
};

struct item_outcome {
  bool written = false;
  failure why{};        // when it is not
  value returned{};     // what `returns` makes of the platform's answer
  bool unknown = false; // nobody knows whether it is written
};

/// In the order of the records; as many.
using item_outcomes = std::vector<item_outcome>;

/// The whole call has another end: what to do is in the verdict, `split_batch` included.
using write_outcome = std::variant<item_outcomes, verdict>;

/// A record as the platform takes it.
result<value> item_of(const writing&, const outgoing_record&, moment now);

/// How many of these, from the first, one call may carry: at least one.
std::size_t batch_size(const writing&, std::span<const outgoing_record>);

result<http_request> write_request(const writing&, std::span<const outgoing_record>, moment now);

write_outcome read_write(const writing&, const http_request&, const http_response&,
                         std::span<const outgoing_record>, const position& tries, moment now);

/// The question whether a call with an unknown end has happened; only for actions with a probe.
result<http_request> probe_request(const writing&, const outgoing_record&, moment now);
/// Whether it is written, and what the probe says is returned. Nothing when the answer does not
/// say.
result<item_outcome> read_probe(const writing&, const http_response&, const outgoing_record&,
                                moment now);

} // namespace tenon::actors::connectors
