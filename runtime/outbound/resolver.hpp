// Looking up a host's addresses without blocking whoever asks: a few threads around getaddrinfo,
// which cannot be interrupted. More than one, so that a name whose server does not answer does not
// hold up the others.
#pragma once

#include "runtime/outbound/address.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tenon::runtime::outbound {

/// Called on a thread that may block. `not_found` when there is no such host, `unavailable` when
/// that could not be found out.
using lookup = std::function<result<std::vector<address>>(const std::string& host)>;

/// The system's: /etc/hosts and DNS, as the machine is set up.
result<std::vector<address>> system_lookup(const std::string& host);

class resolver {
public:
  explicit resolver(lookup);
  /// Waits for look-ups under way, which the system's own time-outs bound.
  ~resolver();

  using found = std::function<void(result<std::vector<address>>)>;
  /// `done` is called on a thread of the resolver; `overloaded`, at once, when too many wait.
  void find(std::string host, found done);

private:
  struct asked {
    std::string host;
    found done;
  };
  void run();

  const lookup lookup_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<asked> queue_;
  bool ended_ = false;
  std::vector<std::jthread> threads_;
};

} // namespace tenon::runtime::outbound
