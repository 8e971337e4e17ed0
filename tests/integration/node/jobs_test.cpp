// A platform that works on what it is asked for in the background: a node makes one job of it,
// waits for that without holding anything, goes on with it after it was killed, and gives it up
// when nobody wants the result any more.
#include "config/yaml.hpp"
#include "tests/support/running_node.hpp"

#include <csignal>
#include <fstream>

namespace {

using namespace tenon;
using namespace tenon::tests;

class working_platform : public running_node {
protected:
  /// A platform of its own, which is asked so often before a job is done.
  void start_platform(int looks, const std::string& timeout = "10m") {
    const auto file = directory_ / "shop.yaml";
    std::ofstream{file} << R"(connector: {name: shop, title: Shop}
base: https://api.shop.example/v1
params: {token: {title: Token, secret: true}}
auth: {key: {name: Authorization, prefix: "Bearer ", value: "{{secret.token}}"}}
jobs:
  orders:
    create: {post: /exports, body: {of: orders}}
    id: id
    poll: {request: {get: "/exports/{{job.id}}"}, state: state, done: [ready], every: 200ms,
           timeout: )" << timeout
                        << R"(}
    download: {request: {get: "/exports/{{job.id}}/rows"}, decode: csv,
               page: {cursor: {from: header x-next, to: after}}}
    abort: {delete: "/exports/{{job.id}}"}
streams: {orders: {job: orders, key: id}}
tests:
  secrets: {token: shop-secret}
  max_page: 100
  streams: {orders: {records: [{id: o1, city: "Rome, Italy"}], count: 1500}}
  jobs: {orders: {pending: working, polls: )"
                        << looks << "}}\n";
    twin_.emplace("tenon", words{"twin", file.string()});
    ASSERT_TRUE(twin_->first_line().starts_with("http://")) << twin_->errors();
    const auto spec = config::read_yaml(contents_of(file), "shop.yaml");
    ASSERT_TRUE(spec) << spec.error().why;
    start_node();
    const object from{{"connector", object{{"integration", "shop"}, {"stream", "orders"}}}};
    apply({object{{"kind", "connector"}, {"name", "shop"}, {"spec", spec->front().value}},
           object{{"kind", "credential"},
                  {"name", "shop"},
                  {"spec", object{{"secrets", object{{"token", "shop-secret"}}}}}},
           object{{"kind", "integration"},
                  {"name", "shop"},
                  {"spec", object{{"connector", "shop"},
                                  {"credential", "shop"},
                                  {"through", twin_->first_line()}}}},
           object{{"kind", "sync"},
                  {"name", "read"},
                  {"spec", object{{"from", from}, {"into", "orders"}}}}});
  }

  std::int64_t at_platform(const std::string& what) const {
    const auto server = nodes::cli::parse_server(twin_->first_line());
    const nodes::cli::api asked{nodes::cli::http_client{{*server, ""}}, "default"};
    const auto got = asked.get("/_twin/ledger");
    EXPECT_TRUE(got) << got.why.why;
    return number(got.body, what);
  }

  /// What the sync says it waits for; "" when it does not.
  std::string waits_for() {
    const auto sync = get({"syncs", "read"});
    const auto* status = sync.find("status");
    return status == nullptr ? "" : nodes::cli::text_at(*status, "waits_for");
  }

  void kill_and_start() {
    ::kill(node_->pid(), SIGKILL);
    node_->wait();
    start_node();
  }

  std::optional<started_program> twin_;
};

TEST_F(working_platform, makes_one_job_for_a_node_that_is_killed_at_every_step_of_it) {
  start_platform(12);
  start_run("read");
  await("the job's id", [&] { return !waits_for().empty(); });
  kill_and_start();
  const auto pages = number(latest("read"), "pages");
  await_run("read", "another look", [&](const value& r) { return number(r, "pages") > pages; });
  kill_and_start();
  await_run("read", "a page of the result",
            [&](const value& r) { return over(r) || number(r, "stored") > 0; });
  kill_and_start();
  const auto done = await_run("read", "the run's end", over);
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "stored"), 1500);
  expect_conserved(done);
  EXPECT_EQ(contents("orders").size(), 1500u);
  EXPECT_NE(contents("orders")["o1"].find("Rome, Italy"), std::string::npos);
  EXPECT_EQ(at_platform("jobs"), 1);
  EXPECT_EQ(number(done, "retries"), 0) << "waiting is no failure";
}

TEST_F(working_platform, is_told_when_nobody_wants_the_result_any_more) {
  start_platform(1000);
  start_run("read");
  await("the job's id", [&] { return !waits_for().empty(); });
  expect_says(waits_for(), "twin-job-1");
  const auto cancelled = api_->post(api_->path({"syncs", "read", "cancel"}), object{});
  ASSERT_TRUE(cancelled) << cancelled.why.why;
  await("the platform to hear of it", [&] { return at_platform("aborted") == 1; });
  EXPECT_EQ(waits_for(), "");
  start_run("read");
  await("another job", [&] { return at_platform("jobs") == 2; });
}

TEST_F(working_platform, that_works_for_too_long_is_told_and_asked_for_another_job_the_next_time) {
  start_platform(1000, "2s");
  const auto done = run("read");
  expect_failed(done, "twin-job-1 is still working after 2s", "jobs.orders.poll.timeout", "Raise");
  EXPECT_EQ(at_platform("aborted"), 1);
  const auto again = run("read");
  expect_failed(again, "twin-job-2 is still working", "jobs.orders.poll.timeout", "Raise");
  EXPECT_EQ(at_platform("jobs"), 2);
}

} // namespace
