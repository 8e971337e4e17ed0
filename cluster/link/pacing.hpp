// When to try again, when to ask whether a peer is there, and when to give it up: decided from
// times that are given.
#pragma once

#include "protocols/moment.hpp"

#include <chrono>
#include <optional>

namespace tenon::cluster::link {

using instant = std::chrono::steady_clock::time_point;

/// Doubles with every failure from `first` to `most`; `draw`, from 0 to 1, takes up to half of it
/// away, so that nodes that lost each other at once do not all come back at once.
span back_off(unsigned failures, span first, span most, double draw);

/// Of two connections of a channel, both of which both ends know.
struct contender {
  std::uint64_t epoch = 0;
  bool dialled_by_lower = false; // by the node whose id comes first
};

/// The larger epoch survives; of two that were dialled at the same moment, that of the lower node.
/// Both ends decide alike, whatever the order in which they learn of them.
bool survives(const contender& fresh, const contender& standing);

/// Whether a peer is alive, judged by what is heard of it.
class pulse {
public:
  struct limits {
    span every{100};
    span lost_after{1000};
  };

  pulse(limits l, instant now) : limits_{l}, heard_{now} {}

  void heard(instant now) { heard_ = now; }
  bool lost(instant now) const { return now - heard_ >= limits_.lost_after; }
  span every() const { return limits_.every; }

private:
  limits limits_;
  instant heard_;
};

/// Whether a receiver that leaves its sender waiting is to be given up.
class patience {
public:
  explicit patience(span most) : most_{most} {}

  /// `waiting`: something is to be sent, and there is no credit. `moved`: there was some meanwhile.
  void look(bool waiting, bool moved, instant now);
  bool over(instant now) const { return since_ && now - *since_ >= most_; }

private:
  span most_;
  std::optional<instant> since_;
};

} // namespace tenon::cluster::link
