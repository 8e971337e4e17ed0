// Whose page comes next. A sync asks for a turn for each of its pages; how many are at work at once
// is bounded on the node, for a tenant, and for an integration. Pure: requests, limits and the time
// in, who begins out. Promises, for any history:
//
//     limits     are never exceeded, and a sync never has two turns at once
//     order      of two that may begin, the one that waits longer, plus its head start, is first
//     aging      nobody is overtaken by who asks later than the head start of the highest priority
//     no rest    after a turn was given back, `next` tells who begins, as long as anybody may
//
// A place is not taken away: what takes long holds its own limits' places, which is what they are
// for. Who performs the pages: actors/sync/turns/turnstile.hpp.
#pragma once

#include "protocols/identity.hpp"
#include "protocols/sync.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace tenon::actors {

class turns {
public:
  using priority = protocols::sync::priority;
  using time_point = std::chrono::steady_clock::time_point;

  struct limits {
    // Pages mostly wait for others, so more than a machine has cores; each may hold a page in
    // memory, and another that was read ahead.
    std::size_t node = 32;
    // Less than the node's, so that no tenant alone keeps all others waiting. 0: as the node's.
    std::size_t tenant = 24;
  };

  struct request {
    identity sync;
    std::string integration{}; // whose account it uses; empty: none has to do with it
    turns::priority priority = turns::priority::normal;
  };

  struct beginning {
    identity sync;
    turns::priority priority{};
    time_point::duration waited{};
  };

  explicit turns(limits l) : limits_{l} {}

  /// How long one of this priority seems to have waited when it asks. A page mostly takes 10 ms to
  /// 1 s: half a minute puts a high one before all others wherever a node keeps up with its syncs,
  /// and where high ones alone fill the node, a low one still has two pages a minute.
  static std::chrono::seconds head_start(priority);

  /// Asking again while it waits changes the request and keeps its time. Who is at work waits until
  /// it has given its turn back, however much room there is.
  void ask(const request&, time_point now);
  /// False when it does not wait.
  bool withdraw(const identity& sync);
  void give_back(const identity& sync);

  /// Of an integration from now on; 0: none of its own. Nobody of it begins before it was said.
  void limit(const std::string& tenant, const std::string& integration, std::size_t most);

  /// Who begins now; ask until nobody does.
  std::optional<beginning> next(time_point now);

  /// Whether somebody else could begin if this one, who is at work, gave its turn back.
  bool is_wanted(const identity& sync) const;

  std::size_t at_work() const { return at_work_; }
  std::size_t waiting(priority p) const { return waiting_[static_cast<std::size_t>(p)]; }

private:
  /// By the moment from which it seems to wait; then in the order of asking.
  using order = std::pair<time_point, std::uint64_t>;
  struct tenant;
  struct lane { // those of one integration, or those of none
    turns::tenant* of = nullptr;
    std::optional<std::size_t> most{};
    std::size_t at_work = 0;
    std::map<order, identity> waiting{};
    std::optional<order> listed{}; // in its tenant's `open`
  };
  struct tenant {
    std::map<std::string, lane> lanes{}; // as many as it has integrations
    std::size_t at_work = 0;
    std::map<order, lane*> open{}; // with room and somebody who waits, by who is first
    std::optional<order> listed{}; // in `open_`
  };
  struct sync {
    lane* at_work = nullptr;
    lane* waits = nullptr; // where it does, or will when it has given its turn back
    turns::order order{};
    turns::priority priority{};
    time_point asked{};
  };

  lane& lane_of(const std::string& tenant, const std::string& integration);
  bool has_room(const lane&) const;
  bool has_room(const tenant&) const;
  void relist(lane&);
  void stop_waiting(sync&);

  limits limits_;
  std::map<std::string, tenant> tenants_;
  std::map<order, tenant*> open_; // with room and an open lane
  std::unordered_map<identity, sync> syncs_;
  std::size_t at_work_ = 0;
  std::array<std::size_t, 3> waiting_{};
  std::uint64_t asked_ = 0;
};

} // namespace tenon::actors
