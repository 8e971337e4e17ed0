// The small parts of a node's place in a cluster: what it keeps of itself, whom it hears, what is
// said at a door, and how it is shown.
#include "nodes/cli/cluster_text.hpp"
#include "nodes/cluster/card.hpp"
#include "nodes/cluster/led_groups.hpp"
#include "nodes/cluster/letters.hpp"
#include "nodes/cluster/neighbours.hpp"
#include "nodes/cluster/report.hpp"
#include "nodes/node/local_cluster.hpp"
#include "tests/support/given.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace {

using namespace tenon;
using namespace tenon::nodes::cluster;
using words = protocols::cluster;

const moment now = tests::at(span{});

membership::state two_nodes() {
  membership::state s;
  words::node a;
  a.name = "a";
  a.addresses = {"10.0.0.1:7071"};
  a.worker = a.edge = true;
  a.speaks_from = a.speaks_to = 1;
  a.boot_id = 1;
  a.version = "1.0";
  const auto take = [&](const membership::command& c) {
    const auto d = membership::decide(s, c, {.self = 1}, now);
    ASSERT_TRUE(d) << d.error().why;
    for (const auto& e : d->events)
      membership::apply(s, e);
  };
  take(words::init{"id-1", "prod", 4, 3, a});
  const auto hash = blob::copy_of(std::string(32, 'h'));
  take(words::issue_token{hash});
  auto b = a;
  b.name = "b";
  b.addresses = {"10.0.0.2:7071"};
  b.boot_id = 2;
  take(words::join{"prod", hash, b, false});
  return s;
}

TEST(a_card, is_kept_and_says_again_who_the_node_is) {
  const tests::temporary_directory data;
  EXPECT_EQ(kept_card(data.path(), now).error().code, code::not_found);
  const auto made = make_card("0123456789abcdef", "prod", now);
  ASSERT_TRUE(made) << made.error().why;
  ASSERT_TRUE(keep(data.path(), *made));
  const auto kept = kept_card(data.path(), now);
  ASSERT_TRUE(kept) << kept.error().why;
  EXPECT_EQ(kept->cluster, "0123456789abcdef");
  EXPECT_EQ(kept->node, founder);
  EXPECT_EQ(kept->shown.key, made->shown.key);
  ASSERT_TRUE(kept->authority);
  EXPECT_EQ(kept->authority->key, made->authority->key);
  drop_card(data.path());
  EXPECT_EQ(kept_card(data.path(), now).error().code, code::not_found);
}

TEST(a_card, is_renewed_for_the_same_node_by_the_authority_it_keeps) {
  const auto made = make_card("id-1", "prod", now);
  ASSERT_TRUE(made);
  const auto later = now + std::chrono::hours{24 * 80};
  const auto fresh = renewed(*made, later);
  ASSERT_TRUE(fresh) << fresh.error().why;
  const auto who = tenon::cluster::examine(fresh->shown, later + std::chrono::hours{24 * 80});
  ASSERT_TRUE(who) << who.error().why;
  EXPECT_EQ(who->name, "1");
  EXPECT_EQ(who->cluster, "id-1");
  auto without = *made;
  without.authority.reset();
  EXPECT_FALSE(renewed(without, later).error().remedy.empty());
}

TEST(kept_members, come_back_and_are_refused_when_a_byte_is_wrong) {
  const tests::temporary_directory data;
  ASSERT_TRUE(keep(data.path(), *make_card("id-1", "prod", now)));
  EXPECT_EQ(kept_members(data.path()).error().code, code::not_found);
  const auto s = two_nodes();
  ASSERT_TRUE(keep_members(data.path(), s));
  const auto again = kept_members(data.path());
  ASSERT_TRUE(again) << again.error().why;
  EXPECT_EQ(*again, s);
  const auto file = folder_of(data.path()) / "members";
  for (const std::streamoff at : {0, 9, 40}) {
    ASSERT_TRUE(keep_members(data.path(), s));
    std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
    bytes.seekp(at);
    bytes.put('\x7f');
    bytes.close();
    EXPECT_EQ(kept_members(data.path()).error().code, code::malformed) << at;
  }
  std::filesystem::resize_file(file, 3);
  EXPECT_EQ(kept_members(data.path()).error().code, code::malformed);
}

TEST(neighbours, are_heard_only_as_the_process_that_the_council_knows) {
  const auto s = two_nodes();
  neighbours n;
  EXPECT_TRUE(n.seen_from(1, s).alive.empty());
  n.up(2, 99); // a second process with a copy of the data
  EXPECT_TRUE(n.seen_from(1, s).alive.empty());
  n.up(2, 2);
  EXPECT_EQ(n.seen_from(1, s).alive, membership::node_ids{2});
  n.up(3, 3); // no member
  EXPECT_EQ(n.seen_from(1, s).alive, membership::node_ids{2});
  n.down(2);
  EXPECT_TRUE(n.seen_from(1, s).alive.empty());
}

TEST(neighbours, are_found_where_the_council_says) {
  const std::map<membership::node_id, std::string> others{{2, "10.0.0.2:7071"}};
  EXPECT_EQ(neighbours::peers_of(two_nodes(), 1), others);
}

TEST(led_groups, are_what_their_leaders_say_and_the_later_term_counts) {
  led_groups heard;
  led_groups::report first, second;
  first.groups = {{0, 4, {{1, true, true}, {2, true, false}}}, {2, 5, {{1, true, true}}}};
  second.groups = {{0, 6, {{2, true, true}}}, {9, 1, {}}};
  heard.hear(1, first);
  heard.hear(2, second);
  auto now = heard.now(3);
  ASSERT_EQ(now.size(), 3u);
  EXPECT_EQ(now[0].leader, 2u);
  EXPECT_EQ(now[1].leader, 0u);
  EXPECT_EQ(now[2].leader, 1u);
  heard.forget(2);
  now = heard.now(3);
  EXPECT_EQ(now[0].leader, 1u);
  ASSERT_EQ(now[0].replicas.size(), 2u);
  EXPECT_FALSE(now[0].replicas[1].caught_up);
}

TEST(led_groups, are_said_by_the_node_that_leads_them) {
  using tenon::cluster::raft::role;
  tenon::cluster::replication::view own{.partition = 3, .term = 7, .leader = 2};
  own.members = {{.node = 3, .role = role::learner, .matched = 5, .caught_up = true},
                 {.node = 2, .role = role::voter, .matched = 0, .caught_up = false},
                 {.node = 1, .role = role::spare, .matched = 0, .caught_up = false}};
  tenon::cluster::replication::view other{.partition = 4, .term = 7, .leader = 1};
  const auto said = report_of({own, other}, 2);
  ASSERT_EQ(said.groups.size(), 1u);
  EXPECT_EQ(said.groups[0].partition, 3u);
  ASSERT_EQ(said.groups[0].replicas.size(), 2u);
  EXPECT_EQ(said.groups[0].replicas[0].node, 2u);
  EXPECT_TRUE(said.groups[0].replicas[0].votes && said.groups[0].replicas[0].caught_up);
  EXPECT_FALSE(said.groups[0].replicas[1].votes);
}

TEST(letters, carry_failures_as_they_are) {
  const failure f{code::conflict, "the name is taken", "node.name", "Choose another."};
  EXPECT_EQ(failure_of(refusal_of(f)), f);
  for (auto c = code::malformed; c < code::internal; c = static_cast<code>(static_cast<int>(c) + 1))
    EXPECT_EQ(failure_of(refusal_of({c, "why"})).code, c);
  EXPECT_EQ(failure_of({"something new", "why", "", ""}).code, code::internal);
}

TEST(letters, say_their_length_and_are_refused_beyond_what_is_allowed) {
  const auto said = with_length(std::string(300, 'x'));
  EXPECT_EQ(*length_of(said, 300), 300u);
  EXPECT_EQ(length_of(said, 299).error().code, code::too_large);
  EXPECT_EQ(length_of("\xff\xff\xff\xff", most_letter_bytes).error().code, code::too_large);
}

tenon::cluster::placement::groups led_by_the_first(const membership::state& s) {
  return tenon::cluster::placement::groups(s.assignments.size(),
                                           {.leader = 1, .replicas = {{1, true, true}}});
}

TEST(a_report, shows_members_and_what_is_missing_as_a_table) {
  const auto s = std::make_shared<membership::state>(two_nodes());
  const auto shown = report_of(survey{s, 1, {}, led_by_the_first(*s)});
  const auto text = nodes::cli::cluster_text(shown, {});
  const auto says = [&](std::string_view part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  };
  says("cluster prod: 2 nodes, 4 partitions, 3 replicas of each wanted");
  says("partitions 0-3: 1 of 3 replicas");
  const auto row = [&](std::string_view name) {
    const auto at = text.find("\n" + std::string{name} + ' ');
    return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  };
  EXPECT_NE(row("a").find("alive"), std::string::npos) << text;
  EXPECT_NE(row("a").find("10.0.0.1:7071"), std::string::npos) << text;
  EXPECT_NE(row("b").find("dead"), std::string::npos) << text;
  EXPECT_NE(row("b").find("joining"), std::string::npos) << text;
}

TEST(a_report, finds_nodes_by_name_or_number_and_lists_them_otherwise) {
  const auto s = two_nodes();
  EXPECT_EQ(*find_node(s, "b"), 2u);
  EXPECT_EQ(*find_node(s, "2"), 2u);
  for (const char* nobody : {"c", "3", "2x", ""}) {
    const auto found = find_node(s, nobody);
    ASSERT_FALSE(found) << nobody;
    EXPECT_EQ(found.error().remedy, "There are: a, b.");
  }
}

TEST(a_machines_name, becomes_a_nodes) {
  EXPECT_EQ(nodes::node_name_of("Web-01.example.com"), "web-01-example-com");
  EXPECT_EQ(nodes::node_name_of("__a__"), "a");
  EXPECT_EQ(nodes::node_name_of("..."), "node");
  EXPECT_EQ(nodes::node_name_of(std::string(100, 'x')).size(), 63u);
}

} // namespace
