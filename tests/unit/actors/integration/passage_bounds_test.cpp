// The promises of actors/integration/passage.hpp, against many credentials and syncs that ask at
// random for a long time: no limit is ever passed, and nobody starves.
#include "tests/unit/actors/integration/shop.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace std::chrono_literals;
using namespace tenon;
using namespace tenon::actors::connectors;
using actors::quota;
using kind = quota::kind;
using tenon::tests::at;

namespace {

struct somebody {
  std::string name;
  identity own;
  toll asks{};
  passage way{};
  moment comes{};
  moment wants_since{};
  bool under_way = false;
  std::size_t got = 0;
  span longest{};
};

struct use {
  moment at;
  moment until;
};

struct crowd {
  std::mt19937_64 random;
  shop one;
  quotas limits{};
  std::vector<somebody> people{};
  std::map<std::string, std::pair<quota::bucket, std::vector<use>>> used{};

  std::uint64_t any(std::uint64_t below) { return random() % below; }

  /// One message, or the end of a request.
  void step(somebody& me) {
    const auto now = me.comes;
    if (me.under_way) {
      limits.tell(me.way.leave(one.connector, me.asks, nullptr, now), now);
      for (const auto& g : me.way.gates())
        for (const auto& b : g.wanted.buckets)
          used[b.name].second.push_back({g.granted.at, now});
      me.under_way = false;
      me.way = {one.connector, me.asks, me.own};
      me.wants_since = now;
      return;
    }
    const auto* gate = me.way.next();
    const auto turn = me.way.hear(limits.ask(*gate, now), now, 1h);
    limits.tell(turn.told, now);
    if (turn.refused) {
      EXPECT_FALSE(turn.given_up) << turn.refused->why;
      me.comes += std::max(*turn.refused->retry_after, 1ms);
    } else if (me.way.next() == nullptr) {
      me.under_way = true;
      ++me.got;
      me.longest = std::max(me.longest, now - me.wants_since);
      me.comes += span{1 + any(60)};
    } else {
      me.comes += span{any(3)}; // messages take their time
    }
  }

  void run(span time) {
    const auto end = at(time);
    for (;;) {
      std::ranges::shuffle(people, random);
      auto& next = *std::ranges::min_element(people, {}, &somebody::comes);
      if (next.comes >= end)
        return;
      if (any(64) == 0) // a restart
        for (auto& [id, one] : limits.all)
          one.state = *protocols::decode<quota::state>(protocols::encode(one.state));
      step(next);
    }
  }
};

std::string any_limit(std::mt19937_64& random) {
  const auto amount = std::to_string(2 + random() % 8);
  const auto period = std::to_string(500 + random() % 2'000) + "ms";
  switch (random() % 5) {
  case 0:
    return R"("kind":"token","rate":")" + amount + '/' + period + '"';
  case 1:
    return R"("kind":"sliding","rate":")" + amount + '/' + period + '"';
  case 2:
    return R"("kind":"fixed","rate":")" + amount + '/' + period + '"';
  case 3:
    return R"("kind":"cost","max":)" + amount + R"(,"restore":"2/)" + period + '"';
  default:
    return R"("kind":"concurrency","limit":)" + std::to_string(1 + random() % 3);
  }
}

/// Of one connector: limits of each credential, of an app, and of another thing that crosses it.
crowd any_crowd(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::string buckets = "{" + any_limit(random) + R"(},{"key":"{{conn.app}}",)" +
                        any_limit(random) + R"(},{"key":"{{conn.place}} deep",)" +
                        any_limit(random) + R"(,"match":{"path":"/deep"}})";
  crowd made{std::move(random), shop{R"({"buckets":[)" + buckets + "]}"}};
  const auto credentials = 2 + made.any(3);
  for (std::uint64_t c = 0; c < credentials; ++c) {
    const auto name = "credential" + std::to_string(c);
    const object settings{{"app", made.any(4) == 0 ? "b" : "a"}, {"place", "p"}};
    const auto syncs = 1 + made.any(3);
    for (std::uint64_t s = 0; s < syncs; ++s) {
      somebody one{.name = name + " sync" + std::to_string(s), .own = {"acme", "quota", name}};
      one.asks = made.one.asked_by(name, settings, one.name, made.any(3) == 0 ? "/deep" : "/plain");
      one.way = {made.one.connector, one.asks, one.own};
      one.comes = one.wants_since = at(0s);
      for (const auto& b : one.asks.wanted.buckets)
        made.used[b.name].first = b;
      made.people.push_back(std::move(one));
    }
  }
  return made;
}

void expect_kept(const quota::bucket& b, std::vector<use> used) {
  std::ranges::sort(used, {}, &use::at);
  std::map<std::int64_t, std::size_t> windows;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (b.kind == kind::fixed) {
      ASSERT_LE(++windows[used[i].at.time_since_epoch() / b.period], b.amount);
      continue;
    }
    std::size_t within = 0;
    for (std::size_t j = i; j < used.size() && j < i + 64; ++j) {
      const auto length = used[j].at - used[i].at;
      if (b.kind == kind::sliding && length >= b.period)
        break;
      if (b.kind == kind::concurrency) { // those that hold a place when the i-th gets one
        const auto back = i - std::min(i, j - i);
        within += used[back].at <= used[i].at && (back == i || used[back].until > used[i].at);
        if (back == 0)
          break;
        continue;
      }
      ++within;
      const auto restored = b.kind == kind::cost ? b.restored : b.amount;
      const auto back = b.kind == kind::sliding ? 0 : length.count() * restored / b.period.count();
      ASSERT_LE(within, b.amount + static_cast<std::size_t>(back));
    }
    if (b.kind != kind::token && b.kind != kind::cost) {
      ASSERT_LE(within, b.amount);
    }
  }
}

/// What one of those who share the bucket waits for its turn, at the least.
span turn_of(const quota::bucket& b, std::size_t sharing) {
  constexpr span under_way{70};
  if (b.kind == kind::concurrency)
    return under_way * static_cast<int>(sharing) / static_cast<int>(b.amount);
  const auto comes_back = b.kind == kind::cost ? b.restored : b.amount;
  return b.period * static_cast<int>(sharing) / static_cast<int>(comes_back);
}

TEST(passage_bounds, of_many_credentials_no_limit_is_ever_passed_and_nobody_starves) {
  double worst = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    auto all = any_crowd(seed);
    all.run(3min);
    std::map<std::string, std::size_t> sharing;
    for (const auto& one : all.people)
      for (const auto& b : one.asks.wanted.buckets)
        ++sharing[b.name];
    for (const auto& [name, told] : all.used) {
      SCOPED_TRACE(name);
      expect_kept(told.first, told.second);
    }
    for (const auto& one : all.people) {
      span fair{};
      span period{};
      for (const auto& b : one.asks.wanted.buckets) {
        fair += turn_of(b, sharing[b.name]);
        period = std::max(period, b.period);
      }
      const auto patience = 4 * (fair + period) + 2s;
      worst = std::max(worst, double(one.longest.count()) / double(patience.count()));
      EXPECT_LE(one.longest, patience) << one.name << " got " << one.got;
      EXPECT_GE(one.got, std::size_t(3min / (4 * (fair + 200ms)))) << one.name;
    }
  }
  EXPECT_GT(worst, 0.2) << "a bound that nobody comes near says nothing";
}

} // namespace
