// A node's storage on a bad disk, as a process of its own: killed and its power cut, out of space,
// failing to sync, stalling. Nothing that was acknowledged is ever lost, and what cannot be
// acknowledged ends the process with a line that says what to do.
//
// TENON_SEED repeats a seed, TENON_ROUNDS sets how many kills.
#include "runtime/store/data_directory.hpp"
#include "runtime/store/examination.hpp"
#include "tests/simulation/faults/durable_content.hpp"
#include "tests/simulation/faults/power_cut.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace tenon;
using namespace tenon::runtime::store;
using namespace tenon::tests::faults;
namespace fs = std::filesystem;

using partition_number = runtime::partition_number;

/// What the writer said has become durable.
struct acknowledged {
  std::array<std::uint64_t, content_partitions> log{};
  std::array<std::map<std::string, std::uint64_t>, content_partitions> rows; // by cell
  std::uint64_t term = 0;
  std::uint64_t lines = 0;
  bool done = false;

  void take(const std::string& line) {
    ++lines;
    std::istringstream words{line};
    std::string what;
    std::uint64_t first = 0;
    std::uint64_t index = 0;
    words >> what >> first >> index;
    if (what == "open")
      term = first;
    else if (what == "log")
      log.at(first) = std::max(log.at(first), index);
    else if (what == "row")
      rows.at(first)[owner_of(index).name] = index;
    else
      done = true;
  }
};

class bad_disk : public testing::Test {
protected:
  struct ended {
    int code = 0; // 128 and the signal when killed
    std::string errors;
  };
  using settings = std::vector<std::string>;

  /// Runs the writer until it ends, or has said so many lines and is killed.
  ended run(const settings& faults, std::uint64_t appends, std::uint64_t kill_after_lines) {
    int out[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    const auto errors = (directory_ / "errors").string();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    settings environment{"LD_PRELOAD=" TENON_DISK_FAULTS,
                         "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0",
                         "TENON_FAULTS_DIRECTORY=" + data().string()};
    environment.insert(environment.end(), faults.begin(), faults.end());
    std::vector<std::string> arguments{TENON_DURABLE_WRITER, data().string(),
                                       std::to_string(appends)};
    pid_t child = 0;
    EXPECT_EQ(::posix_spawn(&child, TENON_DURABLE_WRITER, &actions, nullptr,
                            pointers(arguments).data(), pointers(environment).data()),
              0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    read_lines(out[0], child, kill_after_lines);
    ::close(out[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    std::ifstream stream{errors};
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            {std::istreambuf_iterator<char>{stream}, {}}};
  }

  /// What is said after the kill was sent counts too: it was said.
  void read_lines(int from, pid_t child, std::uint64_t kill_after_lines) {
    std::string rest;
    char bytes[4096];
    std::uint64_t seen = 0;
    bool killed = false;
    for (;;) {
      if (seen >= kill_after_lines && !killed) {
        ::kill(child, SIGKILL);
        killed = true;
      }
      const auto size = ::read(from, bytes, sizeof bytes);
      if (size <= 0)
        return;
      rest.append(bytes, static_cast<std::size_t>(size));
      for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
        said_.take(rest.substr(0, end));
        rest.erase(0, end + 1);
        ++seen;
      }
    }
  }

  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> made;
    for (auto& text : texts)
      made.push_back(text.data());
    made.push_back(nullptr);
    return made;
  }

  fs::path data() const { return directory_ / "data"; }
  fs::path undo() const { return directory_ / "undo"; }

  void expect_nothing_lost() {
    if (!fs::exists(journal_file_of(data()))) {
      EXPECT_EQ(said_.lines, 0u);
      return;
    }
    if (fs::exists(state_file_of(data()))) {
      const auto examined = examine(data());
      ASSERT_TRUE(examined) << examined.error().where << ": " << examined.error().why;
      for (const auto& f : examined->findings)
        ADD_FAILURE() << f.file << ": " << f.place << ": " << f.what;
    }
    runtime::meters m;
    auto opened = data_directory::open({.directory = data(), .partitions = content_partitions}, m);
    ASSERT_TRUE(opened) << opened.error().where << ": " << opened.error().why;
    auto& d = **opened;
    EXPECT_GT(d.journal().term(0), said_.term);
    for (partition_number p = 0; p < content_partitions; ++p) {
      EXPECT_GE(d.journal().durable(p), said_.log[p]) << "partition " << p;
      EXPECT_LE(d.log().trimmed(p), d.state().checkpointed(p));
      auto next = d.log().trimmed(p) + 1;
      d.journal().scan(p, 0, [&](const runtime::journal_entry& e) {
        EXPECT_EQ(e.index, next++);
        EXPECT_EQ(e.bytes.view(), content_of(p, e.index));
      });
      EXPECT_EQ(next, d.journal().durable(p) + 1);
      expect_rows(d, p);
    }
  }

  void expect_rows(data_directory& d, partition_number p) {
    for (const auto& [name, index] : said_.rows[p]) {
      const identity id{"acme", "sync", name};
      const auto row = d.state().load(p, id);
      ASSERT_TRUE(row) << name;
      EXPECT_GE(row->index, index);
      EXPECT_LE(row->index, d.journal().durable(p));
      EXPECT_EQ(row->bytes.view(), content_of(p, row->index));
      // A save too large for one transaction has its table written before its row.
      const auto in_table = d.state().find(p, id, "index");
      ASSERT_TRUE(in_table) << name;
      EXPECT_GE(std::stoull(in_table->text()), row->index);
      EXPECT_LE(std::stoull(in_table->text()), d.journal().durable(p));
    }
  }

  static constexpr std::uint64_t never = ~std::uint64_t{0};

  tests::temporary_directory directory_;
  acknowledged said_;
};

std::uint64_t number_in(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST_F(bad_disk, loses_nothing_acknowledged_when_the_power_is_cut) {
  const auto seed = number_in("TENON_SEED", std::random_device{}());
  SCOPED_TRACE("TENON_SEED=" + std::to_string(seed));
  std::mt19937_64 random{seed};
  std::size_t unsynced = 0;
  for (auto round = number_in("TENON_ROUNDS", 100); round > 0; --round) {
    if (random() % 10 == 0) {
      fs::remove_all(data());
      said_ = {};
    }
    fs::remove(undo());
    // Most are killed in full flow, some while they open.
    const auto lines = random() % 4 == 0 ? random() % 3 : random() % 300;
    const auto end = run({"TENON_FAULTS_UNDO=" + undo().string()}, 1'000'000, lines);
    ASSERT_EQ(end.code, 128 + SIGKILL) << end.errors;
    if (fs::exists(data()) && fs::exists(undo())) {
      power_cut power{data(), undo()};
      unsynced += power.unsynced();
      power.apply(static_cast<cut>(random() % 3), random());
    }
    expect_nothing_lost();
    if (HasFailure())
      FAIL() << "seed " << seed << ", " << round << " rounds before the end";
  }
  EXPECT_GT(unsynced, 0u) << "the cuts must have taken something";
}

TEST_F(bad_disk, ends_with_a_clear_line_when_a_sync_fails_and_acknowledges_nothing_of_it) {
  int gave_up = 0;
  for (int flush = 1; flush <= 40; flush += 3) {
    SCOPED_TRACE("flush " + std::to_string(flush));
    fs::remove_all(data());
    fs::remove(undo());
    said_ = {};
    const auto end = run({"TENON_FAULTS_UNDO=" + undo().string(),
                          "TENON_FAULTS_SYNC_ERROR=" + std::to_string(flush)},
                         10'000, never);
    EXPECT_TRUE(end.code == 70 || (end.code == 1 && said_.lines == 0)) << end.code;
    gave_up += end.code == 70 ? 1 : 0;
    EXPECT_FALSE(said_.done);
    EXPECT_NE(end.errors.find("Input/output error"), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find(".mdb"), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find("replace the disk"), std::string::npos) << end.errors;
    power_cut{data(), undo()}.apply(cut::nothing_unsynced_kept, 1);
    expect_nothing_lost();
  }
  EXPECT_GT(gave_up, 5);
}

TEST_F(bad_disk, ends_with_a_clear_line_when_it_is_full_and_starts_again_with_space) {
  for (const auto bytes : {1u, 30'000u, 200'000u, 1'000'000u, 3'000'000u}) {
    SCOPED_TRACE(std::to_string(bytes) + " bytes");
    fs::remove_all(data());
    said_ = {};
    const auto end = run({"TENON_FAULTS_FULL_AFTER=" + std::to_string(bytes)}, 100'000, never);
    EXPECT_TRUE(end.code == 70 || (end.code == 1 && said_.lines == 0)) << end.code;
    EXPECT_NE(end.errors.find("the disk is full"), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find("Free space"), std::string::npos) << end.errors;
    expect_nothing_lost();
    const auto again = run({}, 100, never);
    EXPECT_EQ(again.code, 0) << again.errors;
    expect_nothing_lost();
  }
}

TEST_F(bad_disk, waits_out_a_stall) {
  const auto began = std::chrono::steady_clock::now();
  const auto end = run({"TENON_FAULTS_STALL=30:400"}, 2'000, never);
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_TRUE(said_.done);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{400});
  expect_nothing_lost();
}

} // namespace
