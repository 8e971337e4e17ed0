#include "cluster/placement/health.hpp"
#include "tests/unit/cluster/members.hpp"

namespace tenon::tests {

namespace {

using cluster::placement::gone;
using cluster::placement::health;
using cluster::placement::limits;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr moment start{span{1'800'000'000'000}};

TEST(health, takes_whoever_was_not_heard_for_dead_since_it_began) {
  const health h{start};
  const limits l;
  EXPECT_FALSE(h.alive(1));
  EXPECT_FALSE(h.settled(1, l, start + hours{1}));
  EXPECT_FALSE(h.gone(1, l, start + minutes{5}));
  EXPECT_TRUE(h.gone(1, l, start + minutes{5} + span{1}));
}

TEST(health, trusts_a_new_voice_after_the_settling_time) {
  health h{start};
  const limits l;
  h.hear(1, true, start + seconds{1});
  EXPECT_TRUE(h.alive(1));
  EXPECT_FALSE(h.settled(1, l, start + seconds{5}));
  h.hear(1, true, start + seconds{4}); // said again, nothing changes
  EXPECT_TRUE(h.settled(1, l, start + seconds{6}));
}

TEST(health, waits_twice_as_long_after_each_death_until_it_has_lived_for_long) {
  health h{start};
  const limits l;
  auto now = start;
  const auto wait = [&] {
    h.hear(1, true, now);
    auto until = now;
    while (!h.settled(1, l, until))
      until += span{500};
    return until - now;
  };
  const auto die = [&](span after) {
    now += after;
    h.hear(1, false, now);
    now += seconds{1};
  };
  EXPECT_EQ(wait(), seconds{5});
  die(minutes{1});
  EXPECT_EQ(wait(), seconds{5}) << "once can happen to anyone";
  die(minutes{1});
  EXPECT_EQ(wait(), seconds{10});
  die(minutes{1});
  EXPECT_EQ(wait(), seconds{20});
  for (int i = 0; i < 20; ++i) {
    die(minutes{1});
    h.hear(1, true, now);
  }
  EXPECT_EQ(wait(), minutes{5});
  die(hours{24});
  EXPECT_EQ(wait(), seconds{5});
}

TEST(health, is_quiet_when_nobody_came_or_went_for_a_minute) {
  health h{start};
  const limits l;
  h.hear(1, true, start);
  EXPECT_FALSE(h.quiet(l, start + seconds{59}));
  EXPECT_TRUE(h.quiet(l, start + seconds{60}));
  h.hear(1, false, start + seconds{70});
  EXPECT_FALSE(h.quiet(l, start + seconds{80}));
}

TEST(health, gives_up_the_dead_after_the_grace_time_and_takes_them_back_when_settled) {
  health h{start};
  const limits l;
  h.hear(1, true, start);
  auto now = start + minutes{30};
  h.hear(1, false, now);
  EXPECT_FALSE(h.gone(1, l, now + minutes{5}));
  now += minutes{6};
  EXPECT_TRUE(h.gone(1, l, now));
  h.hear(1, true, now);
  EXPECT_TRUE(h.gone(1, l, now + seconds{4})) << "it could go again";
  EXPECT_FALSE(h.gone(1, l, now + seconds{5}));
}

TEST(health, gives_up_nobody_when_many_are_missing) {
  auto m = cluster_of(20);
  const limits l;
  health h{m.now};
  const auto later = m.now + minutes{6};
  for (membership::node_id id = 1; id <= 18; ++id)
    h.hear(id, true, later);
  EXPECT_EQ(gone(m.state, h, l, later), (membership::node_ids{19, 20}));
  h.hear(18, false, later);
  const auto much_later = later + minutes{6};
  EXPECT_TRUE(gone(m.state, h, l, much_later).empty()) << "three of twenty";
  m.miss(20);
  m.obey(words::remove{20});
  m.miss(19);
  m.obey(words::remove{19});
  EXPECT_EQ(gone(m.state, h, l, much_later), membership::node_ids{18})
      << "who is removed does not count";
}

} // namespace

} // namespace tenon::tests
