// A million actors on one node: stored, started over, woken by a question, and at rest in memory.
//
//   activation_benchmark [directory, which is made] [actors stored] [actors woken]
#include "tests/benchmarks/asking_load.hpp"
#include "tests/benchmarks/figure.hpp"
#include "tests/support/tally_actor.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <span>

namespace {

using namespace tenon;
using namespace tenon::tests;
constexpr auto endless = std::chrono::hours{1};

/// Memory of the process that is not a mapped file, in bytes: pages of the store that were read
/// are the kernel's cache.
double own_memory() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;)
    if (word == "RssAnon:") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}

identity nth(std::uint64_t n) {
  return {"acme", "tally", "n" + std::to_string(n)};
}

/// Stores that many actors, in rounds small enough to stay in memory; the seconds it took.
double fill(const std::filesystem::path& directory, std::uint64_t actors) {
  stored_host host{tally_kinds(), directory, {.idle = std::chrono::seconds{2}}};
  const auto payload = blob::copy_of(std::string(100, 'p'));
  const auto began = std::chrono::steady_clock::now();
  const auto o = asking_load::run(1024, actors, endless, [&](auto number, auto done) {
    host->ask<tally>(nth(number), tally::add{number, payload},
                     [done = std::move(done)](const auto& answer) { done(answer.has_value()); });
  });
  if (o.failed > 0)
    std::fprintf(stderr, "%llu were not stored\n", static_cast<unsigned long long>(o.failed));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

struct woken {
  double per_second = 0;
  double p99 = 0;
  double processor = 0; // seconds of each
  double loaded = 0;
  double memory = 0; // bytes of each
  double start = 0;  // seconds
};

/// Asks actors that are not in memory; each must know what it was told.
woken wake(const std::filesystem::path& directory, std::uint64_t stored, std::uint64_t asked) {
  const auto starting = std::chrono::steady_clock::now();
  stored_host host{tally_kinds(), directory, {.idle = endless}};
  const std::chrono::duration<double> start = std::chrono::steady_clock::now() - starting;
  const auto memory = own_memory();
  const auto used = processor_seconds();
  const auto of = [&](std::uint64_t number) { // scattered over all, none twice
    return number * 611'953 % stored;
  };
  const auto o = asking_load::run(256, asked, endless, [&](auto number, auto done) {
    host->ask<tally>(nth(of(number)), tally::peek{},
                     [expected = of(number), done = std::move(done)](const auto& answer) {
                       done(answer.has_value() && answer->sum == expected);
                     });
  });
  if (o.failed > 0) {
    std::fprintf(stderr, "%llu did not know what they were told\n",
                 static_cast<unsigned long long>(o.failed));
    std::exit(1);
  }
  const auto loaded = static_cast<double>(host->loaded_count());
  return {.per_second = o.per_second,
          .p99 = o.p99,
          .processor = (processor_seconds() - used) / static_cast<double>(asked),
          .loaded = loaded,
          .memory = (own_memory() - memory) / loaded,
          .start = start.count()};
}

/// The best of some rounds: others may be at work on the machine. Memory is that of the first, in
/// which nothing can be used again.
void wake_some(const std::filesystem::path& directory, std::uint64_t stored, std::uint64_t asked) {
  const auto first = wake(directory, stored, asked);
  auto best = first;
  for (int round = 1; round < 3; ++round)
    if (const auto one = wake(directory, stored, asked); one.per_second > best.per_second)
      best = one;
  const auto all = with_commas(static_cast<double>(stored));
  print_figure("stored actors woken by a question, " + all + " stored", ">= 100,000/s",
               with_commas(best.per_second) + "/s, p99 " + fixed(best.p99, 2) + " ms, " +
                   fixed(best.processor * 1e6, 1) + " us of processor");
  print_figure("memory of an actor at rest, " + with_commas(first.loaded) + " loaded", "<= 1,536 B",
               with_commas(first.memory) + " B");
  print_figure("start of a host with " + all + " actors stored", "-",
               fixed(best.start * 1e3, 0) + " ms");
}

} // namespace

int main(int count, char** arguments) {
  const std::span words{arguments, static_cast<std::size_t>(count)};
  const std::filesystem::path directory =
      count > 1 ? words[1] : "out/activation." + std::to_string(::getpid());
  const std::uint64_t stored = count > 2 ? std::strtoull(words[2], nullptr, 10) : 1'000'000;
  const std::uint64_t asked = count > 3 ? std::strtoull(words[3], nullptr, 10) : 200'000;
  std::filesystem::remove_all(directory); // what an earlier run left would be counted twice
  const auto took = fill(directory, stored);
  print_figure("actors made and stored, one node", "1,000,000",
               with_commas(static_cast<double>(stored)) + " at " +
                   with_commas(static_cast<double>(stored) / took) + "/s");
  wake_some(directory, stored, asked);
  std::filesystem::remove_all(directory);
}
