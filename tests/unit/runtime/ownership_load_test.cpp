// Partitions move to and fro between two hosts while they are spoken to. The seed is printed;
// TENON_SEED repeats one.
#include "tests/support/steered_nodes.hpp"
#include "tests/support/tally_actor.hpp"
#include "tests/support/until.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace {

using namespace tenon;
using runtime::partition_number;
using tests::steered_log;
using tests::steered_nodes;
using tests::tally;
using wire = protocols::tally;

constexpr partition_number partitions = 4;
constexpr int senders = 6, boxes = 5, askers = 3, asked_each = 150;

identity sender(std::uint64_t i) {
  return {"acme", "tally", "sender" + std::to_string(i % senders)};
}
identity box(std::uint64_t i) {
  return {"acme", "tally", "box" + std::to_string(i % boxes)};
}

/// What was performed, of all nodes.
struct performed {
  std::mutex guard;
  std::map<std::pair<identity, std::uint64_t>, int> first; // how often not as a repetition
};

class answering final : public runtime::performer {
public:
  explicit answering(performed& all) : all_{all} {}
  void perform(runtime::effect e, std::function<void(blob)> outcome) override {
    {
      const std::scoped_lock lock{all_.guard};
      all_.first[{e.by, e.number}] += e.repeated ? 0 : 1;
    }
    outcome(protocols::encode(wire::command{wire::heard{1}}));
  }

private:
  performed& all_;
};

/// What askers know of one sort of command: how many happened, and of how many nobody knows.
struct known {
  std::atomic<std::uint64_t> acknowledged{0}, unknown{0};

  void expect(std::uint64_t happened) const {
    EXPECT_GE(happened, acknowledged);
    EXPECT_LE(happened, acknowledged + unknown);
  }
};

class load {
public:
  explicit load(std::uint64_t seed)
      : seed_{seed}, nodes_{tests::tally_kinds(), 2, {}, partitions, [this](std::size_t) {
                              return std::make_unique<answering>(effects_);
                            }} {}

  void run() {
    std::mt19937_64 random{seed_};
    for (partition_number p = 0; p < partitions; ++p)
      nodes_.log.give(p, random() % 2);
    for (std::uint64_t i = 0; i < senders; ++i) // without it there is nothing to keep of them
      nodes_.done<tally>(0, sender(i), wire::add{0});
    std::atomic<int> asking{askers};
    std::vector<std::jthread> threads;
    for (std::uint64_t a = 0; a < askers; ++a)
      threads.emplace_back([this, a, &asking] {
        ask(a);
        --asking;
      });
    while (asking > 0) {
      const auto p = static_cast<partition_number>(random() % partitions);
      switch (random() % 8) {
      case 0:
        nodes_.log.take(p, random() % 2 == 0 ? steered_log::remnant::kept
                                             : steered_log::remnant::replaced);
        break;
      case 1:
        nodes_.log.hold(p);
        break;
      case 2:
        nodes_.log.confirm(p);
        break;
      case 3:
      case 4:
        nodes_.log.give(p, random() % 2);
        break;
      default:
        nodes_.turn();
      }
      std::this_thread::yield();
    }
    threads.clear();
    for (partition_number p = 0; p < partitions; ++p)
      nodes_.log.give(p, random() % 2);
    check();
  }

private:
  void ask(std::uint64_t asker) {
    std::mt19937_64 random{seed_ + asker + 1};
    for (int i = 0; i < asked_each; ++i) {
      const auto from = sender(random());
      const auto key = std::to_string(asker) + "." + std::to_string(i);
      switch (random() % 3) {
      case 0:
        put(random() % 2, from, key);
        break;
      case 1:
        tell(random() % 2, passes_, from,
             wire::pass{.to = to_string(box(random())), .amount = 1, .durable = true});
        break;
      default:
        tell(random() % 2, calls_, from, wire::ask{"x"});
      }
    }
  }

  /// Why it is not known to have happened; nothing when it has.
  template <class Command>
  std::optional<code> answer_to(std::size_t node, const identity& to, const Command& c) {
    for (;;) {
      const auto answer = nodes_.begin<tally>(node, to, c).get();
      if (answer)
        return std::nullopt;
      if (answer.error().code != code::unavailable && answer.error().code != code::overloaded)
        return answer.error().code;
      std::this_thread::yield();
    }
  }
  template <class Command>
  void tell(std::size_t node, known& k, const identity& to, const Command& c) {
    const auto failed = answer_to(node, to, c);
    EXPECT_TRUE(!failed || failed == code::timed_out) << name_of(failed.value_or(code{}));
    ++(failed ? k.unknown : k.acknowledged);
  }
  /// Harmless to repeat: until it is acknowledged.
  void put(std::size_t node, const identity& to, const std::string& key) {
    while (answer_to(node, to, wire::put{key, blob::copy_of(key)}))
      std::this_thread::yield();
    ++puts_;
  }

  void check() {
    struct total {
      std::uint64_t sent = 0, taken = 0, heard = 0, rows = 0;
    };
    const auto totals = [&] {
      total t;
      nodes_.turn();
      for (std::uint64_t i = 0; i < senders; ++i) {
        const auto one = nodes_.done<tally>(0, sender(i), wire::peek{});
        t.sent += one.sum;
        t.heard += one.heard;
        t.rows += one.rows;
      }
      for (std::uint64_t i = 0; i < boxes; ++i)
        t.taken += nodes_.done<tally>(0, box(i), wire::peek{}).sum;
      return t;
    };
    const auto effects = [this] {
      const std::scoped_lock lock{effects_.guard};
      return effects_.first.size();
    };
    const auto end = tests::until(totals, [&](const total& t) {
      return t.sent == t.taken && t.heard == effects() && t.heard >= calls_.acknowledged;
    });
    EXPECT_EQ(end.sent, end.taken) << "every message is taken in once";
    passes_.expect(end.sent);
    EXPECT_EQ(end.heard, effects()) << "every effect's outcome comes back once";
    calls_.expect(end.heard);
    EXPECT_EQ(end.rows, puts_) << "what was acknowledged is there";
    for (const auto& [effect, times] : effects_.first)
      EXPECT_LE(times, 1) << to_string(effect.first) << " " << effect.second;
  }

  std::uint64_t seed_;
  performed effects_;
  known passes_, calls_;
  std::atomic<std::uint64_t> puts_{0};
  steered_nodes nodes_;
};

TEST(ownership_under_load, moves_to_and_fro_and_nothing_is_lost_or_done_twice) {
  const char* given = std::getenv("TENON_SEED");
  const auto first = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (std::uint64_t seed = first; seed < first + (given ? 1 : 2); ++seed) {
    SCOPED_TRACE("TENON_SEED=" + std::to_string(seed));
    load{seed}.run();
  }
}

} // namespace
