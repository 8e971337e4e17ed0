// Which nodes live, since when, and how restless they were lately: what the planner knows of the
// present, kept in memory by whoever plans and begun anew when another node takes over. A node
// that comes and goes is trusted later each time, so that it causes no work for others.
#pragma once

#include "cluster/membership/membership.hpp"

#include <map>

namespace tenon::cluster::placement {

using membership::node_id;
using membership::node_ids;

struct limits {
  span settle = std::chrono::seconds{5};   // alive for so long before it is given anything
  span restless = std::chrono::minutes{5}; // the most that becomes of it
  span forget = std::chrono::minutes{10};  // a life of this length makes up for one death
  span grace = std::chrono::minutes{5};    // dead for so long before its replicas are made anew
  span quiet = std::chrono::minutes{1};    // nobody came or went, before leaders are evened out
  span step_timeout = std::chrono::seconds{30};
  span transfer_timeout = std::chrono::seconds{5};
  std::size_t moving = 16;         // groups that bring up a new replica at a time
  std::size_t moving_per_node = 4; // of these, to one node, and from one
  std::size_t transfers = 16;      // of leadership, at a time
  std::size_t transfers_per_node = 8;
  std::size_t replaced_share = 10; // one in so many nodes at most is replaced unasked; at least one
};

struct presence {
  bool alive = false;
  moment since{};
  span outage{};            // how long it was away before `since`
  std::uint32_t deaths = 0; // lately
};

class health {
public:
  /// Whoever was not heard yet is taken for dead since now.
  explicit health(moment now, const limits& l = {})
      : began_{now}, changed_{now}, forget_{l.forget} {}

  /// From the transport, as often as it likes; a change is what counts.
  void hear(node_id, bool alive, moment now);

  bool alive(node_id) const;
  /// Alive for long enough to be given something.
  bool settled(node_id, const limits&, moment now) const;
  /// Nobody came or went lately.
  bool quiet(const limits& l, moment now) const { return now - changed_ >= l.quiet; }
  /// Dead for longer than the grace time, or back from that and not settled.
  bool gone(node_id, const limits&, moment now) const;

private:
  moment began_;
  moment changed_;
  span forget_;
  std::map<node_id, presence> nodes_;
};

/// Members whose replicas should be made anew elsewhere. When more are gone than a share of the
/// workers, none: something larger has happened, and an operator decides.
node_ids gone(const membership::state&, const health&, const limits&, moment now);

} // namespace tenon::cluster::placement
