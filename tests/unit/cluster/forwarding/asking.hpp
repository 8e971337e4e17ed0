// One node's half that asks, and what left it, for tests.
#pragma once

#include "cluster/forwarding/outgoing.hpp"
#include "tests/unit/cluster/forwarding/asks.hpp"

#include <algorithm>

namespace tenon::tests {

using forwarding::outgoing;
inline constexpr node_id self = 1;

struct asking {
  explicit asking(outgoing::options o = {}) : out{self, partitions, o} {
    for (const node_id node : {2u, 3u})
      out.up(node);
    out.owned(0, 2);
  }

  answers ask(partition_number p = 0, std::string command = "hello") {
    const auto to = no_answers();
    send(message(to, std::move(command)), p);
    return to;
  }
  void send(std::unique_ptr<runtime::envelope> e, partition_number p = 0) {
    out.take(p, someone_in(p), std::move(e), now);
    settle();
  }
  void settle() {
    out.stir(now);
    outgoing::decisions todo;
    out.decided(todo);
    for (auto& each : todo.answers)
      each.to(std::move(each.with));
    for (auto& each : todo.returns)
      returned.push_back(std::move(each));
  }
  /// Every parcel for a node, taken.
  std::vector<words::ask> sent(node_id to) {
    std::vector<words::ask> all;
    settle();
    while (out.due(to)) {
      auto parcel = fill(to);
      std::ranges::move(parcel.asks, std::back_inserter(all));
      out.left(to, parcel, true, now);
    }
    return all;
  }
  words::parcel fill(node_id to) {
    words::parcel parcel;
    std::size_t weight = 0;
    out.fill(to, parcel, weight, now);
    last = parcel.number;
    return parcel;
  }
  void hear(node_id from, std::vector<words::answer> said, std::uint64_t taken = 0) {
    words::parcel parcel{.answers = std::move(said), .taken = taken};
    out.heard(from, parcel, now);
    settle();
  }
  void pass(span by) {
    now += by;
    out.look(now);
    settle();
  }

  outgoing out;
  steady_point now = start;
  std::uint64_t last = 0; // parcel
  std::vector<outgoing::returned> returned;
};

inline words::answer reply(std::uint64_t number, std::string text = "yes") {
  return {.number = number, .said = words::replied{.bytes = blob::from(std::move(text))}};
}
inline words::answer moved(std::uint64_t number, node_id owner = 0) {
  return {.number = number, .said = words::moved{.owner = owner}};
}

} // namespace tenon::tests
