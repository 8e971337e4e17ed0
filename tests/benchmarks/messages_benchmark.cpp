// Messages between actors that nobody waits for and nothing keeps. Pairs of actors throw balls to
// each other: each message that arrives makes its receiver decide and send the next one. In a burst
// one decision sends 64 messages at once, to actors that only take them in.
//
//   messages_benchmark [directory, which is made]
#include "tests/benchmarks/figure.hpp"
#include "tests/support/stored_host.hpp"
#include "tests/support/tally_actor.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>
#include <chrono>

namespace {

using namespace tenon;
using namespace tenon::tests;

// By a name of its own: within an actor, `tally` is the conversation.
using counting = tests::tally;

std::atomic<std::uint64_t> landed = 0; // balls that fly no more

void land() {
  landed.fetch_add(1, std::memory_order_release);
  landed.notify_one();
}

/// Throws a ball back to its namesake until the ball has flown often enough.
template <bool First> struct thrower : counting {
  using counting::on;
  static decision<told> on(const state&, const told& c, moment) {
    if (c.amount == 0)
      return land(), ignore();
    return ignore().notify<tally>({"", First ? "pong" : "ping", ""}, told{c.amount - 1});
  }
};

constexpr std::size_t burst_size = 64;

/// Sends to 64 others at once, and when the last of them says so, again.
struct burster : counting {
  using counting::on;
  static decision<told> on(const state&, const told& c, moment) {
    if (c.amount == 0)
      return land(), ignore();
    auto many = ignore();
    for (std::size_t i = 0; i < burst_size - 1; ++i)
      many = std::move(many).notify<tally>({"", "taker", "n" + std::to_string(i)}, told{0});
    return std::move(many).notify<tally>({"", "burster", ""}, told{c.amount - 1});
  }
};

struct taker : counting {
  using counting::on;
  static decision<told> on(const state&, const told&, moment) { return ignore(); }
};

struct outcome {
  double per_second = 0;
  double processor = 0; // seconds a message
};

outcome thrown(stored_host& host, const std::string& kind, std::size_t actors, std::size_t balls,
               std::uint64_t throws, std::size_t messages_of_each) {
  landed = 0;
  const auto began = std::chrono::steady_clock::now();
  const auto used = processor_seconds();
  for (std::size_t b = 0; b < balls; ++b)
    host->ask<tally>({"acme", kind, "n" + std::to_string(b % actors)}, tally::told{throws},
                     [](const auto&) {});
  for (auto seen = landed.load(); seen < balls; seen = landed.load())
    landed.wait(seen);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const auto messages = static_cast<double>(balls * throws * messages_of_each);
  return {messages / took.count(), (processor_seconds() - used) / messages};
}

/// The best of some rounds: others may be at work on the machine.
void measure(stored_host& host, const std::string& what, const std::string& goal,
             const std::string& kind, std::size_t actors, std::size_t balls,
             std::size_t messages_of_each) {
  const auto throws = 4'000'000 / balls / messages_of_each;
  thrown(host, kind, actors, balls, throws / 10, messages_of_each);
  outcome best;
  for (int round = 0; round < 3; ++round) {
    const auto one = thrown(host, kind, actors, balls, throws, messages_of_each);
    if (one.per_second > best.per_second)
      best = one;
  }
  print_figure("messages between actors, " + what, goal,
               with_commas(best.per_second) + "/s, " + fixed(best.processor * 1e6, 2) +
                   " us of processor");
}

} // namespace

int main(int count, char** arguments) {
  temporary_directory directory;
  stored_host host{{runtime::describe<thrower<true>>("ping"),
                    runtime::describe<thrower<false>>("pong"),
                    runtime::describe<burster>("burster"), runtime::describe<taker>("taker")},
                   count > 1 ? std::filesystem::path{arguments[1]} : directory / "data"};
  measure(host, "16 pairs, 64 in flight", "-", "ping", 16, 64, 1);
  measure(host, "16 pairs, 1,024 in flight", ">= 2,000,000/s", "ping", 16, 1024, 1);
  measure(host, "1,024 pairs, 4,096 in flight", "-", "ping", 1024, 4096, 1);
  measure(host, "bursts of 64", "-", "burster", 16, 16, burst_size);
}
