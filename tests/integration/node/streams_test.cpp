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
    const object sync{{"from", object{{kind, options}}}, {"into", "rows"}, {"retries", 1}};
    apply(
        {named.resource("credential", object{{"secrets", secrets}}), named.resource("sync", sync)});
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
  const auto pid_file = scripts.file("pid").string(), other_file = scripts.file("other").string();
  const auto tap = scripts.make("tap-slow", "sleep 1000 & echo $! >" + other_file + "\necho $$ >" +
                                                pid_file + R"(
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
  const auto first = std::stoi(contents_of(pid_file)), other = std::stoi(contents_of(other_file));
  EXPECT_TRUE(runs(first));
  EXPECT_TRUE(runs(other));
  kill_node();
  start_node(loud);
  await("the end of the tap before", [&] { return !runs(first) && !runs(other); });
  await_success();
  EXPECT_EQ(contents("rows").size(), 2'000u);
  EXPECT_EQ(node_->terminate(), 0);
  EXPECT_EQ(node_->errors().find("canary-91c2"), std::string::npos);
}

TEST_F(streams, of_a_tap_that_shows_all_there_is_delete_what_is_gone) {
  taps scripts;
  const auto ids = scripts.file("ids");
  const auto tap = scripts.make("tap-table", "ids=$(cat " + ids.string() + ")\n" + R"(
version=$(date +%s%N)
echo '{"type":"SCHEMA","stream":"numbers","schema":{},"key_properties":["id"]}'
for id in $ids; do
  [ "$id" = broken ] && exit 1
  echo '{"type":"RECORD","stream":"numbers","version":'$version',"record":{"id":'$id'}}'
done
echo '{"type":"ACTIVATE_VERSION","stream":"numbers","version":'$version'}'
echo '{"type":"STATE","value":{"done":'$version'}}'
)");
  start_node({"--stdio", "table=" + tap.string()});
  apply_sync("singer", {{"tap", "table"}, {"stream", "numbers"}, {"page_size", 2}}, {});
  const auto run_with = [&](const char* those) {
    std::ofstream{ids} << those;
    return run("rows");
  };
  EXPECT_EQ(state(run_with("1 2 3 4 5")), "succeeded");
  EXPECT_EQ(contents("rows").size(), 5u);
  const auto second = run_with("1 3 5 6");
  EXPECT_EQ(state(second), "succeeded");
  EXPECT_EQ(number(second, "deleted"), 2);
  const auto kept = contents("rows");
  EXPECT_EQ(kept.size(), 4u);
  EXPECT_FALSE(kept.contains("2"));
  const auto failed = run_with("1 3 broken"); // in the middle: it deletes nothing
  EXPECT_EQ(state(failed), "failed");
  expect_says(why(failed), "ended with 1");
  EXPECT_EQ(contents("rows").size(), 4u);
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
