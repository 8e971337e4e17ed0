// A node's storage under load, to be killed: appends to every partition, saves state, checkpoints
// and trims, and prints a line for each thing that became durable, as soon as it is told:
//
//   open <term>                the directory is open
//   log <partition> <index>    the partition's log is durable up to here
//   row <partition> <index>    the cell that this index belongs to is stored at least as of it
//
// Usage: durable_writer <directory> <appends>. Ends by itself after so many appends, with "done".
#include "runtime/store/data_directory.hpp"
#include "tests/simulation/faults/durable_content.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <unistd.h>

namespace {

using namespace tenon;
using namespace tenon::runtime;
using namespace tenon::runtime::store;
using namespace tenon::tests::faults;

/// One write call a line: what is said is said, whatever happens to the process next.
void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0)
    std::_Exit(3);
}

std::string numbers(const char* what, std::uint64_t a, std::uint64_t b) {
  return std::string{what} + ' ' + std::to_string(a) + ' ' + std::to_string(b) + '\n';
}

class teller final : public durable_listener {
public:
  void durable(std::uint64_t index) noexcept override {
    say(numbers("log", partition, index));
    durable_.store(index);
    durable_.notify_all();
  }
  /// Keeps at most so many entries in flight.
  void wait_until(std::uint64_t index) {
    for (auto seen = durable_.load(); seen < index; seen = durable_.load())
      durable_.wait(seen);
  }
  void begin_at(std::uint64_t index) { durable_ = index; }

  partition_number partition = 0;

private:
  std::atomic<std::uint64_t> durable_ = 0;
};

int run(const char* directory, std::uint64_t appends) {
  meters m;
  data_options options{.directory = directory, .partitions = content_partitions};
  options.state.interval = span{5};
  options.state.most_rows = 16;
  auto opened = data_directory::open(options, m);
  if (!opened) {
    const auto& f = opened.error();
    std::fprintf(stderr, "%s: %s. %s\n", f.where.c_str(), f.why.c_str(), f.remedy.c_str());
    return 1;
  }
  auto& d = **opened;
  say("open " + std::to_string(d.journal().term(0)) + '\n');
  std::array<teller, content_partitions> tellers;
  std::array<std::uint64_t, content_partitions> next{};
  for (partition_number p = 0; p < content_partitions; ++p) {
    next[p] = d.journal().durable(p) + 1;
    tellers[p].partition = p;
    tellers[p].begin_at(d.journal().durable(p));
  }
  for (std::uint64_t i = 0; i < appends; ++i) {
    const auto p = static_cast<partition_number>(i % content_partitions);
    const auto index =
        d.journal().append(p, d.journal().term(p), blob::from(content_of(p, next[p])), tellers[p]);
    if (!index)
      return 2;
    next[p] = *index + 1;
    state_save s{.partition = p, .id = owner_of(*index), .index = *index};
    s.row = blob::from(content_of(p, *index));
    s.unfinished = *index % 2 == 0;
    s.wake_at = moment{span{static_cast<std::int64_t>(*index)}};
    s.table = std::make_shared<std::vector<table_change>>(
        std::vector<table_change>{{"index", blob::from(std::to_string(*index))}});
    s.history.push_back(blob::from(std::to_string(*index)));
    d.state().save(std::move(s), [p, at = *index] { say(numbers("row", p, at)); });
    if (*index % 50 == 0)
      d.state().checkpoint(p, *index);
    if (*index % 70 == 0)
      d.journal().trim(p, d.state().checkpointed(p));
    if (*index > 20)
      tellers[p].wait_until(*index - 20);
  }
  if (!d.state().write_now(span{60'000}))
    return 2;
  opened.value().reset();
  say("done\n");
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  if (count != 3)
    return 64;
  return run(arguments[1], std::strtoull(arguments[2], nullptr, 10));
}
