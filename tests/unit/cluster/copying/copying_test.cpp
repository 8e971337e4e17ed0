// Nodes with real stored state that copy it from each other, over a port that may lose what it is
// given. Their threads are real, and everything is waited for.
#include "cluster/copying/copying.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/runtime/store/copied_state.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace {

using namespace tenon;
using namespace tenon::cluster::copying;
using tests::all_of;
using tests::store_some;

/// Carries at once, unless something is in its way.
class wires {
public:
  using filter = std::function<bool(const say::message&)>;

  void let_pass(filter f) {
    const std::scoped_lock lock{mutex_};
    lets_pass_ = std::move(f);
  }
  result<void> send(node_id from, node_id to, const blob& bytes) {
    const std::scoped_lock lock{mutex_};
    const auto found = ends_.find(to);
    if (found == ends_.end())
      return failure{code::unavailable, "the node is down"};
    const auto m = protocols::decode<say::message>(bytes);
    if (!lets_pass_ || lets_pass_(*m))
      found->second->received(from, epoch_, bytes);
    return {};
  }
  void connect(node_id node, copying* end) {
    const std::scoped_lock lock{mutex_};
    if (end)
      ends_[node] = end;
    else
      ends_.erase(node);
  }
  /// All connections end and come back.
  void reconnect() {
    const std::scoped_lock lock{mutex_};
    ++epoch_;
  }

private:
  std::mutex mutex_;
  filter lets_pass_;
  std::map<node_id, copying*> ends_;
  std::uint64_t epoch_ = 1;
};

class copying_peer {
public:
  copying_peer(wires& w, node_id node, const std::filesystem::path& file)
      : wires_{w}, node_{node}, stored{file} {
    start();
  }
  ~copying_peer() { stop(); }

  void start(copying_options options = {}) {
    options.boot = ++boots_ * 1'000 + node_;
    copying_.emplace(
        stored.state(), stored.journal, clock_, meters_, options,
        copying_calls{
            .send = [this](node_id to, const blob& b) { return wires_.send(node_, to, b); },
            .stamp = [](partition_number, std::uint64_t index) -> result<blob> {
              return blob::from("stamp of " + std::to_string(index));
            },
            .finished =
                [this](partition_number p, const result<offer>& outcome) {
                  const std::scoped_lock lock{mutex_};
                  outcomes_.emplace(p, outcome ? "at " + std::to_string(outcome->index)
                                               : outcome.error().why);
                  told_.notify_all();
                }});
    wires_.connect(node_, &*copying_);
  }
  void stop() {
    wires_.connect(node_, nullptr);
    copying_.reset();
  }
  copying& copies() { return *copying_; }
  /// The next outcome of the partition.
  std::string outcome(partition_number p) {
    std::unique_lock lock{mutex_};
    const bool came = told_.wait_for(lock, std::chrono::seconds{30},
                                     [&] { return outcomes_.find(p) != outcomes_.end(); });
    if (!came)
      return "nothing came";
    return outcomes_.extract(outcomes_.find(p)).mapped();
  }

private:
  wires& wires_;
  node_id node_;
  runtime::system_clock clock_;
  runtime::meters meters_;
  std::uint64_t boots_ = 0;
  std::mutex mutex_;
  std::condition_variable told_;
  std::multimap<partition_number, std::string> outcomes_;

public:
  tests::copying_node stored;

private:
  std::optional<copying> copying_; // gone before what it copies
};

class peers : public testing::Test {
protected:
  peers() {
    store_some(one_.stored, 2, 200, 20'000); // some twelve chunks
    store_some(one_.stored, 3, 20, 10);
  }
  std::size_t staged_files() const {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator{directory_.path()})
      found += entry.path().filename().string().find(".copy-") != std::string::npos;
    return found;
  }

  tests::temporary_directory directory_;
  wires wires_;
  copying_peer one_{wires_, 1, directory_ / "one.mdb"};
  copying_peer two_{wires_, 2, directory_ / "two.mdb"};
  copying_peer three_{wires_, 3, directory_ / "three.mdb"};
};

TEST_F(peers, copy_from_one_another_one_after_the_other_and_both_ways) {
  store_some(two_.stored, 1, 30, 10);
  two_.copies().want({2, 1, 150});
  two_.copies().want({3, 1, 20});
  three_.copies().want({2, 1, 150});
  one_.copies().want({1, 2, 30});
  EXPECT_EQ(two_.outcome(2), "at 200");
  EXPECT_EQ(two_.outcome(3), "at 20");
  EXPECT_EQ(three_.outcome(2), "at 200");
  EXPECT_EQ(one_.outcome(1), "at 30");
  const auto expected = all_of(one_.stored.state(), 2);
  EXPECT_EQ(all_of(two_.stored.state(), 2), expected);
  EXPECT_EQ(all_of(three_.stored.state(), 2), expected);
  EXPECT_EQ(all_of(two_.stored.state(), 3), all_of(one_.stored.state(), 3));
  EXPECT_EQ(all_of(one_.stored.state(), 1), all_of(two_.stored.state(), 1));
  EXPECT_EQ(two_.stored.state().stamp(2)->said, blob::from("stamp of 200"));
  EXPECT_EQ(staged_files(), 0u);
}

TEST_F(peers, say_what_is_missing_and_leave_everything_as_it_was) {
  two_.copies().want({2, 1, 201});
  EXPECT_EQ(two_.outcome(2), "the state stands at index 200, and not yet at 201");
  two_.copies().want({2, 9, 1});
  EXPECT_EQ(two_.outcome(2), "the connection was lost");
  two_.copies().want({40, 1, 1});
  EXPECT_EQ(two_.outcome(40), "there is no partition 40");
  EXPECT_TRUE(all_of(two_.stored.state(), 2).empty());
}

TEST_F(peers, begin_anew_after_a_connection_was_lost_in_the_middle) {
  std::atomic<int> chunks = 0;
  wires_.let_pass([&](const say::message& m) {
    return !std::holds_alternative<say::chunk>(m.said) || ++chunks <= 3;
  });
  two_.copies().want({2, 1, 1});
  while (chunks < 3)
    std::this_thread::yield();
  one_.copies().lost(2);
  two_.copies().lost(1);
  EXPECT_EQ(two_.outcome(2), "the connection was lost");
  wires_.let_pass(nullptr);
  wires_.reconnect();
  two_.copies().want({2, 1, 1});
  EXPECT_EQ(two_.outcome(2), "at 200");
  EXPECT_EQ(all_of(two_.stored.state(), 2), all_of(one_.stored.state(), 2));
}

TEST_F(peers, hear_of_a_sender_that_has_restarted_and_of_a_receiver_that_has) {
  std::atomic<int> grants = 0;
  std::atomic<bool> cut = true;
  wires_.let_pass([&](const say::message& m) {
    return !cut || !std::holds_alternative<say::more>(m.said) || ++grants < 0;
  });
  two_.copies().want({2, 1, 1});
  while (grants == 0) // the window is used up, and what would open it is held back
    std::this_thread::yield();
  one_.stop();
  one_.start();
  wires_.reconnect(); // from here on nothing comes over the old one
  two_.copies().received(1, 2, protocols::encode(say::message{1, say::waiting{}}));
  EXPECT_EQ(two_.outcome(2), "the connection was lost") << "by the number of the new one";
  grants = 0;
  two_.copies().want({2, 1, 1});
  while (grants == 0)
    std::this_thread::yield();
  two_.stop(); // and its copy with it
  EXPECT_EQ(staged_files(), 0u);
  two_.start();
  cut = false;
  two_.copies().want({2, 1, 1});
  EXPECT_EQ(two_.outcome(2), "at 200");
  wires_.let_pass(nullptr);
}

TEST_F(peers, keep_to_the_bound_on_bytes) {
  one_.stop();
  copying_options slow;
  slow.giving.bytes_per_second = 20u << 20;
  one_.start(slow);
  const auto began = std::chrono::steady_clock::now();
  two_.copies().want({2, 1, 1});
  EXPECT_EQ(two_.outcome(2), "at 200");
  // Twelve megabytes, of which the last chunk's time is nobody's.
  EXPECT_GT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{450});
}

TEST_F(peers, refuse_what_is_no_message_and_put_up_with_what_nobody_asked_for) {
  one_.copies().received(2, 1, blob::from("neither this"));
  one_.copies().received(2, 1, protocols::encode(say::message{5, say::chunk{}}));
  one_.copies().received(2, 1, protocols::encode(say::message{5, say::offered{}}));
  one_.copies().received(2, 1, protocols::encode(say::message{5, say::done{}}));
  one_.copies().unwanted(2);
  two_.copies().want({3, 1, 1});
  EXPECT_EQ(two_.outcome(3), "at 20");
}

} // namespace
