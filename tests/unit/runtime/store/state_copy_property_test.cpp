// A copy is read while cells are saved, erased and begun anew at the source, and its receiver then
// replays the log from the index that the copy stands at, a little at a time: in the end both have
// stored the same. The seed is printed; TENON_SEED repeats one.
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/runtime/store/copied_state.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace {

using namespace tenon;
using namespace tenon::tests;

constexpr partition_number partition = 2;

/// What one entry does to the identity that it is of, drawn from the entry's number alone: that is
/// what makes it the same wherever it is applied.
struct change {
  explicit change(std::uint64_t index) : random{index * 7919} {
    who = {"acme", random() % 2 == 0 ? "sync" : "task", "n" + std::to_string(random() % 9)};
    gone = random() % 40 == 0;
    if (random() % 2 == 0)
      wake_at = moment{span{static_cast<std::int64_t>(random() % 1'000)}};
    unfinished = random() % 3 == 0;
    for (auto n = random() % 4; n > 0; --n)
      table.push_back({"k" + std::to_string(random() % 60), drawn_value()});
    for (auto n = random() % 3; n > 0; --n)
      history.push_back(blob::from(std::to_string(random())));
  }
  std::optional<blob> drawn_value() {
    if (random() % 4 == 0)
      return std::nullopt;
    return blob::from(std::string(random() % 3'000, static_cast<char>('a' + random() % 26)));
  }

  std::mt19937_64 random;
  identity who;
  bool gone = false;
  std::optional<moment> wake_at;
  bool unfinished = false;
  std::vector<runtime::table_change> table;
  std::vector<blob> history;
};

/// A cell as far as its storage can tell: its row is all that it was told, as a digest; what it has
/// not handed over gathers.
struct simple_cell {
  std::uint64_t index = 0;
  std::string text;
  std::optional<moment> wake_at;
  bool unfinished = false;
  bool dirty = false;
  std::vector<runtime::table_change> table;
  std::vector<blob> history;
};

/// Applies entries to cells in memory, and hands their state over as a host does.
class simple_host {
public:
  explicit simple_host(copying_node& node) : node_{node} {}

  void apply(std::uint64_t index) {
    change c{index};
    auto& cell = found(c.who);
    if (index <= cell.index) // the row has it
      return;
    cell.index = index;
    cell.dirty = true;
    if (c.gone) {
      // Whoever is gone is stored as such before it is anything else again.
      runtime::state_save s{.partition = partition, .id = c.who, .index = index};
      node_.state().save(std::move(s), {});
      cell = {.index = index};
      return;
    }
    cell.text = std::to_string(stable_hash(cell.text, index));
    cell.wake_at = c.wake_at;
    cell.unfinished = c.unfinished;
    std::move(c.table.begin(), c.table.end(), std::back_inserter(cell.table));
    std::move(c.history.begin(), c.history.end(), std::back_inserter(cell.history));
  }
  void save(const identity& id, simple_cell& cell) {
    if (!cell.dirty || cell.text.empty())
      return;
    runtime::state_save s{.partition = partition, .id = id, .index = cell.index};
    s.row = blob::copy_of(cell.text);
    s.wake_at = cell.wake_at;
    s.unfinished = cell.unfinished;
    s.table =
        std::make_shared<const std::vector<runtime::table_change>>(std::exchange(cell.table, {}));
    s.history = std::exchange(cell.history, {});
    cell.dirty = false;
    node_.state().save(std::move(s), {});
  }
  void save_some(std::mt19937_64& random) {
    for (auto& [id, cell] : cells_)
      if (random() % 3 == 0)
        save(id, cell);
  }
  void save_all(std::uint64_t through) {
    for (auto& [id, cell] : cells_)
      save(id, cell);
    node_.state().checkpoint(partition, through);
  }
  void forget() { cells_.clear(); }

private:
  simple_cell& found(const identity& id) {
    const auto [at, fresh] = cells_.try_emplace(id);
    if (fresh)
      if (const auto row = node_.state().load(partition, id))
        at->second = {.index = row->index, .text = row->bytes.text()};
    return at->second;
  }

  copying_node& node_;
  std::map<identity, simple_cell> cells_;
};

store::state_options options_of(std::mt19937_64& random) {
  store::state_options options;
  options.map_bytes = 1 << 18;
  options.most_rows = 1 + random() % 30;
  options.most_bytes = 1'000 + random() % 20'000;
  options.interval = span{static_cast<std::int64_t>(random() % 3)};
  return options;
}

void copy_and_replay(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  const temporary_directory directory;
  copying_node from{directory / "source.mdb", options_of(random)};
  copying_node to{directory / "receiver.mdb", options_of(random)};
  simple_host source{from};
  std::uint64_t last = 0;
  const auto go_on = [&](std::uint64_t entries) {
    for (; entries > 0; --entries) {
      from.extend(++last);
      source.apply(last);
      if (random() % 4 == 0)
        source.save_some(random);
    }
    if (random() % 4 == 0)
      source.save_all(last);
    if (random() % 2 == 0) {
      ASSERT_TRUE(from.state().write_now(long_enough));
    }
  };
  store_some(to, partition, static_cast<int>(random() % 10), 50); // what it had before
  go_on(50 + random() % 200);
  source.save_all(last);
  ASSERT_TRUE(from.state().write_now(long_enough));
  go_on(random() % 50);
  store::state_copy copy{from.state(), from.journal, partition, seed, 100 + random() % 5'000};
  auto staged = store::staged_copy::begin(to.file(), partition, seed);
  ASSERT_TRUE(staged);
  while (!staged->whole()) {
    const auto next = copy.next();
    ASSERT_TRUE(next) << next.error().why;
    const auto taken = staged->take(*next);
    ASSERT_TRUE(taken) << taken.error().why;
    go_on(random() % 8);
  }
  const auto stands = copy.index();
  const auto reaches = staged->totals().reaches;
  EXPECT_LE(stands, reaches);
  EXPECT_LE(reaches, last);
  const auto installed = to.state().install(*std::move(staged), {});
  ASSERT_TRUE(installed) << installed.error().why;
  ASSERT_EQ(to.state().checkpointed(partition), stands);
  to.state().everyone(partition, [&](const identity&, const runtime::state_row& row) {
    EXPECT_LE(row.index, reaches);
    return true;
  });
  EXPECT_NO_FATAL_FAILURE(all_of(to.state(), partition)); // nothing of it cannot be read
  // A follower hears of the log a little at a time, and may restart after any of it.
  simple_host receiver{to};
  for (auto done = stands; done < last;) {
    const auto through = std::min(last, done + 1 + random() % 60);
    to.extend(through);
    while (done < through)
      receiver.apply(++done);
    receiver.save_all(done);
    ASSERT_TRUE(to.state().write_now(long_enough));
    if (random() % 3 == 0) {
      receiver.forget();
      to.restart();
    }
  }
  source.save_all(last);
  ASSERT_TRUE(from.state().write_now(long_enough));
  EXPECT_EQ(all_of(to.state(), partition), all_of(from.state(), partition));
}

TEST(state_copy, taken_while_all_goes_on_and_replayed_upon_is_what_the_source_has) {
  const char* given = std::getenv("TENON_SEED");
  const char* rounds = std::getenv("TENON_ROUNDS");
  const auto first = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const auto count = given ? 1 : rounds ? std::strtoull(rounds, nullptr, 10) : 3;
  for (std::uint64_t seed = first; seed < first + count && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("TENON_SEED=" + std::to_string(seed));
    copy_and_replay(seed);
  }
}

} // namespace
