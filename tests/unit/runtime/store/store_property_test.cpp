// Random saves, appends, trims, checkpoints and restarts against the simplest thing that could be
// right. The seed is printed; TENON_SEED repeats one.
#include "runtime/store/data_directory.hpp"
#include "runtime/store/examination.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/volatile_state.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

namespace {

using namespace tenon;
using namespace tenon::runtime::store;
using runtime::partition_number;

constexpr partition_number partitions = 3;
constexpr span long_enough{30'000};

using table_of_texts = std::vector<std::pair<std::string, std::string>>;

class both {
public:
  both(const std::filesystem::path& path, std::uint64_t seed) : path_{path}, random_{seed} {
    restart();
  }

  void step() {
    const auto choice = random_() % 100;
    if (choice < 45)
      append();
    else if (choice < 85)
      save();
    else if (choice < 88)
      EXPECT_TRUE(real_->state().write_now(long_enough));
    else if (choice < 91)
      checkpoint();
    else if (choice < 94)
      trim();
    else if (choice < 95)
      restart();
    else if (choice < 96)
      fence();
    else
      compare();
  }

  void restart() {
    if (real_) {
      settle();
      ASSERT_TRUE(real_->state().write_now(long_enough));
      real_.reset();
      const auto examined = examine(path_);
      ASSERT_TRUE(examined) << examined.error().why;
      for (const auto& f : examined->findings)
        FAIL() << f.file << ": " << f.place << ": " << f.what;
    }
    data_options options{.directory = path_, .partitions = partitions};
    options.log.most_batch = 2000;
    options.log.map_bytes = options.state.map_bytes = 1 << 18;
    options.state.most_rows = 1 + random_() % 20;
    options.state.interval = span{static_cast<std::int64_t>(random_() % 10)};
    auto opened = data_directory::open(options, meters_);
    ASSERT_TRUE(opened) << opened.error().why;
    real_ = std::move(opened).value();
    for (partition_number p = 0; p < partitions; ++p)
      real_->state().fence(p, terms_[p]);
    compare();
  }

  void compare() {
    settle();
    for (partition_number p = 0; p < partitions; ++p) {
      compare_log(p);
      compare_cells(p);
    }
    for (const auto* kind : {"sync", "task"}) {
      const auto after = "n" + std::to_string(random_() % 12);
      const auto limit = random_() % 20;
      EXPECT_EQ(real_->state().list("acme", kind, after, limit),
                model_.list("acme", kind, after, limit));
    }
  }

private:
  identity someone() {
    return {"acme", random_() % 2 == 0 ? "sync" : "task", "n" + std::to_string(random_() % 12)};
  }
  partition_number somewhere() { return static_cast<partition_number>(random_() % partitions); }

  void append() {
    const auto p = somewhere();
    const std::string text(random_() % (random_() % 50 == 0 ? 9000 : 90), 'e');
    const auto index =
        real_->journal().append(p, real_->journal().term(p), blob::copy_of(text), listeners_[p]);
    ASSERT_TRUE(index);
    ASSERT_EQ(*index, trimmed_[p] + log_[p].size() + 1);
    log_[p].push_back(text);
  }
  std::uint64_t last(partition_number p) const { return trimmed_[p] + log_[p].size(); }

  /// Everything appended is durable.
  void settle() {
    for (partition_number p = 0; p < partitions; ++p)
      if (last(p) > real_->journal().durable(p)) {
        ASSERT_TRUE(listeners_[p].wait_for(last(p)));
      }
  }

  void save() {
    runtime::state_save s{.partition = somewhere(), .id = someone()};
    s.index = last(s.partition);
    s.term = random_() % 20 == 0 ? random_() % 3 : terms_[s.partition];
    if (random_() % 8 != 0) {
      s.row = blob::copy_of(std::string(random_() % 60, static_cast<char>('a' + random_() % 26)));
      if (random_() % 2 == 0)
        s.wake_at = moment{span{static_cast<std::int64_t>(random_() % 40) - 20}};
      s.unfinished = random_() % 3 == 0;
      auto changes = std::make_shared<std::vector<runtime::table_change>>();
      for (auto n = random_() % 30; n > 0; --n) {
        runtime::table_change change{"k" + std::to_string(random_() % 40), std::nullopt};
        if (random_() % 3 != 0)
          change.value = blob::copy_of(std::to_string(random_()));
        changes->push_back(std::move(change));
      }
      s.table = std::move(changes);
      for (auto n = random_() % 5; n > 0; --n)
        s.history.push_back(blob::copy_of(std::to_string(random_())));
    }
    model_.save(s, {});
    real_->state().save(std::move(s), {});
  }

  void checkpoint() {
    const auto p = somewhere();
    const auto term = random_() % 20 == 0 ? random_() % 3 : terms_[p];
    model_.checkpoint(p, last(p), term);
    real_->state().checkpoint(p, last(p), term);
  }

  /// After everything was written: what is forgotten otherwise hangs on the disk's pace.
  void fence() {
    settle();
    ASSERT_TRUE(real_->state().write_now(long_enough));
    const auto p = somewhere();
    terms_[p] = random_() % 5;
    model_.fence(p, terms_[p]);
    real_->state().fence(p, terms_[p]);
  }

  void trim() {
    const auto p = somewhere();
    const auto through = real_->state().checkpointed(p);
    real_->journal().trim(p, through);
    if (through > trimmed_[p]) {
      log_[p].erase(log_[p].begin(),
                    log_[p].begin() + static_cast<std::ptrdiff_t>(through - trimmed_[p]));
      trimmed_[p] = through;
    }
  }

  void compare_log(partition_number p) {
    std::vector<std::string> found;
    const auto after = random_() % (last(p) + 2);
    real_->journal().scan(p, after, [&](const runtime::journal_entry& e) {
      EXPECT_EQ(e.index, std::max(after, trimmed_[p]) + found.size() + 1);
      found.push_back(e.bytes.text());
    });
    const auto skipped = after > trimmed_[p] ? after - trimmed_[p] : 0;
    const auto from = std::min<std::size_t>(log_[p].size(), skipped);
    EXPECT_EQ(found, (std::vector<std::string>{log_[p].begin() + static_cast<std::ptrdiff_t>(from),
                                               log_[p].end()}));
  }

  void compare_cells(partition_number p) {
    const auto cells = [&](const runtime::state& s) {
      std::map<identity, std::string> found;
      s.everyone(p, [&](const identity& id, const runtime::state_row& row) {
        found[id] = std::to_string(row.index) + row.bytes.text();
        return true;
      });
      return found;
    };
    EXPECT_EQ(cells(real_->state()), cells(model_));
    EXPECT_EQ(real_->state().unfinished(p), model_.unfinished(p));
    const moment until{span{static_cast<std::int64_t>(random_() % 40) - 20}};
    const auto limit = random_() % 10;
    EXPECT_EQ(real_->state().due(p, until, limit), model_.due(p, until, limit));
    const auto id = someone();
    const auto row = real_->state().load(p, id);
    EXPECT_EQ(row.has_value(), model_.load(p, id).has_value());
    const auto key = "k" + std::to_string(random_() % 40);
    EXPECT_EQ(real_->state().find(p, id, key), model_.find(p, id, key));
    const auto rows = random_() % 50;
    EXPECT_EQ(table(real_->state(), p, id, key, rows), table(model_, p, id, key, rows));
    const auto from = random_() % 10;
    EXPECT_EQ(history(real_->state(), p, id, from), history(model_, p, id, from));
  }

  static table_of_texts table(const runtime::state& s, partition_number p, const identity& id,
                              const std::string& after, std::size_t limit) {
    table_of_texts rows;
    s.scan(p, id, after, limit, [&](std::string_view key, const blob& value) {
      rows.emplace_back(key, value.text());
      return true;
    });
    return rows;
  }
  static table_of_texts history(const runtime::state& s, partition_number p, const identity& id,
                                std::uint64_t from) {
    table_of_texts events;
    s.history(p, id, from, 20, [&](std::uint64_t number, const blob& event) {
      events.emplace_back(std::to_string(number), event.text());
      return true;
    });
    return events;
  }

  std::filesystem::path path_;
  std::mt19937_64 random_;
  runtime::meters meters_;
  std::array<tests::awaited_index, partitions> listeners_;
  std::unique_ptr<data_directory> real_;
  tests::volatile_state model_;
  std::array<std::vector<std::string>, partitions> log_;
  std::array<std::uint64_t, partitions> trimmed_{};
  std::array<std::uint64_t, partitions> terms_{};
};

TEST(store, does_what_the_simple_model_does_whatever_comes) {
  const char* given = std::getenv("TENON_SEED");
  const auto first = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (std::uint64_t seed = first; seed < first + (given ? 1 : 3); ++seed) {
    SCOPED_TRACE("TENON_SEED=" + std::to_string(seed));
    const tests::temporary_directory directory;
    both pair{directory.path(), seed};
    for (int i = 0; i < 600 && !testing::Test::HasFailure(); ++i)
      pair.step();
  }
}

} // namespace
