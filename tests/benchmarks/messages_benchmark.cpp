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

/// Messages delivered per second.
double thrown(stored_host& host, const std::string& kind, std::size_t actors, std::size_t balls,
              std::uint64_t throws, std::size_t messages_of_each) {
  landed = 0;
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t b = 0; b < balls; ++b)
    host->ask<tally>({"acme", kind, "n" + std::to_string(b % actors)}, tally::told{throws},
                     [](const auto&) {});
  for (auto seen = landed.load(); seen < balls; seen = landed.load())
    landed.wait(seen);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  return static_cast<double>(balls * throws * messages_of_each) / took.count();
}

} // namespace

int main(int count, char** arguments) {
  temporary_directory directory;
  stored_host host{{runtime::describe<thrower<true>>("ping"),
                    runtime::describe<thrower<false>>("pong"), runtime::describe<burster>("burster"),
                    runtime::describe<taker>("taker")},
                   count > 1 ? std::filesystem::path{arguments[1]} : directory / "data"};
  for (const std::size_t pairs : {1u, 16u, 1024u}) {
    const auto balls = std::max<std::size_t>(64, pairs * 4);
    thrown(host, "ping", pairs, balls, 1000, 1);
    print_figure("messages between actors, " + std::to_string(pairs) + " pairs, " +
                     std::to_string(balls) + " in flight",
                 pairs == 16 ? ">= 2,000,000/s" : "-",
                 with_commas(thrown(host, "ping", pairs, balls, 8'000'000 / balls, 1)) + "/s");
  }
  print_figure("messages between actors, bursts of 64", "-",
               with_commas(thrown(host, "burster", 16, 16, 8000, burst_size)) + "/s");
}
