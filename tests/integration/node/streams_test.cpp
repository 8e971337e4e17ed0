// A node that reads streams of messages and taps: each message is there once, whatever it died of,
// and nothing that it has started outlives it.
#include "tests/support/mqtt_broker.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/running_node.hpp"
#include "tests/support/taps.hpp"

#include <csignal>

namespace {

using namespace tenon;
using namespace tenon::tests;

class streams : public running_node {
protected:
  void apply_sync(const char* kind, const object& options, const object& secrets) {
    const subscription named{.name = "rows"};
    apply({named.resource("credential", object{{"secrets", secrets}}),
           named.resource("sync", object{{"from", object{{kind, options}}}, {"into", "rows"}})});
  }
  void kill_node() {
    ::kill(node_->pid(), SIGKILL);
    node_->wait();
  }
  void await_pages(int more_than) {
    await_run("rows", "some pages", [&](const value& r) { return number(r, "pages") > more_than; });
  }
  value await_success() {
    await_run("rows", "the run's end", over);
    auto done = latest("rows");
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    return done;
  }
  static bool runs(pid_t pid) {
    const auto text = contents_of("/proc/" + std::to_string(pid) + "/stat");
    return !text.empty() && text.substr(text.rfind(')') + 2, 1) != "Z";
  }
};

TEST_F(streams, of_redis_are_read_on_after_a_kill) {
  redis_server server;
  redis_client{server}.add("orders", 1, 3'000);
  const words loud{"--log-level", "debug"};
  start_node(loud);
  apply_sync(
      "redis",
      {{"url", server.url()}, {"credential", "rows"}, {"stream", "orders"}, {"page_size", 50}},
      {{"password", server.password}});
  start_run("rows");
  await_pages(5);
  kill_node();
  start_node(loud);
  const auto done = await_success();
  expect_conserved(done);
  EXPECT_EQ(contents("rows").size(), 3'000u);
  EXPECT_EQ(contents("rows").at("7-0"), R"({"id":"7-0","v":"7"})");
  EXPECT_EQ(node_->terminate(), 0);
  EXPECT_EQ(node_->errors().find(server.password), std::string::npos);
}

TEST_F(streams, of_mqtt_are_there_once_after_kills) {
  mqtt_broker broker;
  const words loud{"--log-level", "debug"};
  start_node(loud);
  apply_sync("mqtt",
             {{"url", broker.url()},
              {"credential", "rows"},
              {"topics", "plant/#"},
              {"quiet", "100ms"},
              {"page_size", 20}},
             {{"user", broker.user}, {"password", broker.password}});
  EXPECT_EQ(state(run("rows")), "succeeded"); // from now on there is a session
  broker.publish_numbers("plant/a", 1, 1'500);
  start_run("rows");
  for (int kills = 1; kills <= 3; ++kills) {
    await_pages(10 * kills);
    kill_node();
    start_node(loud);
  }
  await_success();
  EXPECT_EQ(state(run("rows")), "succeeded");
  std::multiset<std::string> payloads;
  for (const auto& [key, content] : contents("rows"))
    payloads.insert(nodes::cli::text_at(*read_json(content), "payload"));
  EXPECT_EQ(payloads.size(), 1'500u);
  EXPECT_EQ(std::set<std::string>(payloads.begin(), payloads.end()).size(), 1'500u);
  EXPECT_EQ(node_->terminate(), 0);
  EXPECT_EQ(node_->errors().find(broker.password), std::string::npos);
}

TEST_F(streams, of_a_tap_go_on_after_a_kill_that_no_tap_outlives) {
  taps scripts;
  const auto pid_file = scripts.file("pid").string();
  const auto tap = scripts.make("tap-slow", "echo $$ >" + pid_file + R"(
echo '{"type":"SCHEMA","stream":"numbers","schema":{},"key_properties":["id"]}'
at=$(echo "$state" | sed -n 's/.*"at":\([0-9]*\).*/\1/p'); at=${at:-0}
while [ "$at" -lt 2000 ]; do
  at=$((at + 1))
  echo '{"type":"RECORD","stream":"numbers","record":{"id":'$at'}}'
  echo '{"type":"STATE","value":{"at":'$at'}}'
done
)");
  const words loud{"--log-level", "debug", "--stdio", "numbers=" + tap.string()};
  start_node(loud);
  const auto options =
      object{{"tap", "numbers"}, {"stream", "numbers"}, {"credential", "rows"}, {"page_size", 20}};
  apply_sync("singer", options, {{"token", "canary-91c2"}});
  start_run("rows");
  await_pages(3);
  const auto first = std::stoi(contents_of(pid_file));
  kill_node();
  start_node(loud);
  await("the end of the tap before", [&] { return !runs(first); });
  await_success();
  EXPECT_EQ(contents("rows").size(), 2'000u);
  EXPECT_EQ(node_->terminate(), 0);
  EXPECT_EQ(node_->errors().find("canary-91c2"), std::string::npos);
}

TEST_F(streams, of_a_tap_end_with_the_run_that_is_cancelled) {
  taps scripts;
  const auto pid_file = scripts.file("pid").string();
  const auto tap = scripts.make("tap-endless", "echo $$ >" + pid_file + R"(
echo '{"type":"SCHEMA","stream":"numbers","schema":{},"key_properties":["id"]}'
yes '{"type":"RECORD","stream":"numbers","record":{"id":1}}'
)");
  start_node({"--stdio", "endless=" + tap.string()});
  apply_sync("singer", {{"tap", "endless"}, {"stream", "numbers"}, {"page_size", 20}}, {});
  start_run("rows");
  await_pages(3);
  const auto pid = std::stoi(contents_of(pid_file));
  EXPECT_TRUE(runs(pid));
  ASSERT_TRUE(api_->post(api_->path({"syncs", "rows", "cancel"}), object{}));
  await("the tap's end", [&] { return !runs(pid); });
  EXPECT_EQ(state(latest("rows")), "cancelled");
}

TEST_F(streams, of_programs_that_the_operator_did_not_name_are_refused) {
  start_node();
  const subscription named{.name = "rows"};
  const object options{{"tap", "sh"}, {"stream", "s"}, {"config", object{{"c", "rm -rf /"}}}};
  const auto one =
      named.resource("sync", object{{"from", object{{"singer", options}}}, {"into", "rows"}});
  const auto refused = api_->post(api_->path({"apply"}), object{{"resources", list{value{one}}}});
  const auto said = write_json(refused.body) + refused.why.why + refused.why.remedy;
  expect_says(said, "runs no tap that is called sh");
  expect_says(refused_start({"--stdio", "sh"}), "no name and program");
}

} // namespace
