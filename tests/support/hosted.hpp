// A host over journal and state in memory, for tests: ask and wait for the answer; stop and start
// it again as a crash or as a clean end would.
#pragma once

#include "protocols/ensure.hpp"
#include "runtime/hosting/host.hpp"
#include "tests/support/sealing_keys.hpp"
#include "tests/support/volatile_journal.hpp"
#include "tests/support/volatile_state.hpp"

#include <caf/actor_system_config.hpp>

#include <future>
#include <optional>

namespace tenon::tests {

/// A clock that stands still until it is moved.
class hand_clock final : public runtime::clock {
public:
  moment now() const override { return moment{span{milliseconds_.load()}}; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point{span{steady_milliseconds_.load()}};
  }
  void advance(span by) {
    milliseconds_ += by.count();
    steady_milliseconds_ += by.count();
  }
  /// Somebody sets the date; the steady clock goes on.
  void set_back(span by) { milliseconds_ -= by.count(); }

private:
  std::atomic<span::rep> milliseconds_{1'700'000'000'000};
  std::atomic<span::rep> steady_milliseconds_{1'000'000};
};

inline void configure(caf::actor_system_config& c) {
  c.set("scheduler.policy", caf::atom("sharing"));
  c.set("scheduler.max-threads", std::size_t{2});
  c.set("scheduler.max-throughput", std::size_t{100});
}

class hosted {
public:
  explicit hosted(const runtime::catalog& kinds, runtime::host_options options = {},
                  runtime::partition_number partitions = 4)
      : kinds_{kinds}, options_{options}, journal{partitions} {
    configure(config_);
    system_.emplace(config_);
    options_.checkpoint = span{20};
  }
  ~hosted() { end(); }

  void add(const std::string& effect, std::function<std::unique_ptr<runtime::performer>()> make) {
    performers_.emplace_back(effect, std::move(make));
  }

  runtime::host& begin() {
    meters_.emplace();
    host_.emplace(*system_, kinds_, journal, state, seal_, clock, *meters_, options_);
    for (const auto& [effect, make] : performers_)
      host_->add(effect, make());
    host_->start();
    return *host_;
  }
  runtime::host& host() { return *host_; }

  void end() {
    if (host_)
      host_->stop();
    host_.reset();
  }

  /// Everything that was not durable is gone.
  void crash() {
    journal.set(confirming::automatic); // what waits is either confirmed by now or lost
    end();
  }

  template <class Actor, class Command>
  result<runtime::reply_value<typename Command::reply>> ask(const identity& to, const Command& c) {
    using reply = runtime::reply_value<typename Command::reply>;
    std::promise<result<reply>> answered;
    host_->ask<Actor>(to, c, [&](result<reply> r) { answered.set_value(std::move(r)); });
    return answered.get_future().get();
  }

  /// The same for a command that must succeed.
  template <class Actor, class Command> auto done(const identity& to, const Command& c) {
    auto answer = ask<Actor>(to, c);
    ensure(answer.has_value(), answer ? "" : answer.error().why);
    return *std::move(answer);
  }

private:
  runtime::catalog kinds_;
  runtime::host_options options_;
  caf::actor_system_config config_;
  std::vector<std::pair<std::string, std::function<std::unique_ptr<runtime::performer>()>>>
      performers_;

public:
  volatile_journal journal;
  volatile_state state;
  hand_clock clock;

private:
  runtime::system_entropy random_;
  runtime::seal seal_{sealing_keys(), random_};
  std::optional<runtime::meters> meters_;
  std::optional<caf::actor_system> system_;
  std::optional<runtime::host> host_;
};

} // namespace tenon::tests
