// The durable bookkeeping of one cell beside its actor's state: which messages and calls are out,
// and how far it has listened to each sender. A pure core: the same `take_in` runs when an entry is
// written and when it is read back after a crash.
#pragma once

#include "protocols/cell.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tenon::runtime {

class ledger {
public:
  /// Everything an entry says beyond its events.
  void take_in(const protocols::cell::entry&);

  /// The receiver has it: it is not sent again. An entry that follows says so, to whoever only has
  /// the log; until then a repetition is harmless.
  void delivered(std::uint64_t number);
  bool has_deliveries() const { return !deliveries_.empty(); }
  /// What no entry has said yet.
  std::vector<std::uint64_t> take_deliveries() { return std::exchange(deliveries_, {}); }

  /// Whether this message was taken in before.
  bool heard(const std::string& sender, std::uint64_t number) const;

  /// The first waiting message for each receiver, unless it is in flight or its number is above
  /// `through`: one at a time to each, so that they arrive in order. Marks them in flight.
  std::vector<protocols::cell::send> sendable(std::uint64_t through);
  /// In flight no more: to be sent again.
  void undelivered(std::uint64_t number);

  const protocols::cell::call* find_call(std::uint64_t number) const;
  const std::vector<protocols::cell::call>& calls() const { return calls_; }
  std::size_t outbox_size() const { return outbox_.size(); }
  bool unfinished() const { return !outbox_.empty() || !calls_.empty(); }
  std::uint64_t numbered() const { return numbered_; }
  std::uint64_t events() const { return events_; }

  protocols::cell::row row(blob state) const;
  static ledger from(const protocols::cell::row&);

private:
  struct waiting_send {
    protocols::cell::send send;
    bool in_flight = false;
  };
  bool drop_send(std::uint64_t number);

  std::uint64_t numbered_ = 0;
  std::uint64_t events_ = 0;
  std::vector<waiting_send> outbox_; // ascending numbers
  std::vector<protocols::cell::call> calls_;
  std::map<std::string, std::uint64_t> receipts_;
  std::vector<std::uint64_t> deliveries_;
};

} // namespace tenon::runtime
