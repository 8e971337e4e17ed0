// Runs so many seeds and says what was wrong with the first that fails:
//   cluster_simulation --seeds N --first S [--mistake NAME]
#include "tests/simulation/cluster/world.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

namespace simulation = tenon::tests::simulation;

struct wish {
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  simulation::mistake mistake = simulation::mistake::none;
};

bool read(int count, char** words, wish& into) {
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = words[i];
    if (name == "--seeds")
      into.seeds = std::strtoull(words[i + 1], nullptr, 10);
    else if (name == "--first")
      into.first = std::strtoull(words[i + 1], nullptr, 10);
    else if (name == "--mistake") {
      for (const auto m : simulation::all_mistakes)
        if (name_of(m) == words[i + 1])
          into.mistake = m;
      if (into.mistake == simulation::mistake::none)
        return false;
    } else
      return false;
  }
  return count % 2 == 1;
}

} // namespace

int main(int count, char** words) {
  wish asked;
  if (!read(count, words, asked)) {
    std::fputs("cluster_simulation [--seeds N] [--first S] [--mistake NAME]\n", stderr);
    return 2;
  }
  simulation::outcome sum;
  for (auto seed = asked.first; seed < asked.first + asked.seeds; ++seed) {
    const auto out = simulation::world{seed, asked.mistake}.run();
    if (!out.wrong.empty()) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), out.wrong.c_str());
      return 1;
    }
    sum.hash = simulation::mixed(sum.hash, out.hash);
    sum.milliseconds += out.milliseconds;
    sum.applied += out.applied;
    sum.acknowledged += out.acknowledged;
    sum.reads += out.reads;
    sum.elections += out.elections;
    sum.fetches += out.fetches;
  }
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("seeds %llu, played %llu s: applied %llu, acknowledged %llu, reads %llu, elections "
              "%llu, states fetched %llu; hash %016llx\n",
              number(asked.seeds), number(sum.milliseconds / 1000), number(sum.applied),
              number(sum.acknowledged), number(sum.reads), number(sum.elections),
              number(sum.fetches), number(sum.hash));
}
