// The node as a process: told to end in the middle of its work, started twice on the same data,
// asked by strangers, and started without the key to its secrets.
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

#include <future>

namespace {

using namespace tenon;
using namespace tenon::tests;

class node_process : public running_node {
protected:
  raw_response ask(const std::string& target, const std::string& authorization) {
    raw_client client{port()};
    client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + authorization + "\r\n");
    return client.response();
  }
  std::filesystem::path master_key() const { return data() / "master.key"; }
};

TEST_F(node_process, told_to_end_under_load_ends_in_time_and_goes_on_after_its_next_start) {
  constexpr int records = 20'000;
  start_vendor({"--generate", std::to_string(records), "--page-size", "50"});
  start_node();
  apply(subscription{.url = vendor()}.resources());
  start_run("gen");
  std::atomic<bool> enough = false;
  std::vector<std::future<std::set<std::string>>> clients;
  for (int i = 0; i < 4; ++i)
    clients.push_back(std::async(std::launch::async, [&, i] {
      return make_collections("made-by-" + std::to_string(i) + '-', enough);
    }));
  const auto seen = await_run("gen", "some pages", [](const value& run) {
    return over(run) || number(run, "pages") >= 40;
  });
  ASSERT_FALSE(over(seen)) << write_json(seen);

  const auto told = std::chrono::steady_clock::now();
  EXPECT_EQ(node_->terminate(), 0) << node_->errors();
  EXPECT_LT(std::chrono::steady_clock::now() - told, std::chrono::seconds{15});
  enough = true;
  expect_says(node_->errors(), "node.stopped");
  std::set<std::string> acknowledged;
  for (auto& client : clients)
    acknowledged.merge(client.get());
  EXPECT_GT(acknowledged.size(), 4u);

  start_node();
  EXPECT_GE(number(latest("gen"), "pages"), number(seen, "pages")) << "what was told was lost";
  const auto done = await_run("gen", "the run's end", over);
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "read"), records);
  EXPECT_EQ(number(done, "stored"), records);
  expect_conserved(done);
  EXPECT_EQ(contents("gen").size(), static_cast<std::size_t>(records));
  expect_collections(acknowledged);
}

TEST_F(node_process, a_second_one_on_the_same_data_is_refused_and_disturbs_nobody) {
  start_node();
  started_program second{"tenon", node_words(), node_environment()};
  EXPECT_EQ(second.first_line(), "");
  EXPECT_EQ(second.wait(), 1);
  expect_says(second.errors(), "in use by process " + std::to_string(node_->pid()));
  expect_says(second.errors(), data().string());
  expect_says(second.errors(), "\n       ");
  expect_serves();
}

TEST_F(node_process, tells_strangers_no_more_than_that_they_are_strangers) {
  start_node();
  const auto of = [](std::string key) { return "Authorization: Bearer " + key + "\r\n"; };
  const auto expect_stranger = [&](const std::string& authorization) {
    const auto answer = ask("/api/v1/default/credentials/none", authorization);
    EXPECT_EQ(answer.status, 401u) << answer.head << answer.body;
    EXPECT_TRUE(answer.says("application/problem+json")) << answer.head;
    EXPECT_TRUE(answer.says("WWW-Authenticate")) << answer.head;
    expect_says(answer.body, "urn:tenon:problem:unauthenticated");
    expect_says(answer.body, "\"remedy\":");
  };
  expect_stranger("");
  expect_stranger(of("tn_owner01_ffffffffffffffffffffffffffff"));
  expect_stranger(of("tn_nobody1_0123456789abcdef0123456789"));
  expect_stranger("Authorization: Basic dGVub246dGVub24=\r\n");
  started_program client{
      "tenon",
      {"get", "sync", "--no-color"},
      {"TENON_SERVER=" + node_->first_line(), "TENON_KEY=tn_nobody2_0123456789abcdef"}};
  EXPECT_EQ(client.wait(), 5);
  expect_says(client.errors(), "TENON_KEY");
  EXPECT_EQ(ask("/api/v1/default/syncs", of(owner_key)).status, 200u);
}

TEST_F(node_process, without_its_master_key_does_not_start_and_with_it_has_its_secrets) {
  start_vendor({"--generate", "10", "--key", "right-key"});
  start_node();
  apply(subscription{.url = vendor()}.with_key("right-key").resources());
  ASSERT_EQ(node_->terminate(), 0);

  const auto kept = contents_of(master_key());
  std::filesystem::remove(master_key());
  auto told = refused_start();
  expect_says(told, "the node was given no master key");
  expect_says(told, "Put master.key back beside the data");
  EXPECT_FALSE(std::filesystem::exists(master_key())) << "a new one would hide the loss";

  const std::string wrong{"1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"};
  std::ofstream{master_key()} << wrong;
  std::filesystem::permissions(master_key(), std::filesystem::perms{0600});
  told = refused_start();
  expect_says(told, "sealed with a master key that the node was not given");
  expect_says(told, "Put that key back");
  std::ofstream{master_key()} << "this is no key\n";
  told = refused_start();
  expect_says(told, master_key().string());
  expect_says(told, "VERSION:BASE64");
  std::filesystem::remove(master_key());
  told = refused_start({}, {"TENON_MASTER_KEY=" + wrong.substr(0, wrong.size() - 1)});
  expect_says(told, "sealed with a master key that the node was not given");

  start_node({}, {"TENON_MASTER_KEY=" + kept.substr(0, kept.find('\n'))});
  const auto done = run("gen");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
}

} // namespace
