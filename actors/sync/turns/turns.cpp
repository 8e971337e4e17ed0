#include "actors/sync/turns/turns.hpp"

#include "protocols/ensure.hpp"

namespace tenon::actors {

std::chrono::seconds turns::head_start(priority p) {
  switch (p) {
  case priority::high:
    return std::chrono::seconds{30};
  case priority::normal:
    return std::chrono::seconds{10};
  case priority::low:
    break;
  }
  return std::chrono::seconds{0};
}

void turns::ask(const request& r, time_point now) {
  auto& s = syncs_[r.sync];
  const auto since = s.waits ? s.asked : now;
  const auto number = s.waits ? s.order.second : ++asked_;
  if (s.waits)
    stop_waiting(s);
  s.waits = &lane_of(r.sync.tenant, r.integration);
  s.order = {since - head_start(r.priority), number};
  s.priority = r.priority;
  s.asked = since;
  ++waiting_[static_cast<std::size_t>(r.priority)];
  if (s.at_work)
    return;
  s.waits->waiting.emplace(s.order, r.sync);
  relist(*s.waits);
}

bool turns::withdraw(const identity& sync) {
  const auto it = syncs_.find(sync);
  if (it == syncs_.end() || !it->second.waits)
    return false;
  stop_waiting(it->second);
  if (!it->second.at_work)
    syncs_.erase(it);
  return true;
}

void turns::give_back(const identity& sync) {
  const auto it = syncs_.find(sync);
  ensure(it != syncs_.end() && it->second.at_work, "a turn is given back that nobody has");
  auto& s = it->second;
  auto& left = *s.at_work;
  s.at_work = nullptr;
  --left.at_work;
  --left.of->at_work;
  --at_work_;
  if (s.waits) {
    auto& waits = *s.waits;
    waits.waiting.emplace(s.order, sync);
    relist(waits);
  } else {
    syncs_.erase(it);
  }
  relist(left);
}

void turns::limit(const std::string& tenant, const std::string& integration, std::size_t most) {
  auto& l = lane_of(tenant, integration);
  l.most = most;
  relist(l);
}

std::optional<turns::beginning> turns::next(time_point now) {
  if (at_work_ >= limits_.node || open_.empty())
    return std::nullopt;
  auto& l = *open_.begin()->second->open.begin()->second;
  const auto sync = l.waiting.begin()->second;
  auto& s = syncs_.at(sync);
  const beginning begun{sync, s.priority, now - s.asked};
  --waiting_[static_cast<std::size_t>(s.priority)];
  l.waiting.erase(l.waiting.begin());
  s.waits = nullptr;
  s.at_work = &l;
  ++l.at_work;
  ++l.of->at_work;
  ++at_work_;
  relist(l);
  return begun;
}

bool turns::is_wanted(const identity& sync) const {
  const auto it = syncs_.find(sync);
  if (it == syncs_.end() || !it->second.at_work)
    return false;
  // Whoever is open waits for a place of the node alone. Those of its tenant's that are open, and
  // those of its integration that wait, are kept out by places of which it holds one.
  const auto& mine = *it->second.at_work;
  return !open_.empty() || !mine.of->open.empty() || !mine.waiting.empty();
}

turns::lane& turns::lane_of(const std::string& tenant, const std::string& integration) {
  auto& of = tenants_[tenant];
  auto& l = of.lanes[integration];
  l.of = &of;
  if (integration.empty())
    l.most = 0;
  return l;
}

bool turns::has_room(const lane& l) const {
  return l.most && (*l.most == 0 || l.at_work < *l.most);
}

bool turns::has_room(const tenant& t) const {
  return limits_.tenant == 0 || t.at_work < limits_.tenant;
}

void turns::relist(lane& l) {
  auto& t = *l.of;
  if (l.listed)
    t.open.erase(*l.listed);
  l.listed.reset();
  if (has_room(l) && !l.waiting.empty()) {
    l.listed = l.waiting.begin()->first;
    t.open.emplace(*l.listed, &l);
  }
  if (t.listed)
    open_.erase(*t.listed);
  t.listed.reset();
  if (has_room(t) && !t.open.empty()) {
    t.listed = t.open.begin()->first;
    open_.emplace(*t.listed, &t);
  }
}

void turns::stop_waiting(sync& s) {
  auto& l = *s.waits;
  s.waits = nullptr;
  --waiting_[static_cast<std::size_t>(s.priority)];
  if (l.waiting.erase(s.order) > 0)
    relist(l);
}

} // namespace tenon::actors
