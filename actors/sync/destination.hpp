// Where a sync writes to, as a port, and the list of kinds. A destination is given changes of a
// collection in their order and says how many it has settled, from the first: those are written, or
// refused for good. It keeps nothing between calls; after a crash the same changes may come again,
// each with the same effect id. One kind is one file in actors/sync/destinations.
#pragma once

#include "actors/sync/source.hpp"
#include "protocols/outlet.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tenon::actors {

struct outgoing_change {
  std::string key;
  blob content; // a JSON object; of a deletion, its last content
  bool deleted = false;
  std::string effect;  // the same whenever this change is written, and of no other change
  blob returned{};     // what the destination has returned of the key before; empty: nothing
  std::string there{}; // what the destination calls it, if it is known to be there
};

struct delivery {
  identity sync;
  std::vector<outgoing_change> changes;
  bool repeated = false; // a node may have ended while it wrote these
  bool named = false; // the destination calls its records something else than they are called here
  std::string attempt{}; // what the destination said when it was last in trouble
  std::uint64_t run = 0;
  bool full = false;                    // the run writes everything again
  protocols::sync::priority priority{}; // among those who ask the same platform
  tuning::settings settings{};          // of those that it offers, as they were chosen
};

struct settled {
  std::size_t count = 0;   // of the changes, from the first; zero only with trouble
  std::size_t written = 0; // of those
  std::size_t deleted = 0; // of those written
  std::size_t unchanged = 0;
  std::vector<std::string> held{}; // keys of those unchanged that are still as they were there
  std::vector<protocols::letter_types::kept> letters; // refused, or nobody knows; place: the key
  /// Of those written, what is to be given with the key's next change, a JSON object; empty: it is
  /// gone there.
  std::vector<protocols::outlet_types::returned> returned{};
  std::uint64_t bytes = 0;
  std::optional<source_trouble> trouble; // why the rest was not tried, or not to an end
};

class destination {
public:
  virtual ~destination() = default;
  /// What one may choose about how it writes.
  virtual tuning::settings settings() const { return {}; }
  /// As many changes as it likes to be given at once, when it writes so.
  virtual std::uint32_t page_size(const tuning::settings&) const = 0;
  virtual runtime::task<settled> write(delivery) = 0;
};

/// One kind of destination, named like the member of a sync's `to`.
class destination_kind {
public:
  virtual ~destination_kind() = default;
  virtual std::string_view name() const = 0;
  /// What is wrong with the options, with a place below "spec.to.<name>".
  virtual result<void> check(const object& options) const = 0;
  /// May ask the outside, to learn how it is best written to.
  virtual runtime::task<result<std::unique_ptr<destination>>> open(identity sync,
                                                                   object options) = 0;
};

using destination_kinds = std::vector<std::unique_ptr<destination_kind>>;

} // namespace tenon::actors
