// Connections between two pages: a few, for a short time. A page asked for on one that is kept
// costs no handshake; losing one loses nothing.
#pragma once

#include "protocols/failure.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tenon::actors::relational {

/// A connection that says `reusable()`.
template <class Connection> class kept {
public:
  std::unique_ptr<Connection> take(const std::string& key) {
    const std::lock_guard hold{guard_};
    forget_old();
    const auto it = std::ranges::find(all_, key, &one::key);
    if (it == all_.end())
      return nullptr;
    auto held = std::move(it->held);
    all_.erase(it);
    return held;
  }

  void keep(std::string key, std::unique_ptr<Connection> c) {
    if (!c->reusable())
      return;
    const std::lock_guard hold{guard_};
    forget_old();
    if (all_.size() == most)
      all_.erase(all_.begin());
    all_.push_back({std::move(key), std::move(c), clock::now()});
  }

private:
  using clock = std::chrono::steady_clock;
  static constexpr auto idle_limit = std::chrono::seconds{30};
  static constexpr std::size_t most = 8;

  struct one {
    std::string key;
    std::unique_ptr<Connection> held;
    clock::time_point since;
  };
  void forget_old() {
    std::erase_if(all_, [](const one& o) { return clock::now() - o.since > idle_limit; });
  }

  std::mutex guard_;
  std::vector<one> all_;
};

/// Reads on a kept connection, or on a fresh one: also when the kept one turns out to be dead,
/// which says nothing about the server. `open` and `read` give results.
template <class Connection, class Open, class Read>
auto read_on(kept<Connection>& all, const std::string& key, Open open, Read read)
    -> decltype(read(std::declval<Connection&>())) {
  if (auto held = all.take(key)) {
    auto page = read(*held);
    const bool lost = !held->reusable();
    all.keep(key, std::move(held));
    if (page || !lost || page.error().code != code::unavailable)
      return page;
  }
  auto fresh = open();
  if (!fresh)
    return std::move(fresh).error();
  auto page = read(**fresh);
  all.keep(key, *std::move(fresh));
  return page;
}

} // namespace tenon::actors::relational
