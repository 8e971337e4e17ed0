// The parts of a round that stand alone: what is left for it, what it sends, what it keeps.
#include "cluster/replication/agenda.hpp"
#include "cluster/replication/mailbag.hpp"
#include "cluster/replication/trailing.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tenon::cluster::replication {
namespace {

TEST(agenda, wakes_once_until_somebody_takes_and_has_each_partition_once) {
  int woken = 0;
  agenda left{4, [&] { ++woken; }};
  left.mark(2);
  left.mark(1);
  left.mark(2);
  EXPECT_TRUE(left.add([] {}));
  EXPECT_EQ(woken, 1);
  const auto items = left.take();
  EXPECT_EQ(items.partitions, (std::vector<partition_number>{2, 1}));
  EXPECT_EQ(items.calls.size(), 1u);
  EXPECT_TRUE(left.take().partitions.empty());
  left.written(3, 9);
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(left.written(3), 9u);
  left.written(3, 8);
  EXPECT_EQ(left.written(3), 9u);
}

TEST(agenda, wakes_nobody_when_it_is_closed_and_answers_what_was_left) {
  int woken = 0, called = 0;
  agenda left{1, [&] { ++woken; }};
  left.add([&] { ++called; });
  for (const auto& call : left.close())
    call();
  EXPECT_EQ(called, 1);
  EXPECT_FALSE(left.add([&] { ++called; }));
  left.mark(0);
  EXPECT_EQ(woken, 1);
}

TEST(agenda, is_waited_for_until_all_is_written) {
  agenda left{1, [] {}};
  agenda::note told{left, 0};
  std::thread storage{[&] {
    told.durable(1);
    told.durable(2);
  }};
  left.wait_for(0, 2);
  EXPECT_EQ(left.written(0), 2u);
  storage.join();
}

raft::outgoing entries(raft::node_id to, std::uint64_t before, std::size_t bytes) {
  raft::say::append m{.before_index = before, .before_term = before ? 1u : 0u};
  m.entries.push_back({.term = 1, .bytes = blob::copy_of(std::string(bytes, 'x'))});
  return {to, {1, std::move(m)}};
}

TEST(mailbag, makes_one_frame_a_peer_of_what_all_groups_say) {
  mailbag mail{1u << 20};
  for (std::uint16_t g = 0; g < 100; ++g)
    for (const raft::node_id to : {2, 3})
      mail.put(g, {to, {4, raft::say::append{.before_index = 7, .before_term = 3}}});
  std::map<raft::node_id, std::vector<blob>> sent;
  mail.send([&](raft::node_id to, blob frame) { sent[to].push_back(std::move(frame)); });
  ASSERT_EQ(sent.size(), 2u);
  ASSERT_EQ(sent[2].size(), 1u);
  EXPECT_EQ(raft::unpack(sent[2][0])->size(), 100u);
  mail.send([&](raft::node_id, const blob&) { ADD_FAILURE() << "it was emptied"; });
}

TEST(mailbag, keeps_frames_below_the_cap_and_a_groups_messages_in_order) {
  mailbag mail{10'000};
  for (std::uint64_t i = 0; i < 20; ++i)
    mail.put(5, entries(2, i, 3'000));
  mail.put(5, entries(2, 20, 50'000));
  std::vector<std::uint64_t> order;
  std::size_t frames = 0;
  mail.send([&](raft::node_id, const blob& frame) {
    ++frames;
    const auto messages = raft::unpack(frame).value();
    EXPECT_TRUE(frame.size() <= 10'000 || messages.size() == 1);
    for (const auto& m : messages)
      order.push_back(std::get<raft::say::append>(m.message.said).before_index);
  });
  EXPECT_GT(frames, 6u);
  ASSERT_EQ(order.size(), 21u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(trailing, is_so_many_entries_when_they_are_small) {
  trailing kept{{.entries = 100, .bytes = 1000}};
  for (std::uint64_t i = 1; i <= 500; ++i)
    kept.wrote(i, 1);
  EXPECT_EQ(kept.behind(500), 100u);
  EXPECT_EQ(kept.behind(300), 100u);
}

TEST(trailing, is_no_more_than_so_many_bytes) {
  trailing kept{{.entries = 100, .bytes = 1000}};
  for (std::uint64_t i = 1; i <= 500; ++i)
    kept.wrote(i, 100);
  EXPECT_LE(kept.behind(500), 11u);
  EXPECT_GE(kept.behind(500), 9u);
  kept.wrote(490, 2000); // in the place of what was there
  EXPECT_LE(kept.behind(490), 1u);
}

} // namespace
} // namespace tenon::cluster::replication
