// Ten thousand syncs on one node: each is an actor, and as many of them read as were allowed to.
#include "tests/support/running_node.hpp"

#include <atomic>
#include <cmath>
#include <thread>

namespace {

using namespace tenon;
using namespace tenon::tests;

constexpr int all = 10'000;
constexpr int at_once = 5;
constexpr std::size_t of_one_request = 1'000;

class many_syncs : public running_node {
protected:
  void make_syncs() {
    list some;
    for (int i = 0; i < all; ++i) {
      const object from{{"csv", object{{"path", "a.csv"}, {"key", "id"}}}};
      const object spec{{"from", from}, {"into", "c" + std::to_string(i % 50)}};
      some.push_back(object{{"kind", "sync"}, {"name", name(i)}, {"spec", spec}});
      if (some.size() == of_one_request)
        apply(std::exchange(some, {}));
    }
  }
  static std::string name(int number) { return "s" + std::to_string(number); }
};

TEST_F(many_syncs, are_actors_of_which_as_many_read_at_once_as_are_allowed_to) {
  std::filesystem::create_directories(directory_ / "files");
  std::ofstream{directory_ / "files" / "a.csv"} << "id,name\n1,ann\n2,bob\n";
  start_node({"--allow-files", (directory_ / "files").string(), "--sync-concurrency",
              std::to_string(at_once), "--tenant-sync-concurrency", "0"});
  make_syncs();
  double most = 0;
  const auto look = [&] { most = std::max(most, metric("tenon_sync_turns_at_work")); };
  std::atomic<int> next = 0;
  {
    std::vector<std::jthread> people;
    for (int i = 0; i < 16; ++i)
      people.emplace_back([&] {
        for (int n = next++; n < all; n = next++)
          start_run(name(n));
      });
    while (next < all)
      look();
  }
  const std::string succeeded = R"(tenon_sync_runs_total{outcome="succeeded"})";
  await("the last of them", [&] {
    look();
    return metric(succeeded) >= all;
  });
  EXPECT_LE(most, at_once);
  EXPECT_GT(most, 0) << "nobody was ever seen at work";
  EXPECT_EQ(metric(succeeded), all) << "each once";
  EXPECT_EQ(contents("c49").size(), 2u);
  EXPECT_LT(peak_memory(), std::size_t{256} << 20);
}

} // namespace
