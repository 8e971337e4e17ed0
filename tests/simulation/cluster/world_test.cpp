// Some seeds of the simulated cluster, and every mistake noticed. More of them:
// cluster_simulation --seeds N --first S.
#include "tests/simulation/cluster/world.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace tenon::tests::simulation {

namespace {

constexpr std::uint64_t seeds_of_a_part = 200;

class simulated_cluster : public testing::TestWithParam<int> {};

TEST_P(simulated_cluster, decides_the_same_everywhere_and_loses_nothing) {
  const auto first = 1 + static_cast<std::uint64_t>(GetParam()) * seeds_of_a_part;
  std::uint64_t acknowledged = 0;
  for (auto seed = first; seed < first + seeds_of_a_part; ++seed) {
    const auto out = world{seed, mistake::none}.run();
    ASSERT_EQ(out.wrong, "") << "cluster_simulation --seeds 1 --first " << seed;
    acknowledged += out.acknowledged;
  }
  EXPECT_GT(acknowledged, 100 * seeds_of_a_part) << "they hardly did anything";
}

INSTANTIATE_TEST_SUITE_P(seeds, simulated_cluster, testing::Range(0, 4));

TEST(simulated_clusters, with_the_same_seed_are_the_same) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto once = world{seed, mistake::none}.run();
    const auto again = world{seed, mistake::none}.run();
    EXPECT_EQ(once.hash, again.hash) << "seed " << seed;
    EXPECT_EQ(once.milliseconds, again.milliseconds) << "seed " << seed;
    EXPECT_NE(once.hash, world(seed + 1, mistake::none).run().hash);
  }
}

/// In a process of its own: some mistakes end it.
[[noreturn]] void look_for(mistake m) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed)
    if (const auto wrong = world{seed, m}.run().wrong; !wrong.empty()) {
      std::fprintf(stderr, "seed %d: %s\n", static_cast<int>(seed), wrong.c_str());
      _exit(1);
    }
  _exit(0);
}

class mistaken_cluster : public testing::TestWithParam<mistake> {};

TEST_P(mistaken_cluster, is_noticed_within_two_thousand_seeds) {
  const auto noticed = [](int status) { return !WIFEXITED(status) || WEXITSTATUS(status) != 0; };
  EXPECT_EXIT(look_for(GetParam()), noticed, "");
}

INSTANTIATE_TEST_SUITE_P(each, mistaken_cluster, testing::ValuesIn(all_mistakes),
                         [](const auto& each) { return std::string{name_of(each.param)}; });

} // namespace

} // namespace tenon::tests::simulation
