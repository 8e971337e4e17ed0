// Several hosts over one steered log, each with stored state of its own on disk, and messages
// between them: what a partition's owner is given elsewhere waits until somebody owns it.
#pragma once

#include "runtime/store/local_state.hpp"
#include "tests/support/hosted.hpp"
#include "tests/support/steered_log.hpp"
#include "tests/support/temporary_directory.hpp"

#include <deque>
#include <future>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::tests {

class steered_nodes final : runtime::elsewhere {
public:
  using partition_number = runtime::partition_number;
  using performing = std::function<std::unique_ptr<runtime::performer>(std::size_t node)>;

  enum company : std::uint8_t { connected, alone };

  steered_nodes(const runtime::catalog& kinds, std::size_t count,
                runtime::host_options options = {}, partition_number partitions = 4,
                const performing& questions = {}, company others = connected)
      : log{partitions, count}, kinds_{kinds} {
    options.checkpoint = span{20};
    options.follow = span{100};
    configure(config_);
    system_.emplace(config_);
    for (std::size_t i = 0; i < count; ++i) {
      auto& one = stores_.emplace_back();
      auto opened =
          runtime::store::local_state::open({.file = directory_ / ("state" + std::to_string(i)),
                                             .partitions = partitions,
                                             .interval = span{5}},
                                            log.journal(i), one.meters);
      ensure(opened.has_value(), opened ? "" : opened.error().why);
      one.state = *std::move(opened);
      auto& host = hosts_.emplace_back(*system_, kinds_, log.journal(i), *one.state, seal_, clock,
                                       one.meters, options);
      if (questions)
        host.add("tally.question", questions(i));
      if (others == connected)
        host.reach(*this);
    }
    for (auto& one : hosts_)
      one.start();
  }
  ~steered_nodes() override { stop(); }

  /// Every node ends as it would end by itself; their states stay to be looked at.
  void stop() {
    for (auto& one : hosts_)
      one.stop();
  }

  runtime::host& host(std::size_t node) { return hosts_[node]; }
  runtime::store::local_state& state(std::size_t node) { return *stores_[node].state; }

  /// For reading what kinds with secrets have stored.
  const runtime::seal& seal() const { return seal_; }

  /// Time passes, and what waits for an owner is offered again.
  void turn() {
    clock.advance(span{20});
    std::list<waiting> again;
    {
      const std::scoped_lock lock{mutex_};
      again.swap(waiting_);
    }
    for (auto& [to, e] : again)
      send(to, std::move(e));
  }

  template <class Actor, class Command>
  auto begin(std::size_t node, const identity& to, Command c) {
    using reply = runtime::reply_value<typename Command::reply>;
    auto told = std::make_shared<std::promise<result<reply>>>();
    auto answer = told->get_future();
    host(node).ask<Actor>(to, c, [told](result<reply> r) { told->set_value(std::move(r)); });
    return answer;
  }
  /// Time passes until the answer is there.
  template <class T> T wait(std::future<T> answer) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (answer.wait_for(std::chrono::milliseconds{1}) == std::future_status::timeout) {
      ensure(std::chrono::steady_clock::now() < end, "nobody answers");
      turn();
    }
    return answer.get();
  }
  template <class Actor, class Command> auto ask(std::size_t node, const identity& to, Command c) {
    return wait(begin<Actor>(node, to, std::move(c)));
  }
  /// Repeats while it is told to.
  template <class Actor, class Command> auto done(std::size_t node, const identity& to, Command c) {
    for (int tries = 0;; ++tries) {
      auto answer = ask<Actor>(node, to, c);
      if (answer)
        return *std::move(answer);
      const auto why = answer.error().code;
      ensure(tries < 10'000 && (why == code::unavailable || why == code::overloaded),
             answer.error().why);
    }
  }

private:
  struct waiting {
    identity to;
    std::unique_ptr<runtime::envelope> message;
  };
  struct store {
    runtime::meters meters;
    std::unique_ptr<runtime::store::local_state> state;
  };

  void send(const identity& to, std::unique_ptr<runtime::envelope> e) override {
    for (auto& one : hosts_)
      if (one.take(to, e))
        return;
    const std::scoped_lock lock{mutex_};
    waiting_.push_back({to, std::move(e)});
  }

public:
  steered_log log;
  hand_clock clock;

private:
  runtime::catalog kinds_;
  temporary_directory directory_;
  runtime::system_entropy random_;
  runtime::seal seal_{sealing_keys(), random_};
  caf::actor_system_config config_;
  std::deque<store> stores_; // outlived by the system's threads
  std::optional<caf::actor_system> system_;
  std::mutex mutex_;
  std::list<waiting> waiting_;
  std::deque<runtime::host> hosts_;
};

} // namespace tenon::tests
