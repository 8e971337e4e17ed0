// Durable decisions through actors: asks of 256 B that are answered after their fsync, by actors of
// a host over a real data directory. Prints for each number in flight a line
// "<in flight> <decisions/s> <p50 ms> <p99 ms>"; decisions_benchmark.sh, which sets others beside
// it, makes figures of them.
//
//   decisions_benchmark <directory> <seconds of each> [actors] [in flight...]
#include "tests/benchmarks/asking_load.hpp"
#include "tests/support/tally_actor.hpp"

#include <cstdio>
#include <cstdlib>
#include <span>

namespace {

using namespace tenon;
using namespace tenon::tests;

void decisions(stored_host& host, std::size_t actors, std::size_t in_flight, double seconds) {
  std::vector<identity> all;
  for (std::size_t i = 0; i < actors; ++i)
    all.push_back({"acme", "tally", "n" + std::to_string(i)});
  const auto payload = blob::copy_of(std::string(256, 'p'));
  const asking_load::question ask = [&](std::uint64_t number, std::function<void(bool)> done) {
    host->ask<tally>(all[number % actors], tally::add{1, payload},
                     [done = std::move(done)](const auto& answer) { done(answer.has_value()); });
  };
  const auto time = [](double s) {
    return std::chrono::duration_cast<asking_load::clock::duration>(
        std::chrono::duration<double>(s));
  };
  const auto endless = ~std::uint64_t{0};
  asking_load::run(in_flight, endless, time(1), ask); // until caches and files have their size
  const auto o = asking_load::run(in_flight, endless, time(seconds), ask);
  if (o.failed > 0)
    std::fprintf(stderr, "%llu were refused\n", static_cast<unsigned long long>(o.failed));
  std::printf("%zu %.0f %.3f %.3f\n", in_flight, o.per_second, o.p50, o.p99);
  std::fflush(stdout);
}

} // namespace

int main(int count, char** arguments) {
  const std::span words{arguments, static_cast<std::size_t>(count)};
  if (count < 3)
    return std::fprintf(stderr, "directory and seconds are missing\n"), 2;
  stored_host host{tally_kinds(), words[1]};
  const double seconds = std::atof(words[2]);
  const std::size_t actors = count > 3 ? std::strtoul(words[3], nullptr, 10) : 64;
  std::vector<std::size_t> flights{256, 1024, 4096};
  if (count > 4)
    flights.clear();
  for (int i = 4; i < count; ++i)
    flights.push_back(std::strtoul(words[static_cast<std::size_t>(i)], nullptr, 10));
  for (const auto in_flight : flights)
    decisions(host, actors, in_flight, seconds);
}
