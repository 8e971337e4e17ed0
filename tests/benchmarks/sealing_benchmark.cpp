// Sealing and opening short secrets. Goal: 200,000 a second on one thread.
#include "runtime/sealing/sealing.hpp"

#include <benchmark/benchmark.h>

namespace tenon::runtime {
namespace {

const identity owner{"acme", "credential", "crm"};

sealing make() {
  system_entropy random;
  std::array<unsigned char, secret_key::size> bytes;
  random.fill(bytes);
  return *sealing::from_keys({{1, secret_key{bytes}}});
}

void seal(benchmark::State& state) {
  const auto vault = make();
  system_entropy random;
  const std::string text(static_cast<std::size_t>(state.range(0)), 's');
  for (auto _ : state)
    benchmark::DoNotOptimize(vault.seal(owner, "token", text, random.make_nonce()));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(seal)->Arg(40)->Arg(1'000)->Arg(100'000);

void open(benchmark::State& state) {
  const auto vault = make();
  const std::string text(static_cast<std::size_t>(state.range(0)), 's');
  const auto sealed = vault.seal(owner, "token", text, nonce{});
  for (auto _ : state)
    benchmark::DoNotOptimize(vault.open(owner, "token", sealed));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(open)->Arg(40)->Arg(1'000);

} // namespace
} // namespace tenon::runtime

BENCHMARK_MAIN();
