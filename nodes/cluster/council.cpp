#include "nodes/cluster/council.hpp"

#include "runtime/store/checksum.hpp"

#include <algorithm>

namespace tenon::nodes::cluster {

namespace membership = tenon::cluster::membership;

council::decision<council::tell> council::on(const state& s, const tell& t, moment now) {
  auto alive = t.alive;
  std::ranges::sort(alive); // from outside: what is searched in must be in order
  auto decided = membership::decide(s, t.command, {t.self, std::move(alive)}, now);
  if (!decided)
    return refuse(std::move(decided).error());
  // The answer says what will be: events are applied behind the decision.
  auto after = s;
  persisted p;
  for (auto& e : decided->events) {
    membership::apply(after, e);
    p = std::move(p).also(std::move(e));
  }
  return std::move(p).reply(told{decided->node, after.id, after.feature_level});
}

council::decision<council::look> council::on(const state& s, const look& l, moment) {
  const auto sum = checksum_of(protocols::encode(s));
  return reply(l.known == sum ? seen{sum, {}} : seen{sum, s});
}

runtime::kind council_kind() {
  return runtime::describe<council>("cluster");
}

std::uint32_t checksum_of(const blob& state) {
  return std::max(runtime::store::checksum(state.view()), 1u);
}

} // namespace tenon::nodes::cluster
