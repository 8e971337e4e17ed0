// Four nodes that copy from one another while connections break, messages are late, processes
// restart and disks fail: no node reads two copies at once, nothing is ever staged that is not the
// next chunk of the very copy, and when the faults end everything that is wanted comes.
//
// The seed is printed; TENON_SEED repeats one.
#include "cluster/copying/taking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>

namespace {

using namespace tenon;
using namespace tenon::cluster::copying;

constexpr node_id nodes = 4;

/// How many chunks a copy has follows from its number, so that both ends agree without a word.
std::uint32_t chunks_of(std::uint64_t copy) {
  return 1 + static_cast<std::uint32_t>(copy % 23);
}

struct node {
  std::optional<giving> gives;
  std::optional<taking> takes;
  std::optional<std::uint64_t> read; // the copy that is being read
  std::uint32_t next_read = 0;
  std::optional<std::uint64_t> staged;
  std::uint32_t next_staged = 0;
  std::set<partition_number> wanted; // and not yet there
  std::set<partition_number> asked;  // of these, in the hands of `takes`
};

class exchange {
public:
  explicit exchange(std::uint64_t seed) : random_{seed} {
    for (node_id n = 1; n <= nodes; ++n)
      restart(n);
  }

  void step(bool faults) {
    const auto n = 1 + random_() % nodes;
    const auto choice = random_() % 100;
    if (choice < 8 && faults)
      all_[n].wanted.insert(static_cast<partition_number>(random_() % 5));
    else if (choice == 8 && faults)
      restart(n);
    else if (choice < 12 && faults)
      cut(n, 1 + random_() % nodes);
    else if (choice == 12 && faults)
      want_no_more(n, static_cast<partition_number>(random_() % 5));
    else if (choice < 85)
      deliver();
    else
      now_ += span{static_cast<std::int64_t>(random_() % 400)};
    failing_ = faults;
    for (auto& [id, each] : all_)
      turn(id);
  }
  bool all_is_there() const {
    return std::ranges::all_of(all_, [](const auto& each) { return each.second.wanted.empty(); });
  }
  int taken() const { return taken_; }

private:
  void restart(node_id n) {
    for (node_id other = 1; other <= nodes; ++other)
      if (other != n && all_.size() == nodes)
        cut(n, other);
    auto& me = all_[n];
    const auto wanted = me.wanted;
    me = {};
    me.wanted = wanted;
    me.gives.emplace(giving_limits{.most_waiting = 3, .most_ahead = 6});
    me.takes.emplace(taking_limits{.window = 4}, random_());
  }
  /// Both hear of it, and what was under way is gone.
  void cut(node_id a, node_id b) {
    if (a == b)
      return;
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      under_way_[{from, to}].clear();
      all_[to].gives->lost(from, now_);
      all_[to].takes->lost(from, now_);
    }
  }
  void want_no_more(node_id n, partition_number p) {
    all_[n].wanted.erase(p);
    all_[n].asked.erase(p);
    all_[n].takes->unwanted(p, now_);
  }
  void deliver() {
    auto at = under_way_.begin();
    std::advance(at, under_way_.empty() ? 0 : random_() % under_way_.size());
    if (at == under_way_.end() || at->second.empty())
      return;
    const auto [from, to] = at->first;
    const auto m = std::move(at->second.front());
    at->second.pop_front();
    all_[to].gives->receive(from, m, now_);
    all_[to].takes->receive(from, m, now_);
  }

  void turn(node_id n) {
    auto& me = all_[n];
    for (const auto p : me.wanted)
      if (me.asked.insert(p).second) {
        auto from = 1 + random_() % nodes;
        me.takes->want({p, from == n ? 1 + n % nodes : from, 1}, now_);
      }
    if (me.gives->due() <= now_)
      me.gives->tick(now_);
    if (me.takes->due() <= now_)
      me.takes->tick(now_);
    while (give(n, me.gives->take()) | take(n, me.takes->take())) {
    }
  }
  bool give(node_id n, const giving_todo& todo) {
    auto& me = all_[n];
    if (todo.end)
      me.read.reset();
    send(n, todo.messages);
    if (todo.begin) {
      EXPECT_FALSE(me.read) << "a copy is read, and another one is begun";
      me.read = todo.begin->copy;
      me.next_read = 0;
      me.gives->begun(offer{7, blob::from("stamp")}, now_);
    }
    if (todo.read) {
      EXPECT_TRUE(me.read);
      if (failing_ && random_() % 60 == 0) {
        me.gives->read(failure{code::internal, "damaged"}, now_);
      } else {
        const auto number = me.next_read++;
        me.gives->read(copy_chunk{*me.read, number, number + 1 == chunks_of(*me.read),
                                  blob::from(std::to_string(*me.read)), number},
                       now_);
      }
    }
    return todo.begin || todo.read || !todo.messages.empty();
  }
  bool take(node_id n, const taking_todo& todo) {
    auto& me = all_[n];
    if (todo.drop)
      me.staged.reset();
    if (todo.stage) {
      EXPECT_FALSE(me.staged);
      me.staged = todo.stage->copy;
      me.next_staged = 0;
    }
    for (const auto& c : todo.chunks) {
      EXPECT_EQ(c.copy, me.staged.value_or(0));
      EXPECT_EQ(c.number, me.next_staged++);
      EXPECT_EQ(c.bytes.view(), std::to_string(c.copy));
      if (failing_ && random_() % 60 == 0) {
        me.takes->staged(failure{code::unavailable, "the disk is full"}, now_);
        break;
      }
      me.takes->staged(c.last, now_);
    }
    send(n, todo.messages);
    if (todo.install) {
      EXPECT_EQ(me.next_staged, chunks_of(me.staged.value_or(0)));
      EXPECT_EQ(todo.install->view(), "stamp");
      me.staged.reset();
      me.takes->installed({}, now_);
    }
    for (const auto& t : todo.told) {
      me.asked.erase(t.partition);
      if (t.outcome) {
        ++taken_;
        me.wanted.erase(t.partition);
      }
    }
    return todo.stage || !todo.chunks.empty() || !todo.messages.empty() || todo.install ||
           !todo.told.empty();
  }
  void send(node_id from, const std::vector<outgoing>& messages) {
    for (const auto& m : messages)
      under_way_[{from, m.to}].push_back(m.message);
  }

  std::mt19937_64 random_;
  span now_{1'000};
  bool failing_ = true;
  int taken_ = 0;
  std::map<node_id, node> all_;
  std::map<std::pair<node_id, node_id>, std::deque<say::message>> under_way_;
};

TEST(exchange_of_copies, comes_to_its_end_after_whatever_happened) {
  const char* given = std::getenv("TENON_SEED");
  const auto first = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (std::uint64_t seed = first; seed < first + (given ? 1 : 40); ++seed) {
    SCOPED_TRACE("TENON_SEED=" + std::to_string(seed));
    exchange all{seed};
    for (int i = 0; i < 3'000; ++i)
      all.step(true);
    int more = 0;
    for (; !all.all_is_there() && more < 60'000; ++more)
      all.step(false);
    EXPECT_TRUE(all.all_is_there());
    EXPECT_GT(all.taken(), 10);
    if (testing::Test::HasFailure())
      return;
  }
}

} // namespace
