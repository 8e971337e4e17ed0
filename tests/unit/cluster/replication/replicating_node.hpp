// A node that has nothing but its journal: a log in a directory, groups, a loop with a thread.
#pragma once

#include "cluster/replication/replicated_journal.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/until.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tenon::tests {

namespace raft = cluster::raft;
namespace replication = cluster::replication;
using replication::replicated_journal;
using runtime::partition_number;

inline raft::configuration voting(const std::vector<raft::node_id>& nodes) {
  raft::configuration all;
  for (const auto node : nodes)
    all.members.push_back({.node = node, .role = raft::role::voter});
  return all;
}

/// What it was told, in order, and what the journal said at that moment.
class noted_ownership final : public runtime::ownership_listener {
public:
  struct change {
    bool gained = false;
    partition_number partition = 0;
    std::uint64_t term = 0;
    std::uint64_t durable = 0;
  };

  explicit noted_ownership(const runtime::journal& j) : journal_{j} {}

  void gained(partition_number p, std::uint64_t term) noexcept override { note(true, p, term); }
  void lost(partition_number p, std::uint64_t term) noexcept override { note(false, p, term); }

  std::vector<change> of(partition_number p) const {
    const std::scoped_lock lock{mutex_};
    std::vector<change> found;
    for (const auto& c : changes_)
      if (c.partition == p)
        found.push_back(c);
    return found;
  }

private:
  void note(bool gained, partition_number p, std::uint64_t term) {
    const std::scoped_lock lock{mutex_};
    changes_.push_back({gained, p, term, journal_.durable(p)});
  }

  const runtime::journal& journal_;
  mutable std::mutex mutex_;
  std::vector<change> changes_;
};

inline std::map<std::uint64_t, std::string>
entries_of(const runtime::journal& j, partition_number p, std::uint64_t after = 0) {
  std::map<std::uint64_t, std::string> found;
  j.scan(p, after, [&](const runtime::journal_entry& e) { found[e.index] = e.bytes.text(); });
  return found;
}

/// The loop of a node, which ends with it. Whoever uses it is destroyed in between.
class loop_thread {
public:
  loop_thread() : work_{io.get_executor()}, thread_{[this] { io.run(); }} {}
  ~loop_thread() { end(); }

  void end() {
    io.stop();
    if (thread_.joinable())
      thread_.join();
  }
  void run(const std::function<void()>& what) {
    std::promise<void> done;
    boost::asio::post(io, [&] {
      what();
      done.set_value();
    });
    done.get_future().wait();
  }

  boost::asio::io_context io{1};

private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

} // namespace tenon::tests
