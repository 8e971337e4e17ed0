// What durability costs on this machine: appends acknowledged after their fsync, state rows, loads,
// and the start with a large log. Prints a table; takes the directory to work in, which decides
// the disk that is measured, and the seconds for each line.
#include "runtime/store/local_journal.hpp"
#include "runtime/store/local_state.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using namespace tenon;
using namespace tenon::runtime;
using namespace tenon::runtime::store;
using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point began) {
  return std::chrono::duration<double>(clock_type::now() - began).count();
}

std::atomic<std::uint32_t> told = 0; // how often anybody was told: the generator sleeps on it

/// Keeps a number of appends in flight, refilled when some are acknowledged, as a node's cells do.
class load final : public durable_listener {
public:
  load(partition_number p, std::size_t in_flight) : partition_{p}, room_{in_flight} {}

  void durable(std::uint64_t index) noexcept override {
    durable_.store(index, std::memory_order_release);
    told.fetch_add(1, std::memory_order_release);
    told.notify_one();
  }
  /// Takes note of what was acknowledged and refills; whether anything happened.
  bool turn(local_journal& j, const blob& entry, std::vector<float>& latencies) {
    const auto durable = durable_.load(std::memory_order_acquire);
    const auto now = clock_type::now();
    bool moved = false;
    for (; taken_ < durable; ++taken_, ++room_, moved = true)
      latencies.push_back(
          std::chrono::duration<float, std::milli>(now - begun_[taken_ % begun_.size()]).count());
    for (; room_ > 0; --room_, moved = true) {
      const auto index = j.append(partition_, j.term(partition_), entry, *this);
      if (!index)
        break;
      if (taken_ == 0)
        taken_ = *index - 1;
      begun_[(*index - 1) % begun_.size()] = now;
    }
    return moved;
  }

private:
  partition_number partition_;
  std::size_t room_;
  std::uint64_t taken_ = 0;
  std::atomic<std::uint64_t> durable_ = 0;
  std::vector<clock_type::time_point> begun_ = std::vector<clock_type::time_point>(8192);
};

template <class Opened> auto opened(Opened r) {
  if (r)
    return std::move(r).value();
  std::fprintf(stderr, "%s: %s\n", r.error().where.c_str(), r.error().why.c_str());
  std::exit(1);
}

struct opened_journal {
  opened_journal(const std::filesystem::path& file, meters& m)
      : log{opened(log_store::open({.file = file, .next_terms = true}, m))}, journal{*log} {}
  local_journal& operator*() { return journal; }
  local_journal* operator->() { return &journal; }

  std::unique_ptr<log_store> log;
  local_journal journal;
};

void appends(const std::filesystem::path& directory, std::size_t in_flight, double most) {
  meters m;
  const auto file = directory / "journal.mdb";
  std::filesystem::remove(file);
  opened_journal j{file, m};
  const auto entry = blob::copy_of(std::string(256, 'e'));
  std::vector<std::unique_ptr<load>> loads;
  for (partition_number p = 0; p < 16; ++p)
    loads.push_back(std::make_unique<load>(p, in_flight / 16));
  std::vector<float> latencies;
  latencies.reserve(20'000'000);
  const auto began = clock_type::now();
  auto trimmed = began;
  while (seconds_since(began) < most) {
    const auto before = told.load(std::memory_order_acquire);
    bool moved = false;
    for (auto& l : loads)
      moved = l->turn(*j, entry, latencies) || moved;
    if (!moved)
      told.wait(before);
    if (seconds_since(trimmed) > 0.1) {
      trimmed = clock_type::now();
      for (partition_number p = 0; p < 16; ++p)
        j->trim(p, j->durable(p) - std::min<std::uint64_t>(j->durable(p), 10'000));
    }
  }
  const auto took = seconds_since(began);
  const auto quantile = [&](double q) {
    const auto at = static_cast<std::size_t>(q * static_cast<double>(latencies.size() - 1));
    std::nth_element(latencies.begin(), latencies.begin() + static_cast<std::ptrdiff_t>(at),
                     latencies.end());
    return latencies[at];
  };
  const auto count = static_cast<double>(latencies.size());
  std::printf("append 256 B, %4zu in flight  %9.0f/s  p50 %.3f ms  p99 %.3f ms\n", in_flight,
              count / took, static_cast<double>(quantile(0.5)),
              static_cast<double>(quantile(0.99)));
}

class nobody final : public durable_listener {
public:
  void durable(std::uint64_t) noexcept override {}
};

void start(const std::filesystem::path& directory, std::size_t entries) {
  meters m;
  const auto file = directory / "journal.mdb";
  std::filesystem::remove(file);
  nobody listener;
  {
    opened_journal j{file, m};
    const auto entry = blob::copy_of(std::string(256, 'e'));
    for (std::size_t i = 0; i < entries;) {
      const auto p = static_cast<partition_number>(i % 16);
      if (j->append(p, j->term(p), entry, listener))
        ++i;
      else
        std::this_thread::yield();
    }
  }
  const auto began = clock_type::now();
  opened_journal j{file, m};
  const auto took = seconds_since(began);
  std::printf("start with a log of %zu entries (%.0f MB)  %.0f ms\n", entries,
              static_cast<double>(j.log->file().filled().used_bytes) / 1e6, took * 1e3);
  const auto scanning = clock_type::now();
  std::size_t seen = 0;
  for (partition_number p = 0; p < 16; ++p)
    j->scan(p, 0, [&](const journal_entry&) { ++seen; });
  std::printf("scan (replay's reading)  %9.0f entries/s\n",
              static_cast<double>(seen) / seconds_since(scanning));
}

/// Many table rows of one collection, and many small cells, with the journal far ahead.
void state_rows(const std::filesystem::path& directory, double most) {
  meters m;
  std::filesystem::remove(directory / "journal.mdb");
  std::filesystem::remove(directory / "state.mdb");
  opened_journal j{directory / "journal.mdb", m};
  nobody listener;
  const auto ahead = *j->append(0, j->term(0), blob{}, listener);
  while (j->durable(0) < ahead)
    std::this_thread::yield();
  auto s = opened(local_state::open({.file = directory / "state.mdb"}, *j, m));
  const auto value = blob::copy_of(std::string(1000, 'v'));
  const identity collection{"acme", "collection", "customers"};
  std::size_t rows = 0;
  std::mt19937_64 random{7};
  const auto fill = [&](const char* what, bool sorted) {
    const auto began = clock_type::now();
    rows = 0;
    while (seconds_since(began) < most) {
      auto changes = std::make_shared<std::vector<table_change>>();
      for (int i = 0; i < 500; ++i) {
        char key[32];
        const auto number = sorted ? rows + static_cast<std::size_t>(i) : random() % 10'000'000;
        std::snprintf(key, sizeof key, "customer-%012zu", number);
        changes->push_back({key, value});
      }
      rows += changes->size();
      state_save save{.id = collection, .index = 1, .row = value};
      save.table = std::move(changes);
      s->save(std::move(save), {});
      while (s->waiting() > std::size_t{64} << 20)
        std::this_thread::yield();
    }
    if (!s->write_now(span{120'000}))
      std::exit(1);
    std::printf("%s  %9.0f rows/s\n", what, static_cast<double>(rows) / seconds_since(began));
  };
  fill("table rows of 1 KB, ascending keys", true);
  fill("table rows of 1 KB, random keys   ", false);

  const auto began = clock_type::now();
  std::size_t cells = 0;
  for (; seconds_since(began) < most; ++cells) {
    identity id{"acme", "breaker", "n" + std::to_string(cells % 200'000)};
    s->save({.id = std::move(id), .index = 1, .row = blob::copy_of(std::string(200, 'c'))}, {});
    while (s->waiting() > std::size_t{64} << 20)
      std::this_thread::yield();
  }
  if (!s->write_now(span{120'000}))
    std::exit(1);
  std::printf("saves of cells of 200 B            %9.0f rows/s\n",
              static_cast<double>(cells) / seconds_since(began));
  const auto loading = clock_type::now();
  std::size_t loads = 0;
  while (seconds_since(loading) < most)
    for (int i = 0; i < 1000; ++i, ++loads)
      if (!s->load(0, {"acme", "breaker",
                       "n" + std::to_string(random() % std::min<std::size_t>(cells, 200'000))}))
        std::exit(1);
  std::printf("loads, random                      %9.0f/s\n",
              static_cast<double>(loads) / seconds_since(loading));
}

} // namespace

int main(int count, char** arguments) {
  const std::filesystem::path parent = count > 1 ? arguments[1] : ".";
  const double seconds = count > 2 ? std::atof(arguments[2]) : 3;
  const auto directory = parent / ("journal_benchmark." + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  for (const std::size_t in_flight : {16u, 256u, 2048u})
    appends(directory, in_flight, seconds);
  start(directory, 4'000'000);
  state_rows(directory, seconds);
  std::filesystem::remove_all(directory);
}
