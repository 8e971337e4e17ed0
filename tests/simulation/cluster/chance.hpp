// Everything random in a run comes from here, so that a seed is a run.
#pragma once

#include <cstdint>

namespace tenon::tests::simulation {

class chance {
public:
  explicit chance(std::uint64_t seed) : state_{seed} {}

  std::uint64_t draw() {
    auto x = state_ += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return draw() % bound; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + below(most - least + 1);
  }
  bool of_hundred(std::uint64_t percent) { return below(100) < percent; }

private:
  std::uint64_t state_;
};

} // namespace tenon::tests::simulation
