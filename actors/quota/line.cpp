#include "actors/quota/line.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace tenon::actors::line {
namespace {

// A tag is in parts of a microsecond: what the heaviest owes is still a whole number.
constexpr std::uint64_t scale = heaviest;
constexpr std::uint64_t farthest = std::uint64_t{1} << 60;

template <class Askers> auto find(Askers& all, std::string_view name) {
  return std::ranges::find_if(all, [&](const asker& a) { return a.name == name; });
}

std::uint32_t sum(std::uint32_t a, std::uint32_t b) {
  const auto all = std::uint64_t{a} + b;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(all, std::numeric_limits<std::uint32_t>::max()));
}

std::uint32_t wanted_of(const asker& a, std::string_view bucket) {
  const auto it =
      std::ranges::find_if(a.waits_for, [&](const share& s) { return s.bucket == bucket; });
  return it == a.waits_for.end() ? 0 : it->amount;
}

bool waits(const asker& a, moment now) {
  return a.waits_until_at > now;
}

} // namespace

ahead ahead_of(const askers& all, std::string_view name, std::string_view bucket, moment now) {
  const auto me = find(all, name);
  const bool known = me != all.end();
  const auto since = known && waits(*me, now) ? me->waits_since_at : now;
  const auto mine = std::tuple{known ? me->lead : 0, since, name};
  ahead found;
  for (const auto& a : all) {
    if (!waits(a, now) || a.name == name ||
        mine < std::tuple{a.lead, a.waits_since_at, std::string_view{a.name}})
      continue;
    auto& into = a.interactive ? found.interactive : found.others;
    into = sum(into, wanted_of(a, bucket));
  }
  return found;
}

std::uint32_t needed(std::uint32_t units, const ahead& first, bool interactive,
                     std::uint32_t kept) {
  if (!interactive)
    return sum(sum(units, first.others), std::max(first.interactive, kept));
  const auto own = sum(units, first.interactive);
  return own <= kept ? own : sum(own, first.others);
}

bool yields(const askers& all, std::string_view name, std::string_view bucket, std::uint64_t charge,
            std::uint32_t weight, moment now) {
  const auto me = find(all, name);
  if (me == all.end())
    return false;
  const auto step = charge * scale / std::clamp(weight, 1u, heaviest);
  return std::ranges::any_of(all, [&](const asker& a) {
    return a.name != name && waits(a, now) && wanted_of(a, bucket) > 0 && me->lead >= a.lead + step;
  });
}

bool has_others(const askers& all, std::string_view name) {
  return std::ranges::any_of(all, [&](const asker& a) { return a.name != name; });
}

bool has_place(const askers& all, std::string_view name, const std::vector<share>& shares,
               moment until) {
  const auto me = find(all, name);
  return me != all.end() && me->waits_until_at >= until && me->waits_for == shares;
}

void queue(askers& all, const asker& wanted) {
  auto me = find(all, wanted.name);
  if (me == all.end()) {
    if (all.size() >= longest) {
      const auto idle = std::ranges::find_if(
          all, [&](const asker& a) { return !waits(a, wanted.waits_since_at); });
      if (idle == all.end())
        return;
      all.erase(idle);
    }
    me = all.insert(all.end(), asker{.name = wanted.name});
  }
  if (!waits(*me, wanted.waits_since_at))
    me->waits_since_at = wanted.waits_since_at;
  me->interactive = wanted.interactive;
  me->waits_until_at = wanted.waits_until_at;
  me->waits_for = wanted.waits_for;
}

void serve(askers& all, std::string_view name, bool interactive, std::uint32_t weight,
           std::uint64_t charge, const std::vector<share>& shares, moment now) {
  auto me = find(all, name);
  // Time, as the line counts it, is the least tag of those who are served here: nobody saves up
  // what it did not ask for.
  auto passed = me == all.end() ? 0 : me->lead;
  for (const auto& a : all)
    if (waits(a, now) && a.name != name)
      for (const auto& s : shares)
        if (wanted_of(a, s.bucket) > 0)
          passed = std::min(passed, a.lead);
  for (auto& a : all)
    a.lead -= std::min(a.lead, passed);
  std::erase_if(all,
                [&](const asker& a) { return a.lead == 0 && !waits(a, now) && a.name != name; });
  me = find(all, name);
  if (me == all.end()) {
    if (all.size() >= longest)
      return;
    me = all.insert(all.end(), asker{.name = std::string{name}});
  }
  me->interactive = interactive;
  me->lead = std::min(me->lead + charge * scale / std::clamp(weight, 1u, heaviest), farthest);
  me->waits_until_at = {};
  me->waits_since_at = {};
  me->waits_for.clear();
}

void unserve(askers& all, std::string_view name, std::uint32_t weight, std::uint64_t charge) {
  const auto me = find(all, name);
  if (me != all.end())
    me->lead -= std::min(me->lead, charge * scale / std::clamp(weight, 1u, heaviest));
}

bool holds(const askers& all) {
  if (all.size() > longest)
    return false;
  for (auto it = all.begin(); it != all.end(); ++it)
    if (it->name.empty() || it->lead > farthest || find(all, it->name) != it)
      return false;
  return true;
}

} // namespace tenon::actors::line
