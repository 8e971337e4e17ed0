#include "runtime/hosting/supervision.hpp"

#include <algorithm>
#include <cmath>

namespace tenon::runtime::supervision {
namespace {

std::vector<std::string> restarted(const supervisor& s, const std::string& name) {
  std::vector<std::string> names;
  bool reached = false;
  for (const auto& c : s.children) {
    reached = reached || c.name == name;
    const bool concerned = c.name == name || s.policy.strategy == strategy::one_for_all ||
                           (s.policy.strategy == strategy::rest_for_one && reached);
    if (concerned && (c.restart != restart::temporary))
      names.push_back(c.name);
  }
  return names;
}

span delay(const policy& p, std::uint32_t streak, double random) {
  const double most = std::min(static_cast<double>(p.longest_delay.count()),
                               static_cast<double>(p.first_delay.count()) *
                                   std::exp2(static_cast<double>(std::min(streak, 30u))));
  return span{static_cast<span::rep>(most * (0.5 + random / 2))};
}

} // namespace

std::uint32_t supervisor::restarts_left(moment now) const {
  const auto counted = static_cast<std::uint32_t>(
      std::ranges::count_if(recent, [&](moment m) { return m + policy.period > now; }));
  return counted >= policy.restarts ? 0 : policy.restarts - counted;
}

verdict ended(supervisor& s, const std::string& name, bool crashed, moment now, double random) {
  auto it = std::ranges::find(s.children, name, &child::name);
  if (it == s.children.end())
    it = s.children.insert(s.children.end(), child{name});
  if (it->restart == restart::temporary || (it->restart == restart::transient && !crashed))
    return {};

  while (!s.recent.empty() && s.recent.front() + s.policy.period <= now)
    s.recent.pop_front();
  if (s.recent.size() >= s.policy.restarts) {
    s.recent.clear(); // the supervisor above starts us anew
    return {.gives_up = true};
  }
  s.recent.push_back(now);
  it->streak = it->last + s.policy.period > now && it->last != moment{} ? it->streak + 1 : 0;
  it->last = now;
  return {.restart = restarted(s, name), .after = delay(s.policy, it->streak, random)};
}

std::string placement_name(const identity& id) {
  return id.tenant + '/' + id.name.substr(0, id.name.find(':'));
}

tree::decision tree::crashed(const identity& id, moment now, double random) {
  forget_quiet(now);
  const auto placement = placement_name(id);
  auto& placed = placed_.try_emplace(placement, supervisor{.policy = placements_}).first->second;
  const auto alone = ended(placed, to_string(id), true, now, random);
  if (!alone.gives_up)
    return {scope::actor, alone.after};
  auto& above = above_.try_emplace(id.tenant, supervisor{.policy = tenants_}).first->second;
  const auto together = ended(above, placement, true, now, random);
  if (!together.gives_up)
    return {scope::placement, together.after};
  return {scope::nobody, {}};
}

std::uint32_t tree::restarts_left(const identity& id, moment now) const {
  const auto it = placed_.find(placement_name(id));
  return it == placed_.end() ? placements_.restarts : it->second.restarts_left(now);
}

// Bounds the memory: who has not crashed for a period counts as never having crashed.
void tree::forget_quiet(moment now) {
  constexpr std::size_t remembered = 1024;
  const auto quiet = [now](const auto& entry) {
    const supervisor& s = entry.second;
    return s.recent.empty() || s.recent.back() + s.policy.period <= now;
  };
  if (placed_.size() > remembered)
    std::erase_if(placed_, quiet);
  if (above_.size() > remembered)
    std::erase_if(above_, quiet);
}

} // namespace tenon::runtime::supervision
