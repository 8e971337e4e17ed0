// A node's part in its cluster: it keeps who it is, opens the network and its door, finds its
// peers, says to the council that it has started, and, where the council is led, has replicas
// brought to where they are wanted. It decides nothing itself: the council does
// (cluster/membership), and where things should be is cluster/placement's.
//
//   alone ──found──▶ member ◀──start, with what a join or an earlier start left
//
// One thread of its own runs the network and all of the steward; what is public may be called from
// any thread, and answers come on any.
#pragma once

#include "cluster/link/mesh.hpp"
#include "nodes/cluster/council.hpp"
#include "nodes/cluster/neighbours.hpp"
#include "nodes/cluster/replicas.hpp"
#include "nodes/cluster/settings.hpp"
#include "runtime/sealing/sealing.hpp"

#include <functional>
#include <memory>

namespace tenon::nodes::cluster {

inline constexpr std::uint32_t oldest_features = 1;
inline constexpr std::uint32_t newest_features = 1;

template <class T> using answer = std::function<void(result<T>)>;

/// Asks the council through this node's actors; answers on any thread.
using ask_council = std::function<void(blob command, answer<blob>)>;

/// The cluster as one node sees it at one time.
struct survey {
  std::shared_ptr<const membership::state> state; // null: this node is alone
  membership::node_id self = 0;
  membership::node_ids alive{};
  tenon::cluster::placement::groups groups{};
};

struct shown_token {
  std::string text; // a secret, shown once
  std::string address;
  std::string cluster; // its name
  moment expires;
};

class steward {
public:
  steward(steward_settings, ask_council, const runtime::clock&, runtime::meters&, runtime::entropy&,
          replicas&);
  /// Nobody is answered any more.
  ~steward();
  steward(const steward&) = delete;
  steward& operator=(const steward&) = delete;

  /// Becomes what the data directory says, and waits a little for the council to hear of it: its
  /// refusal is the failure, its silence is not.
  result<void> start();

  /// Makes a cluster of this node; the same answer when it is that already.
  void found(const std::string& name, std::uint32_t factor, answer<protocols::council::told>);
  void issue_token(span lives, answer<shown_token>);
  void tell(protocols::cluster::command, answer<protocols::council::told>);
  /// As the council knows it now.
  void look(answer<survey>);

  /// "host:port" at which others find this node; empty without a network.
  const std::string& address() const;

private:
  class loop;
  std::shared_ptr<loop> loop_;
};

/// What a node says of itself to the council.
protocols::cluster::node description_of(const steward_settings&);

/// A port of this machine that is free now; 0 when there is none.
std::uint16_t free_port(const std::string& host);

} // namespace tenon::nodes::cluster
