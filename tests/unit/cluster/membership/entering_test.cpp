#include "tests/unit/cluster/members.hpp"

namespace tenon::tests {

namespace {

TEST(membership, begins_with_one_node_that_holds_everything) {
  members m;
  m.init(16, 3);
  EXPECT_EQ(m.state.nodes.size(), 1u);
  EXPECT_EQ(m.node(1).standing, words::standing::up);
  ASSERT_EQ(m.state.assignments.size(), 16u);
  for (const auto& a : m.state.assignments)
    EXPECT_EQ(a.voters, membership::node_ids{1});
  EXPECT_EQ(membership::under_replicated(m.state).size(), 16u);
}

TEST(membership, refuses_everything_before_there_is_a_cluster) {
  members m;
  EXPECT_EQ(m.refusal(words::drain{1}).code, code::conflict);
  EXPECT_EQ(m.refusal(words::issue_token{token_hash(1)}).code, code::conflict);
}

TEST(membership, is_made_once_and_of_possible_numbers) {
  members m;
  const auto with = [](std::uint16_t partitions, std::uint32_t factor, words::node n) {
    return words::init{"id", "prod", partitions, factor, std::move(n)};
  };
  EXPECT_EQ(m.refusal(with(0, 3, described("a"))).where, "partitions");
  EXPECT_EQ(m.refusal(with(4097, 3, described("a"))).where, "partitions");
  EXPECT_EQ(m.refusal(with(16, 2, described("a"))).where, "factor");
  EXPECT_EQ(m.refusal(with(16, 3, described("Not a name"))).where, "node.name");
  EXPECT_EQ(m.refusal(with(16, 3, described("-a"))).where, "node.name");
  EXPECT_EQ(m.refusal(with(16, 3, described("a", 0))).where, "node");
  auto edge = described("a");
  edge.worker = false;
  EXPECT_EQ(m.refusal(with(16, 3, edge)).where, "node.worker");
  auto nowhere = described("a");
  nowhere.addresses = {};
  EXPECT_EQ(m.refusal(with(16, 3, nowhere)).where, "node.addresses");
  EXPECT_EQ(m.refusal(words::init{"", "prod", 16, 3, described("a")}).where, "id");
  EXPECT_EQ(m.refusal(words::init{"id", "", 16, 3, described("a")}).where, "name");
  m.obey(with(4096, 5, described("a")));
  EXPECT_EQ(m.refusal(with(16, 3, described("b"))).code, code::conflict);
}

TEST(membership, lets_a_node_in_with_a_token_and_counts_it_when_it_has_started) {
  members m;
  m.init();
  const auto token = m.token();
  const auto id = m.obey(words::join{"prod", token, described("n2"), false});
  EXPECT_EQ(id, 2u);
  EXPECT_EQ(m.node(2).standing, words::standing::joining);
  EXPECT_FALSE(membership::takes_replicas(m.node(2)));
  m.start(2, 1);
  EXPECT_EQ(m.node(2).standing, words::standing::up);
  EXPECT_TRUE(membership::takes_replicas(m.node(2)));
}

TEST(membership, takes_a_token_once_and_answers_again_to_who_used_it) {
  members m;
  m.init();
  const auto token = m.token();
  const words::join join{"prod", token, described("n2", 77), false};
  EXPECT_EQ(m.obey(join), 2u);
  const auto before = m.state;
  EXPECT_EQ(m.obey(join), 2u) << "its answer was lost, and it asks again";
  EXPECT_EQ(m.state, before);
  const auto refused = m.refusal(words::join{"prod", token, described("n3"), false});
  EXPECT_EQ(refused.code, code::forbidden);
  EXPECT_NE(refused.why.find("by node 2"), std::string::npos) << refused.why;
  EXPECT_EQ(m.refusal(words::join{"prod", token, described("n2", 78), false}).code, code::forbidden)
      << "the same name, and another process";
}

TEST(membership, refuses_tokens_that_are_unknown_expired_or_impossible) {
  members m;
  m.init();
  EXPECT_EQ(m.refusal(words::join{"prod", token_hash(9), described("n2"), false}).code,
            code::forbidden);
  const auto token = m.token();
  m.now += std::chrono::hours{1};
  const auto refused = m.refusal(words::join{"prod", token, described("n2"), false});
  EXPECT_EQ(refused.code, code::forbidden);
  EXPECT_NE(refused.why.find("expired at"), std::string::npos);
  EXPECT_EQ(m.refusal(words::issue_token{token}).code, code::conflict) << "the same again";
  EXPECT_EQ(m.refusal(words::issue_token{blob::from("short")}).where, "hash");
  EXPECT_EQ(m.refusal(words::issue_token{token_hash(50), span{}}).where, "lives");
  EXPECT_EQ(m.refusal(words::issue_token{token_hash(50), std::chrono::days{8}}).where, "lives");
}

TEST(membership, bounds_the_tokens_that_wait_and_forgets_the_old_ones) {
  members m;
  m.init();
  for (std::size_t i = 0; i < membership::most_tokens; ++i)
    m.token();
  EXPECT_EQ(m.refusal(words::issue_token{token_hash(1000)}).code, code::too_large);
  m.now += std::chrono::hours{2};
  m.token();
  EXPECT_EQ(m.state.tokens.size(), membership::most_tokens + 1) << "still known as expired";
  m.now += std::chrono::days{8};
  m.token();
  EXPECT_EQ(m.state.tokens.size(), 1u);
}

TEST(membership, refuses_a_join_of_another_cluster_a_taken_name_and_a_node_without_a_role) {
  members m;
  m.init();
  const auto token = m.token();
  EXPECT_EQ(m.refusal(words::join{"test", token, described("n2"), false}).where, "cluster");
  EXPECT_EQ(m.refusal(words::join{"prod", token, described("n1"), false}).where, "node.name");
  auto idle = described("n2");
  idle.worker = idle.edge = false;
  EXPECT_EQ(m.refusal(words::join{"prod", token, idle, false}).where, "node.worker");
  EXPECT_EQ(m.obey(words::join{"prod", token, described("n2"), false}), 2u)
      << "what was refused did not use the token up";
}

TEST(membership, refuses_versions_that_do_not_speak_the_feature_level) {
  members m;
  auto first = described("n1");
  first.speaks_to = 3;
  m.init(16, 3, first);
  EXPECT_EQ(m.state.feature_level, 3u);
  auto old = described("n2");
  old.version = "0.9";
  old.speaks_to = 2;
  const auto refused = m.refusal(words::join{"prod", m.token(), old, false});
  EXPECT_EQ(refused.where, "node.version");
  EXPECT_NE(refused.remedy.find("too old"), std::string::npos) << refused.remedy;
  auto fresh = described("n2");
  fresh.speaks_from = 4;
  fresh.speaks_to = 5;
  EXPECT_NE(m.refusal(words::join{"prod", m.token(), fresh, false}).remedy.find("too new"),
            std::string::npos);
  const auto& n1 = m.node(1);
  m.miss(1);
  EXPECT_EQ(m.refusal(words::start{m.state.id, 1, 1, n1.addresses, "0.9", 1, 2}).where,
            "node.version")
      << "nor may a member go back to one";
}

TEST(membership, finds_a_returning_node_at_its_new_addresses) {
  auto m = cluster_of(3);
  m.miss(2);
  m.obey(words::start{m.state.id, 2, 9, {"10.0.0.9:7000"}, "1.1", 1, 2});
  EXPECT_EQ(m.node(2).addresses, std::vector<std::string>{"10.0.0.9:7000"});
  EXPECT_EQ(m.node(2).version, "1.1");
  EXPECT_EQ(m.node(2).boot_id, 9u);
  EXPECT_EQ(m.node(2).standing, words::standing::up);
  m.hear(2);
  const auto again = m.ask(words::start{m.state.id, 2, 9, {"10.0.0.9:7000"}, "1.1", 1, 2});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->events.empty());
}

TEST(membership, tells_two_processes_with_one_data_directory) {
  auto m = cluster_of(3);
  const auto& n2 = m.node(2);
  const words::start second{m.state.id, 2, 5, n2.addresses, "1.0", 1, 1};
  const auto refused = m.refusal(second);
  EXPECT_EQ(refused.code, code::conflict);
  EXPECT_NE(refused.why.find("same data directory"), std::string::npos);
  m.miss(2);
  m.obey(second);
}

TEST(membership, refuses_the_start_of_who_is_no_member_or_belongs_elsewhere) {
  auto m = cluster_of(4);
  EXPECT_EQ(m.refusal(words::start{"id-2", 2, 5, {"a:1"}, "1", 1, 1}).where, "cluster_id");
  EXPECT_EQ(m.refusal(words::start{"id-1", 9, 5, {"a:1"}, "1", 1, 1}).code, code::forbidden);
  EXPECT_EQ(m.refusal(words::start{"id-1", 2, 0, {"a:1"}, "1", 1, 1}).where, "boot_id");
  m.miss(4);
  EXPECT_EQ(m.refusal(words::start{"id-1", 4, 5, {}, "1", 1, 1}).where, "node.addresses");
  EXPECT_EQ(m.refusal(words::start{"id-1", 4, 5, {"a:1"}, "1", 2, 1}).where, "speaks_from");
  m.obey(words::remove{4});
  const auto refused = m.refusal(words::start{"id-1", 4, 5, {"a:1"}, "1", 1, 1});
  EXPECT_EQ(refused.code, code::forbidden);
  EXPECT_NE(refused.remedy.find("new token"), std::string::npos);
}

TEST(membership, replaces_a_node_that_lost_its_disk_and_wants_the_same_on_its_successor) {
  auto m = cluster_of(3);
  const auto token = m.token();
  const words::join join{"prod", token, described("n3", 8), true};
  EXPECT_EQ(m.refusal(join).where, "node.name") << "it is alive";
  m.miss(3);
  auto edge = join;
  edge.node.worker = false;
  EXPECT_EQ(m.refusal(edge).where, "node.worker");
  EXPECT_EQ(m.refusal(words::join{"prod", token, described("n9"), true}).code, code::not_found);
  EXPECT_EQ(m.obey(join), 4u) << "a number is never used again";
  EXPECT_EQ(m.node(3).standing, words::standing::removed);
  EXPECT_EQ(m.node(4).name, "n3");
  for (const auto& a : m.state.assignments) {
    EXPECT_EQ(a.wanted, (membership::node_ids{1, 2, 4}));
    EXPECT_EQ(a.voters, (membership::node_ids{1, 2, 3})) << "the group has not changed yet";
  }
}

TEST(membership, does_not_replace_a_node_without_which_a_partition_has_no_majority) {
  auto m = cluster_of(3);
  m.miss(2);
  m.miss(3);
  const auto refused = m.refusal(words::join{"prod", m.token(), described("n3", 8), true});
  EXPECT_NE(refused.why.find("majority"), std::string::npos) << refused.why;
}

} // namespace

} // namespace tenon::tests
