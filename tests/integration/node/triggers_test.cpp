// A platform says that there is news, and a sync reads it: at once, once for all that is said while
// it waits, once more for what is said while it runs, and also when the node is killed in between.
#include "tests/support/canned_server.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_node.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>

namespace {

using namespace tenon;
using namespace tenon::tests;

class triggered_sync : public running_node {
protected:
  void start(const std::string& url, const std::string& apart = "1s") {
    start_node();
    subscription one{.url = url, .name = "gen"};
    one.params = R"({"signing": {"title": "what signs", "secret": true}})";
    one.secrets["signing"] = secret;
    auto all = one.resources();
    (*all.front().as<object>()->find("spec")->as<object>())["hooks"] = *read_json(
        R"({"events": {"verify": {"token": "header x-token", "secret": "signing"},
                       "id": "{{id}}"}})");
    all.push_back(trigger(apart));
    apply(all);
  }
  static value trigger(const std::string& apart, bool paused = false) {
    return object{{"kind", "trigger"},
                  {"name", "gen:events"},
                  {"spec", object{{"syncs", list{"gen"}}, {"apart", apart}, {"paused", paused}}}};
  }

  unsigned say(const std::string& id, const std::string& token = secret) {
    const std::string body = R"({"id":")" + id + R"("})";
    raw_client platform{port()};
    platform.send("POST /hooks/default/gen/events HTTP/1.1\r\nHost: x\r\nX-Token: " + token +
                  "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return platform.response().status;
  }
  std::int64_t runs() {
    const auto all = get({"syncs", "gen", "runs"});
    const auto items = nodes::cli::list_at(all, "items");
    return items.empty() ? 0 : number(items.front(), "run");
  }
  std::int64_t of_trigger(const char* member) {
    const auto shown = get({"triggers", "gen:events"});
    const auto* status = shown.find("status");
    return status == nullptr ? -1 : number(*status, member);
  }
  void await_quiet() {
    await("everything to be read",
          [this] { return of_trigger("waiting") == 0 && runs() > 0 && over(latest("gen")); });
  }

  static constexpr auto secret = "canary-trigger-8d21";
  static constexpr auto two_records = R"({"data":[{"id":1},{"id":2}],"next":null})";
};

TEST_F(triggered_sync, runs_when_its_platform_says_that_there_is_news) {
  const canned_server news{
      [](const canned_request&) { return canned_answer{.body = two_records}; }};
  start(news.url());
  EXPECT_EQ(say("a", "another token"), 401u);
  EXPECT_EQ(of_trigger("heard"), 0) << "a stranger starts nothing";
  EXPECT_EQ(say("a"), 200u);
  await_quiet();
  const auto done = latest("gen");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(nodes::cli::text_at(done, "by"), "hook gen:events");
  EXPECT_EQ(contents("gen").size(), 2u);
  EXPECT_EQ(contents("gen_events").size(), 1u);
  apply({trigger("1s", true)});
  EXPECT_EQ(say("b"), 200u);
  EXPECT_EQ(of_trigger("waiting"), 0) << "it is paused";
  EXPECT_EQ(runs(), 1);
}

TEST_F(triggered_sync, runs_once_more_for_all_that_was_said_while_it_ran) {
  std::mutex guard;
  std::condition_variable changed;
  int asked = 0;
  bool open = false;
  const canned_server news{[&](const canned_request&) {
    std::unique_lock lock{guard};
    ++asked;
    changed.notify_all();
    changed.wait(lock, [&] { return open; });
    return canned_answer{.body = two_records};
  }};
  start(news.url());
  EXPECT_EQ(say("first"), 200u);
  {
    std::unique_lock lock{guard};
    ASSERT_TRUE(changed.wait_for(lock, patience, [&] { return asked == 1; }));
  }
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(say("more-" + std::to_string(i)), 200u);
  EXPECT_EQ(of_trigger("waiting"), 1);
  EXPECT_EQ(runs(), 1) << "the first one has not ended";
  {
    const std::scoped_lock lock{guard};
    open = true;
  }
  changed.notify_all();
  await_quiet();
  EXPECT_EQ(runs(), 2) << "one for twenty";
}

TEST_F(triggered_sync, runs_for_what_was_acknowledged_before_the_node_was_killed) {
  const canned_server news{
      [](const canned_request&) { return canned_answer{.body = two_records}; }};
  start(news.url());
  for (int kills = 1; kills <= 3; ++kills) {
    const auto before = runs();
    EXPECT_EQ(say("news-" + std::to_string(kills)), 200u);
    ::kill(node_->pid(), SIGKILL);
    node_->wait();
    node_.reset();
    start_node();
    await("a run after it", [&] { return runs() > before; });
    await_quiet();
  }
  EXPECT_EQ(state(latest("gen")), "succeeded");
  EXPECT_EQ(contents("gen_events").size(), 3u);
}

TEST_F(triggered_sync, says_why_it_does_not_run_and_is_called_by_its_hook) {
  const canned_server news{
      [](const canned_request&) { return canned_answer{.body = two_records}; }};
  start(news.url());
  auto wrong = trigger("1s");
  (*wrong.as<object>())["spec"] = object{{"syncs", list{"nobody"}}, {"apart", "1s"}};
  apply({wrong});
  EXPECT_EQ(say("a"), 200u);
  await("the reason", [this] {
    const auto shown = get({"triggers", "gen:events"});
    return !nodes::cli::text_at(*shown.find("status"), "why").empty();
  });
  apply({trigger("1s")});
  EXPECT_EQ(say("b"), 200u);
  await_quiet();
  EXPECT_EQ(state(latest("gen")), "succeeded");
  auto misnamed = trigger("1s");
  (*misnamed.as<object>())["name"] = "news";
  const auto refused = api_->post(api_->path({"apply"}), object{{"resources", list{misnamed}}});
  expect_says(write_json(refused.body) + refused.why.why, "INTEGRATION:HOOK");
}

} // namespace
