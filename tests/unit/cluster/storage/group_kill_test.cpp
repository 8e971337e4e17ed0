// Three replicas over three files in a process that is killed at any moment, again and again: what
// was committed stays on a majority of the disks, and no node takes back what it has promised.
//
// TENON_SEED repeats a seed, TENON_ROUNDS sets how many kills.
#include "cluster/storage/group_log.hpp"
#include "protocols/identity.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/cluster/raft/replicas.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

namespace tenon::tests {

namespace {

using cluster::storage::group_log;
using runtime::store::log_store;
namespace fs = std::filesystem;

constexpr raft::node_id replica_count = 3;

/// What the process says before it is killed; one write call each.
struct said {
  enum { committed, promised, voted } what = committed;
  std::uint64_t of = 0;    // the index; the node
  std::uint64_t term = 0;  // of the entry; of the promise
  std::uint64_t which = 0; // a digest of the entry; for whom
};

std::uint64_t digest_of(const raft::entry& e) {
  return stable_hash(e.bytes.view(), e.term * 4 + static_cast<std::uint64_t>(e.kind));
}

struct stored_replica {
  stored_replica(const fs::path& directory, raft::node_id node) : id{node} {
    auto opened = log_store::open(
        {.file = directory / std::to_string(node), .partitions = 2, .most_batch = 300}, meters);
    if (!opened)
      throw std::runtime_error{opened.error().why}; // there is nothing to go on with
    store = std::move(opened).value();
    log.emplace(*store, 1);
  }
  raft::durable kept() const {
    auto all = log->kept(0);
    if (!all)
      throw std::runtime_error{all.error().why};
    return std::move(all).value();
  }

  raft::node_id id;
  runtime::meters meters;
  std::unique_ptr<log_store> store;
  std::optional<group_log> log;
  awaited_index listener;
  std::optional<raft::group> group;
  std::uint64_t written = 0;
  std::uint64_t applied = 0;
  std::uint64_t promised = 0;
};

class killed_cluster {
public:
  killed_cluster(const fs::path& directory, std::uint64_t seed, int tell)
      : random_{seed}, tell_{tell} {
    for (raft::node_id id = 1; id <= replica_count; ++id) {
      auto& r = *replicas_.emplace_back(std::make_unique<stored_replica>(directory, id));
      auto kept = r.kept();
      if (kept.entries.empty())
        found(r, kept);
      raft::options options;
      options.seed = static_cast<std::uint32_t>(random_());
      options.remembered_bytes = 200; // so that followers are sent what is read from the disk
      r.group.emplace(id, options, std::move(kept), now_, *r.log);
    }
  }

  void turn() {
    for (auto& r : replicas_)
      perform(*r);
    const auto arriving = random_() % 4 == 0 ? random_() % 8 : under_way_.size();
    for (auto count = arriving; count > 0 && !under_way_.empty(); --count) {
      auto [from, m] = std::move(under_way_.front());
      under_way_.pop_front();
      if (random_() % 100 != 0) // otherwise it is lost
        replicas_[m.to - 1]->group->receive(from, 1, m.message, now_);
    }
    for (auto& r : replicas_) {
      if (r->group->standing().part == raft::part::leader && random_() % 3 == 0)
        (void)r->group->submit({blob::from(std::to_string(random_()))}, now_);
      if (random_() % 300 == 0)
        (void)r->group->transfer(0, now_);
      if (random_() % 3 == 0 && !r->listener.wait_for(r->written))
        ::_exit(2);
      r->group->tick(now_); // earlier than it is due does no harm
      r->group->written(r->listener.last(), now_);
    }
    now_ += span{1 + static_cast<std::int64_t>(random_() % 10)};
  }

private:
  /// What a founder begins with is durable before it takes part.
  void found(stored_replica& r, raft::durable& kept) {
    kept = raft::founding(voters({1, 2, 3}));
    r.log->write(
        {.number = ++founded_count_, .ballot = kept.ballot, .from = 1, .entries = kept.entries},
        founded_);
    if (!founded_.wait_for(founded_count_))
      ::_exit(2);
  }

  void perform(stored_replica& r) {
    auto todo = r.group->take();
    for (auto& w : todo.writes) {
      r.written = w.number;
      r.log->write(std::move(w), r.listener);
    }
    for (auto& m : todo.messages) {
      tell_promise(r, m);
      under_way_.emplace_back(r.id, std::move(m));
    }
    if (todo.committed > r.applied) {
      const auto entries = r.log->read(r.applied + 1, todo.committed + 1, ~std::size_t{0});
      for (const auto& e : *entries)
        tell({said::committed, ++r.applied, e.term, digest_of(e)});
      if (r.applied != todo.committed)
        ::_exit(4); // committed, and not durable here
    }
  }

  /// What is tentative is said of a term that nobody is in yet, and promises nothing.
  void tell_promise(stored_replica& r, const raft::outgoing& m) {
    const auto* asks = std::get_if<raft::say::ask_vote>(&m.message.said);
    const auto* vote = std::get_if<raft::say::vote>(&m.message.said);
    if ((asks && asks->tentative) || (vote && vote->tentative))
      return;
    if (vote && vote->granted)
      tell({said::voted, r.id, m.message.term, m.to});
    if (m.message.term > r.promised)
      tell({said::promised, r.id, r.promised = m.message.term, 0});
  }

  void tell(const said& s) {
    if (::write(tell_, &s, sizeof s) != sizeof s)
      ::_exit(3);
  }

  std::mt19937_64 random_;
  int tell_;
  awaited_index founded_;
  std::uint64_t founded_count_ = 0;
  std::vector<std::unique_ptr<stored_replica>> replicas_;
  std::deque<std::pair<raft::node_id, raft::outgoing>> under_way_;
  span now_{1000};
};

/// All that was ever said.
struct promises {
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> committed; // term and digest
  std::map<raft::node_id, std::uint64_t> terms;
  std::map<raft::node_id, std::pair<std::uint64_t, raft::node_id>> votes; // the last

  void take(const said& s) {
    if (s.what == said::committed) {
      const auto [at, fresh] = committed.emplace(s.of, std::pair{s.term, s.which});
      EXPECT_TRUE(fresh || at->second == std::pair(s.term, s.which)) << "index " << s.of;
    } else if (s.what == said::promised) {
      EXPECT_GE(s.term, terms[s.of]) << "node " << s.of;
      terms[s.of] = s.term;
    } else {
      const auto& last = votes[s.of];
      EXPECT_TRUE(s.term > last.first || (s.term == last.first && s.which == last.second))
          << "node " << s.of << " voted twice in term " << s.term;
      votes[s.of] = {s.term, s.which};
    }
  }

  void expect_kept(const fs::path& directory) const {
    std::map<std::uint64_t, int> copies;
    for (raft::node_id id = 1; id <= replica_count; ++id) {
      stored_replica r{directory, id};
      const auto kept = r.kept();
      if (const auto term = terms.find(id); term != terms.end()) {
        EXPECT_GE(kept.ballot.term, term->second) << "node " << id;
      }
      if (const auto vote = votes.find(id);
          vote != votes.end() && vote->second.first == kept.ballot.term) {
        EXPECT_EQ(kept.ballot.vote, vote->second.second) << "node " << id;
      }
      auto index = kept.first;
      const auto entries = r.log->read(1, ~std::uint64_t{0}, ~std::size_t{0});
      ASSERT_EQ(entries->size(), kept.entries.size());
      for (const auto& e : *entries) {
        const auto at = committed.find(index++);
        if (at != committed.end() && at->second == std::pair(e.term, digest_of(e)))
          ++copies[at->first];
      }
    }
    for (const auto& [index, what] : committed)
      EXPECT_GE(copies[index], 2) << "index " << index << " was committed";
  }
};

/// What is thrown ends the process.
[[noreturn]] void run(const fs::path& directory, std::uint64_t seed, int tell) noexcept {
  killed_cluster all{directory, seed, tell};
  for (;;)
    all.turn();
}

/// Forks a cluster and kills it when it has said so much.
void run_and_kill(const fs::path& directory, std::uint64_t seed, std::uint64_t after,
                  promises& heard) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const auto child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    run(directory, seed, pipe[1]);
  }
  ::close(pipe[1]);
  said s;
  for (std::uint64_t heard_so_far = 0; ::read(pipe[0], &s, sizeof s) == sizeof s;) {
    heard.take(s);
    if (++heard_so_far == after)
      ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      << "it ended by itself: " << status;
}

TEST(replicas_on_disk, lose_nothing_that_was_promised_when_they_are_killed) {
  const char* given = std::getenv("TENON_SEED");
  const auto seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const char* rounds = std::getenv("TENON_ROUNDS");
  SCOPED_TRACE("TENON_SEED=" + std::to_string(seed));
  const temporary_directory directory;
  std::mt19937_64 random{seed};
  promises heard;
  const auto kills = rounds ? std::strtoull(rounds, nullptr, 10) : 25;
  for (std::uint64_t kill = 0; kill < kills && !testing::Test::HasFailure(); ++kill) {
    run_and_kill(directory.path(), random(), 1 + random() % (150 + 4 * heard.committed.size()),
                 heard);
    heard.expect_kept(directory.path());
  }
  EXPECT_GT(heard.committed.size(), kills) << "the kills came before anything happened";
}

} // namespace

} // namespace tenon::tests
