// One flipped bit anywhere in the two files: either somebody says so, or everything that is read
// is what was written. Each round runs in a process of its own, because damage ends a process.
#include "runtime/store/data_directory.hpp"
#include "runtime/store/examination.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

namespace {

using namespace tenon;
using namespace tenon::runtime::store;
namespace fs = std::filesystem;

constexpr runtime::partition_number partitions = 4;

void fill(const fs::path& path) {
  runtime::meters m;
  auto d =
      std::move(data_directory::open({.directory = path, .partitions = partitions}, m)).value();
  tests::awaited_index listener;
  for (std::uint64_t i = 1; i <= 60; ++i) {
    for (runtime::partition_number p = 0; p < partitions; ++p) {
      ASSERT_TRUE(d->journal().append(p, d->journal().term(p),
                                      blob::copy_of(std::string(40 + i * 7, 'e')), listener));
      runtime::state_save s{.partition = p, .id = {"acme", "sync", "n" + std::to_string(i)}};
      s.index = i;
      s.row = blob::copy_of(std::string(i * 3, 'r'));
      s.wake_at = moment{span{static_cast<std::int64_t>(i)}};
      s.unfinished = i % 2 == 0;
      s.history.assign(2, blob::copy_of("event"));
      s.table = std::make_shared<std::vector<runtime::table_change>>(
          std::vector<runtime::table_change>{{"key", blob::copy_of(std::string(i, 't'))},
                                             {"large", blob::copy_of(std::string(5000, 'l'))}});
      d->state().save(std::move(s), {});
    }
    if (i % 10 == 0) {
      ASSERT_TRUE(listener.wait_for(i));
    }
    if (i % 20 == 0) {
      ASSERT_TRUE(d->state().write_now(span{30'000}));
    }
  }
}

/// A digest of everything a node could read.
std::uint64_t everything(data_directory& d) {
  std::uint64_t digest = 0;
  const auto add = [&](std::string_view bytes) { digest = stable_hash(bytes, digest + 1); };
  for (runtime::partition_number p = 0; p < partitions; ++p) {
    d.journal().scan(p, 0, [&](const runtime::journal_entry& e) {
      digest += e.index * 31 + e.term;
      add(e.bytes.view());
    });
    digest += d.state().checkpointed(p);
    d.state().everyone(p, [&](const identity& id, const runtime::state_row& row) {
      add(to_string(id));
      add(row.bytes.view());
      digest += row.index;
      d.state().scan(p, id, {}, 100, [&](std::string_view key, const blob& value) {
        add(key);
        add(value.view());
        return true;
      });
      d.state().history(p, id, 0, 100, [&](std::uint64_t number, const blob& event) {
        digest += number;
        add(event.view());
        return true;
      });
      return true;
    });
    for (const auto& id : d.state().due(p, moment{span{1000}}, 1000))
      add(id.name);
    for (const auto& id : d.state().unfinished(p))
      add(id.name);
  }
  for (const auto& name : d.state().list("acme", "sync", "", 10'000))
    add(name);
  return digest;
}

std::uint64_t read_all(const fs::path& path) {
  runtime::meters m;
  auto opened = data_directory::open({.directory = path, .partitions = partitions}, m);
  return opened ? everything(**opened) : 0;
}

/// How the process that runs `what` ends: its code, or 128 and the signal.
int outcome_of(const std::function<int()>& what) {
  const auto child = ::fork();
  if (child == 0) {
    if (!std::freopen("/dev/null", "w", stderr))
      ::_exit(99);
    ::_exit(what());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void flip(const fs::path& file, std::uint64_t bit) {
  std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
  stream.seekg(static_cast<std::streamoff>(bit / 8));
  const auto byte = static_cast<char>(stream.get() ^ (1 << bit % 8));
  stream.seekp(static_cast<std::streamoff>(bit / 8));
  stream.put(byte);
}

constexpr int same = 0, refused = 1, different = 2, gave_up = 70;

TEST(damage, of_any_bit_is_found_or_harmless) {
  const tests::temporary_directory directory;
  fill(directory / "d");
  const auto expected = read_all(directory / "d");
  ASSERT_NE(expected, 0u);
  const char* rounds = std::getenv("TENON_DAMAGE_ROUNDS");
  std::mt19937_64 random{20'240'611};
  int found = 0;
  for (int round = 0; round < (rounds ? std::atoi(rounds) : 200); ++round) {
    const auto damaged = directory / "damaged";
    fs::remove_all(damaged);
    fs::copy(directory / "d", damaged);
    const auto file = round % 2 == 0 ? journal_file_of(damaged) : state_file_of(damaged);
    // Every fourth in the first two pages, which a random bit would hardly hit.
    const auto size = round % 4 < 2 ? 8192 : fs::file_size(file);
    const auto bit = random() % (size * 8);
    flip(file, bit);
    SCOPED_TRACE("bit " + std::to_string(bit) + " of " + file.string());
    const auto examined = outcome_of([&] {
      const auto seen = examine(damaged);
      return seen && seen->clean() ? same : refused;
    });
    const auto opened = outcome_of([&] {
      const auto now = read_all(damaged);
      return now == 0 ? refused : now == expected ? same : different;
    });
    EXPECT_TRUE(examined == same || examined == refused) << examined;
    EXPECT_TRUE(opened == same || opened == refused || opened == gave_up) << opened;
    if (opened != same) {
      EXPECT_EQ(examined, refused) << "what stops a node, the check must show";
    }
    found += examined == refused ? 1 : 0;
  }
  EXPECT_GT(found, 20);
}

TEST(damage, of_a_file_cut_short_is_found) {
  const tests::temporary_directory directory;
  fill(directory / "d");
  for (const auto& file : {journal_file_of(directory / "d"), state_file_of(directory / "d")})
    for (const double part : {0.0001, 0.3, 0.9}) {
      const auto damaged = directory / "damaged";
      fs::remove_all(damaged);
      fs::copy(directory / "d", damaged);
      const auto cut = damaged / file.filename();
      fs::resize_file(cut,
                      static_cast<std::uintmax_t>(part * static_cast<double>(fs::file_size(cut))));
      EXPECT_EQ(outcome_of([&] {
                  const auto seen = examine(damaged);
                  return seen && seen->clean() ? same : refused;
                }),
                refused);
      EXPECT_EQ(outcome_of([&] { return read_all(damaged) == 0 ? refused : same; }), refused);
    }
}

} // namespace
