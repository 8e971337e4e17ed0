#include "runtime/outbound/pool.hpp"

#include "runtime/outbound/message.hpp"

#include <algorithm>

namespace tenon::runtime::outbound {

result<void> pool::ask(const origin& o, wish& w) {
  auto& here = places_[o];
  while (here.line.empty() && !here.idle.empty()) {
    auto latest = std::move(here.idle.back().connection);
    here.idle.pop_back();
    --idle_;
    if (latest->alive()) {
      w.is_granted = true;
      w.given = std::move(latest);
      return {};
    }
    --here.open;
    --open_;
  }
  if (here.line.empty() && here.open < w.per_host && (open_ < limits_.connections || evict_one())) {
    grant(here, w, nullptr);
    return {};
  }
  if (waiting_ >= limits_.waiting) {
    tidy(o);
    return failure{.code = code::overloaded,
                   .why = std::to_string(waiting_) + " requests wait for connections already",
                   .where = std::string{name_of(phase::wait)},
                   .remedy = "ask again later, or allow more connections",
                   .retry_after = span{1000}};
  }
  w.number = ++last_;
  here.line.push_back(&w);
  ++waiting_;
  return {};
}

void pool::grant(place& here, wish& w, std::unique_ptr<pooled> connection) {
  if (!connection) {
    ++here.open;
    ++open_;
  }
  w.is_granted = true;
  w.given = std::move(connection);
  if (w.granted)
    w.granted();
}

void pool::withdraw(const origin& o, wish& w) {
  if (w.is_granted)
    return;
  auto& line = places_[o].line;
  waiting_ -= std::erase(line, &w);
  tidy(o);
  serve(); // the next in line may have a higher bound
}

void pool::give_back(const origin& o, std::unique_ptr<pooled> connection, time_point now) {
  auto& here = places_[o];
  if (!here.line.empty()) {
    // At the overall bound, somebody of another origin who waits longer comes first, which takes
    // closing this connection.
    const auto* first = open_ >= limits_.connections ? longest_waiting() : nullptr;
    if (!first || first->line.front()->number >= here.line.front()->number) {
      auto& next = *here.line.front();
      here.line.pop_front();
      --waiting_;
      grant(here, next, std::move(connection));
      return serve(); // the next in line may have a higher bound
    }
    connection.reset();
    return forget(o);
  }
  here.idle.push_back({std::move(connection), now});
  ++idle_;
  serve();
}

void pool::forget(const origin& o) {
  --places_[o].open;
  --open_;
  serve();
  tidy(o);
}

pool::place* pool::longest_waiting() {
  place* longest = nullptr;
  for (auto& [o, p] : places_)
    if (!p.line.empty() && p.open < p.line.front()->per_host &&
        (!longest || p.line.front()->number < longest->line.front()->number))
      longest = &p;
  return longest;
}

void pool::serve() {
  while (waiting_ > 0) {
    auto* place = longest_waiting();
    if (!place || (open_ >= limits_.connections && !evict_one()))
      return;
    auto& next = *place->line.front();
    place->line.pop_front();
    --waiting_;
    grant(*place, next, nullptr);
  }
}

bool pool::evict_one() {
  places::iterator oldest = places_.end();
  for (auto at = places_.begin(); at != places_.end(); ++at)
    if (!at->second.idle.empty() &&
        (oldest == places_.end() ||
         at->second.idle.front().since < oldest->second.idle.front().since))
      oldest = at;
  if (oldest == places_.end())
    return false;
  oldest->second.idle.pop_front();
  --oldest->second.open;
  --idle_;
  --open_;
  return true;
}

void pool::drop_idle(const origin& o) {
  auto& here = places_[o];
  here.open -= here.idle.size();
  open_ -= here.idle.size();
  idle_ -= here.idle.size();
  here.idle.clear();
  serve();
  tidy(o);
}

void pool::sweep(time_point now) {
  for (auto& [o, p] : places_) {
    const auto gone = std::erase_if(p.idle, [&](const resting& r) {
      return now - r.since >= limits_.idle || !r.connection->alive();
    });
    p.open -= gone;
    open_ -= gone;
    idle_ -= gone;
  }
  std::erase_if(places_, [](const auto& p) { return p.second.open == 0 && p.second.line.empty(); });
  serve();
}

void pool::close_idle() {
  for (auto& [o, p] : places_) {
    p.open -= p.idle.size();
    open_ -= p.idle.size();
    idle_ -= p.idle.size();
    p.idle.clear();
  }
}

void pool::tidy(const origin& o) {
  const auto at = places_.find(o);
  if (at != places_.end() && at->second.open == 0 && at->second.line.empty())
    places_.erase(at);
}

} // namespace tenon::runtime::outbound
