// Who may use which connection: a pure core without sockets. Connections are kept per origin,
// bounded per origin and overall; who finds none waits in line, and lines are served by who waits
// longest, across origins too, so a busy origin cannot keep the others out.
#pragma once

#include "protocols/failure.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tenon::runtime::outbound {

struct origin {
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  auto operator<=>(const origin&) const = default;
};

/// What the pool must know of a connection; closing is its destructor.
class pooled {
public:
  virtual ~pooled() = default;
  /// Whether the other side still holds it open, without a word that nobody asked for.
  virtual bool alive() = 0;
};

class pool {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct limits {
    std::size_t connections = 256;        // open, in use or idle
    std::size_t waiting = 10'000;         // in all lines
    span idle = std::chrono::seconds{30}; // below what common servers keep (60 s and more)
  };

  /// One wish for a connection. It stays where it is until it is granted or withdrawn.
  struct wish {
    unsigned per_host = 1;
    std::function<void()> granted; // called from within the pool: it must not call back into it

    bool is_granted = false;
    std::unique_ptr<pooled> given; // none: a new one may be opened
    std::uint64_t number = 0;      // in line
  };

  explicit pool(limits l) : limits_{l} {}

  /// Granted at once, or in line; `overloaded` when the lines are full.
  result<void> ask(const origin&, wish&);
  /// No longer wanted. A grant that was not used is given back by `give_back` or `forget`.
  void withdraw(const origin&, wish&);

  /// A connection in use is free again.
  void give_back(const origin&, std::unique_ptr<pooled>, time_point now);
  /// A connection in use, or the leave to open one, is gone.
  void forget(const origin&);
  /// The origin's idle connections are presumably dead, since one was.
  void drop_idle(const origin&);
  /// Closes what is dead, or was idle for too long.
  void sweep(time_point now);
  void close_idle();

  std::size_t open() const { return open_; }
  std::size_t idle() const { return idle_; }
  std::size_t waiting() const { return waiting_; }

private:
  struct resting {
    std::unique_ptr<pooled> connection;
    time_point since;
  };
  struct place {
    std::size_t open = 0;
    std::deque<resting> idle; // the latest at the back, which is used first
    std::deque<wish*> line;
  };
  using places = std::map<origin, place>;

  void grant(place&, wish&, std::unique_ptr<pooled>);
  /// Serves, while leaves to open are free, whoever waits longest among those who may use one.
  void serve();
  place* longest_waiting();
  bool evict_one();
  void tidy(const origin&);

  const limits limits_;
  places places_;
  std::size_t open_ = 0;
  std::size_t idle_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t last_ = 0;
};

} // namespace tenon::runtime::outbound
