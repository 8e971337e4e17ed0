// Many groups' messages in one frame: what goes in comes out, in a group's order; and whatever
// bytes arrive, a group stands.
#include "cluster/raft/parcel.hpp"

#include "tests/support/random_value.hpp"
#include "tests/unit/cluster/raft/replicas.hpp"

#include <algorithm>
#include <random>

namespace tenon::tests {

namespace {

namespace say = raft::say;

std::vector<raft::addressed> of_group(const std::vector<raft::addressed>& all,
                                      std::uint16_t group) {
  std::vector<raft::addressed> found;
  std::ranges::copy_if(all, std::back_inserter(found),
                       [group](const auto& a) { return a.group == group; });
  return found;
}

raft::addressed heartbeat(std::uint16_t group) {
  return {group, {7, say::append{.before_index = 1000, .before_term = 6, .committed = 990}}};
}

TEST(raft_parcel, brings_what_was_packed_in_each_groups_order) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_values values{seed, {}};
  for (int round = 0; round < 500; ++round) {
    std::vector<raft::addressed> packed;
    for (auto left = values.below(20); left > 0; --left)
      packed.push_back({static_cast<std::uint16_t>(values.below(4)),
                        {values.below(100), values.any<say::said>()}});
    const auto unpacked = raft::unpack(raft::pack(packed));
    ASSERT_TRUE(unpacked);
    EXPECT_EQ(unpacked->size(), packed.size());
    for (std::uint16_t group = 0; group < 4; ++group)
      EXPECT_EQ(of_group(*unpacked, group), of_group(packed, group));
  }
}

TEST(raft_parcel, takes_a_row_for_an_idle_groups_heartbeat_and_for_its_answer) {
  std::vector<raft::addressed> beats;
  std::vector<raft::addressed> echoes;
  for (std::uint16_t group = 0; group < 1024; ++group) {
    beats.push_back(heartbeat(group));
    echoes.push_back({group, {7, say::appended{.last_index = 1000}}});
  }
  EXPECT_LE(raft::pack(beats).size(), 1024u * 40 + 64);
  EXPECT_LE(raft::pack(echoes).size(), 1024u * 24 + 64);
}

TEST(raft_parcel, does_not_let_a_heartbeat_overtake_the_entries_before_it) {
  const raft::addressed entries{
      3, {7, say::append{999, 6, 990, {{.term = 7, .bytes = blob::copy_of("a")}}}}};
  const auto unpacked = raft::unpack(raft::pack({entries, heartbeat(3)}));
  ASSERT_TRUE(unpacked);
  EXPECT_EQ(*unpacked, (std::vector{entries, heartbeat(3)}));
}

TEST(raft_parcel, weighs_no_message_less_than_its_bytes) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_values values{seed, {}};
  for (int round = 0; round < 1000; ++round) {
    const raft::message m{values.below(100), values.any<say::said>()};
    EXPECT_GE(raft::weight_of(m), raft::pack({{1, m}}).size() - 64);
  }
}

TEST(raft_parcel, of_any_bytes_is_messages_or_malformed) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  random_values values{seed, {}};
  std::size_t malformed = 0;
  for (int round = 0; round < 3000; ++round) {
    auto bytes = raft::pack({{1, {values.below(100), values.any<say::said>()}},
                             {2, {values.below(100), values.any<say::said>()}}})
                     .text();
    for (auto changes = random() % 8; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0)
      bytes.resize(random() % bytes.size());
    const auto unpacked = raft::unpack(blob::copy_of(bytes));
    if (!unpacked) {
      EXPECT_EQ(unpacked.error().code, code::malformed);
      ++malformed;
    }
  }
  EXPECT_GT(malformed, 100u);
}

TEST(raft_parcel, of_any_messages_leaves_a_group_standing) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_values values{seed, {}};
  for (int round = 0; round < 200; ++round) {
    replicas all{voters({1, 2, 3})};
    all.elect();
    for (int i = 0; i < 20; ++i)
      all.at(1 + values.below(3))
          .receive(values.below(5), values.below(3), {values.below(4), values.any<say::said>()},
                   all.now);
    for (auto& [node, r] : all.nodes)
      EXPECT_LE(r.group->committed(), r.group->last());
  }
}

} // namespace

} // namespace tenon::tests
