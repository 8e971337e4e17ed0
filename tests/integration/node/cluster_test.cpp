// Nodes that become one cluster, as processes: one is made a cluster, another joins it with a token
// over TLS, both hear each other, and find each other again wherever they are started. And every
// way in which a node is not let in.
#include "cluster/identity/certificate.hpp"
#include "cluster/identity/join_token.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;
using nodes::cli::list_at;
using nodes::cli::text_at;

class cluster_of_processes : public running_node {
protected:
  static constexpr auto all = "/api/v1/cluster";

  void start_first(const words& more = {}) {
    words arguments{"--cluster-address", "127.0.0.1:0", "--name", "first"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    start_node(arguments);
  }
  void found() {
    start_first({"--partitions", "8"});
    const auto made = api_->post(std::string{all} + "/init", object{{"name", "prod"}});
    ASSERT_TRUE(made) << made.why.why;
  }

  nodes::cli::answer order(const std::string& below, const value& body = object{}) {
    return api_->post(all + below, body);
  }
  std::string token(std::int64_t lives_ms = 3'600'000) {
    const auto made = order("/tokens", object{{"lives_ms", lives_ms}});
    EXPECT_TRUE(made) << made.why.why;
    door_ = text_at(made.body, "address");
    return text_at(made.body, "token");
  }

  /// A node of this name, with a data directory of this one.
  words joining(const std::string& name, const words& more = {},
                const std::string& directory = {}) const {
    const auto data = directory_ / (directory.empty() ? name : directory);
    words arguments{"node", "--data", data.string()};
    for (const char* option : {"--http", "--cluster-address"})
      arguments.insert(arguments.end(), {option, "127.0.0.1:0"});
    arguments.insert(arguments.end(), {"--name", name, "--join", door_});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  void start_second(const std::string& token, const words& more = {}) {
    second_.emplace("tenon", joining("second", more),
                    node_environment({"TENON_JOIN_TOKEN=" + token}));
    const auto server = nodes::cli::parse_server(second_->first_line());
    ASSERT_TRUE(server) << second_->errors();
    second_api_.emplace(nodes::cli::http_client{{*server, owner_key}}, "default");
  }
  /// What it says; nothing of the token, and no data directory that was not there.
  std::string refused(const std::string& token, const words& more = {},
                      const std::string& name = "third") {
    const bool was = std::filesystem::exists(directory_ / "third");
    started_program node{"tenon", joining(name, more, "third"),
                         node_environment({"TENON_JOIN_TOKEN=" + token})};
    EXPECT_EQ(node.first_line(), "");
    EXPECT_EQ(node.wait(), 1);
    EXPECT_EQ(std::filesystem::exists(directory_ / "third"), was);
    auto said = node.errors();
    expect_says(said, "\n       "); // what to do
    if (const auto read = cluster::read_join_token(token)) {
      EXPECT_EQ(said.find(read->secret), said.npos) << said;
      EXPECT_EQ(node_->errors().find(read->secret), std::string::npos);
    }
    return said;
  }

  static value member(const nodes::cli::api& api, const std::string& name) {
    const auto got = api.get(all);
    EXPECT_TRUE(got) << got.why.why;
    for (const auto& m : list_at(got.body, "members"))
      if (text_at(m, "name") == name)
        return m;
    return {};
  }
  static bool is(const value& member, std::string_view standing) {
    const auto* alive = member.find("alive");
    return alive && *alive == value{true} && text_at(member, "standing") == standing;
  }
  void await_both() {
    await("both to hear each other", [&] {
      return is(member(*api_, "second"), "up") && is(member(*second_api_, "first"), "up");
    });
  }

  /// A key of one tenant, though it administers that.
  void expect_serves_clusters_to_owners_alone() {
    const auto made = api_->post(api_->path({"keys"}), object{{"role", "admin"}});
    ASSERT_TRUE(made) << made.why.why;
    const nodes::cli::api tenants{
        nodes::cli::http_client{{api_->server(), text_at(made.body, "key")}}, "default"};
    EXPECT_EQ(tenants.get(all).why.code, code::forbidden);
    EXPECT_EQ(tenants.post(std::string{all} + "/tokens", object{}).why.code, code::forbidden);
    EXPECT_EQ(tenants.get("/api/v1/system/actors/cluster/cluster").why.code, code::forbidden);
  }

  std::string door_ = "127.0.0.1:1";
  std::optional<started_program> second_;
  std::optional<nodes::cli::api> second_api_;
};

TEST_F(cluster_of_processes, is_made_once_of_a_node_that_others_can_reach) {
  start_node();
  const auto alone = api_->get(all);
  EXPECT_EQ(alone.why.code, code::conflict);
  expect_says(alone.why.remedy, "tenon cluster init");
  const auto unreachable = order("/init", object{{"name", "prod"}});
  expect_says(unreachable.why.why, "no address");
  EXPECT_EQ(node_->terminate(), 0);

  start_first();
  expect_says(order("/init", object{{"name", "Not A Name"}}).why.why, "is not a name");
  const auto made = order("/init", object{{"name", "prod"}});
  ASSERT_TRUE(made) << made.why.why;
  EXPECT_EQ(order("/init", object{{"name", "prod"}}).body, made.body);
  expect_says(order("/init", object{{"name", "other"}}).why.why, "belongs to the cluster prod");
  EXPECT_EQ(number(member(*api_, "first"), "leads"), 16);

  node_->terminate();
  start_first();
  EXPECT_TRUE(is(member(*api_, "first"), "up"));
  expect_serves_clusters_to_owners_alone();
}

TEST_F(cluster_of_processes, hears_a_node_that_has_joined_and_finds_it_after_restarts) {
  found();
  start_second(token(), {"--cluster", "prod", "--zone", "rack-2"});
  await_both();
  EXPECT_EQ(text_at(member(*api_, "second"), "zone"), "rack-2");
  EXPECT_EQ(number(member(*api_, "first"), "leads"), 8);
  for (const char* kept : {"cluster/node.pem", "cluster/authority.pem", "master.key"})
    EXPECT_TRUE(std::filesystem::exists(directory_ / "second" / kept)) << kept;
  EXPECT_EQ(contents_of(directory_ / "second/master.key"), contents_of(data() / "master.key"));

  // Again, with the same words and a token long used, at another address.
  const auto before = text_at(member(*api_, "second"), "address");
  EXPECT_EQ(second_->terminate(), 0);
  await("the other to be missed", [&] { return !is(member(*api_, "second"), "up"); });
  start_second("");
  await_both();
  EXPECT_NE(text_at(member(*api_, "second"), "address"), before);

  // The first at another address is found because it calls.
  node_->terminate();
  start_first();
  await_both();
}

TEST_F(cluster_of_processes, lets_a_second_process_with_the_same_data_change_nothing) {
  found();
  start_second(token());
  await_both();
  started_program twin{"tenon", joining("second"), node_environment()};
  EXPECT_EQ(twin.first_line(), "");
  EXPECT_EQ(twin.wait(), 1);
  expect_says(twin.errors(), "in use by process " + std::to_string(second_->pid()));

  const auto copy = directory_ / "copy";
  std::filesystem::copy(directory_ / "second", copy, std::filesystem::copy_options::recursive);
  started_program copied{"tenon", joining("second", {}, "copy"), node_environment()};
  EXPECT_EQ(copied.first_line(), "");
  EXPECT_EQ(copied.wait(), 1);
  expect_says(copied.errors(), "another process is alive as node 2");
  EXPECT_TRUE(is(member(*api_, "second"), "up"));
}

TEST_F(cluster_of_processes, refuses_who_may_not_come_in_and_says_what_to_do) {
  found();
  const auto used = token();
  start_second(used);
  expect_says(refused(used), "works once");
  expect_says(refused(""), "a node joins with a token");
  auto cut = token();
  cut.pop_back();
  expect_says(refused(cut), "cut or mistyped");
  const auto good = token();
  expect_says(refused(good, {"--cluster", "staging"}), "staging was meant");
  expect_says(refused(good, {}, "second"), "the name is taken by node 2");
  expect_says(refused(good, {"--replace"}, "second"), "is alive and is not replaced");
  expect_says(refused(good, {"--replace"}), "no member is called third");

  std::filesystem::create_directory(directory_ / "third");
  std::ofstream{directory_ / "third" / "something"} << "of somebody's";
  expect_says(refused(good), "is not empty");
  EXPECT_EQ(contents_of(directory_ / "third" / "something"), "of somebody's");
  std::filesystem::remove_all(directory_ / "third");

  const auto brief = token(1);
  await("the token to expire",
        [&] { return refused(brief).find("expired at") != std::string::npos; });
  // None of all that has used up the good one.
  started_program third{"tenon", joining("third"), node_environment({"TENON_JOIN_TOKEN=" + good})};
  EXPECT_TRUE(third.first_line().starts_with("http://")) << third.errors();
}

TEST_F(cluster_of_processes, is_not_taken_for_another_by_who_joins) {
  found();
  const auto other = cluster::make_authority("other", "other", moment{span{1'800'000'000'000}});
  runtime::system_entropy random;
  const auto theirs = cluster::issue_join_token(
      random, *cluster::fingerprint_of(other->certificate), moment{span{1'800'000'000'000}});
  token();
  expect_says(refused(theirs.text), "not of the cluster that made the token");

  const auto good = token();
  door_ = "127.0.0.1:" + std::to_string(port()); // the edge's
  expect_says(refused(good), "no node that lets others in");
  door_ = "127.0.0.1:1";
  expect_says(refused(good), "nobody listens there");
  door_ = "nowhere";
  expect_says(refused(good), "is no address");
}

TEST_F(cluster_of_processes, is_not_harmed_by_what_strangers_say_at_its_port) {
  found();
  const auto good = token();
  const auto at = static_cast<std::uint16_t>(std::stoi(door_.substr(door_.find(':') + 1)));
  const std::string greeting = "tenon door 1\n";
  for (const auto& said : {std::string{"GET / HTTP/1.1\r\n\r\n"}, std::string{"tenon door 2\n"},
                           greeting + std::string(4096, 'x'), greeting + "\x16\x03\x01\xff\xff",
                           std::string{"\x16\x03\x01\x02", 4}, std::string{"\0", 1}}) {
    raw_client stranger{at};
    stranger.send(said);
  }
  raw_client curious{at};
  curious.send(greeting);
  expect_says(curious.take(40), "-----BEGIN CERTIFICATE-----");
  start_second(good);
  await_both();
}

TEST_F(cluster_of_processes, lets_a_node_go_and_does_not_know_it_afterwards) {
  found();
  start_second(token());
  await_both();
  ASSERT_TRUE(order("/nodes/second/drain"));
  EXPECT_TRUE(is(member(*api_, "second"), "draining"));
  ASSERT_TRUE(order("/nodes/2/resume"));
  expect_says(order("/nodes/second/remove").why.why, "is alive");
  expect_says(order("/nodes/nobody/drain").why.remedy, "first, second");
  ASSERT_TRUE(order("/nodes/second/leave"));
  await("it to depart", [&] { return member(*api_, "second").is_null(); });
  second_->terminate();
  started_program again{"tenon", joining("second"), node_environment()};
  EXPECT_EQ(again.first_line(), "");
  EXPECT_EQ(again.wait(), 1);
  expect_says(again.errors(), "no member");
  expect_says(again.errors(), "join with a new token");
}

TEST_F(cluster_of_processes, keeps_the_number_of_partitions_of_its_first_start) {
  start_node({"--partitions", "8"});
  EXPECT_EQ(node_->terminate(), 0);
  const auto said = refused_start({"--partitions", "64"});
  expect_says(said, "has 8 partitions, and not 64");
  expect_says(said, "leave the option out");
  start_node();
  expect_serves();
}

} // namespace
