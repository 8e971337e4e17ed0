// Records that a platform takes in jobs, shown against its twin: a node makes one job of them,
// looks after it, and reads the results, each record written once, wherever it is killed meanwhile.
#include "config/yaml.hpp"
#include "tests/support/running_node.hpp"

#include <csignal>
#include <fstream>
#include <random>

namespace {

using namespace tenon;
using namespace tenon::tests;

class carrying_platform : public running_node {
protected:
  void start_both(int polls, const std::string& timeout = "10m") {
    const auto file = directory_ / "shop.yaml";
    std::ofstream{file} << R"(connector: {name: shop, title: Shop}
base: https://api.shop.example/v1
params: {token: {title: Token, secret: true}}
auth: {key: {name: Authorization, prefix: "Bearer ", value: "{{secret.token}}"}}
jobs:
  answers:
    upload: {request: {post: /files, multipart: {file: {filename: a.jsonl, content: "{{lines}}"}}},
             id: id}
    create: {post: /batches, body: {file: "{{upload}}", effect: "{{uuid(effect)}}"}}
    id: id
    find: {request: {get: /batches}, items: data, id: id, when: effect == sent.effect}
    poll: {request: {get: "/batches/{{job.id}}"}, state: state, done: [ready], every: 100ms,
           timeout: )" << timeout
                        << R"(}
    download: {request: {get: "/batches/{{job.id}}/results"}, decode: jsonl}
    abort: {delete: "/batches/{{job.id}}"}
streams:
  customers: {request: {get: /customers}, records: data, key: id,
              page: {offset: {limit: limit, size: 100, total: total}}}
actions:
  put:
    mode: call
    job: answers
    map: {custom_id: "{{uuid(effect)}}", id: "{{id}}"}
    batch: {max: 100, results: ., item_key: custom_id, failed: ok == false}
    idempotency: custom_id
tests:
  secrets: {token: shop-secret}
  streams: {customers: {records: [{id: c1, name: Ann}], count: 250}}
  jobs: {answers: {pending: working, polls: )"
                        << polls << R"(}}
  actions: {put: {record: {id: c1}, result: {ok: true}}}
)";
    twin_.emplace("tenon", words{"twin", file.string()});
    ASSERT_TRUE(twin_->first_line().starts_with("http://")) << twin_->errors();
    const auto spec = config::read_yaml(contents_of(file), "shop.yaml");
    ASSERT_TRUE(spec) << spec.error().why;
    start_node();
    const object from{{"connector", object{{"integration", "shop"}, {"stream", "customers"}}}};
    const object to{{"connector", object{{"integration", "shop"}, {"action", "put"}}}};
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
                  {"spec", object{{"from", from}, {"into", "customers"}}}},
           object{{"kind", "sync"},
                  {"name", "write"},
                  {"spec", object{{"from", object{{"collection", object{{"name", "customers"}}}}},
                                  {"to", to}}}}});
    EXPECT_EQ(number(run("read"), "stored"), 250);
  }

  value twin_says(const std::string& what) const {
    const auto server = nodes::cli::parse_server(twin_->first_line());
    const nodes::cli::api asked{nodes::cli::http_client{{*server, ""}}, "default"};
    auto got = asked.get("/_twin/" + what);
    EXPECT_TRUE(got) << got.why.why;
    return got.body;
  }
  /// How often each key was written.
  std::map<std::string, int> written() const {
    std::map<std::string, int> times;
    const auto all = twin_says("written");
    if (const auto* items = all.find("put"))
      for (const auto& one : *items->as<list>())
        ++times[nodes::cli::text_at(one, "id")];
    return times;
  }

  std::optional<started_program> twin_;
};

TEST_F(carrying_platform, is_given_each_record_once_in_one_job_for_each_page) {
  start_both(2);
  const auto done = run("write");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "stored"), 250);
  expect_conserved(done);
  EXPECT_EQ(written().size(), 250u);
  EXPECT_EQ(number(twin_says("ledger"), "written"), 250);
  EXPECT_EQ(number(twin_says("ledger"), "jobs"), 3);
}

TEST_F(carrying_platform, is_given_nothing_twice_by_a_node_that_is_killed_anywhere) {
  start_both(4);
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  start_run("write");
  for (int kills = 0; kills < 5; ++kills) {
    const auto asked =
        number(twin_says("ledger"), "requests") + static_cast<std::int64_t>(random() % 6);
    await_run("write", "some requests", [&](const value& r) {
      return over(r) || number(twin_says("ledger"), "requests") >= asked;
    });
    ::kill(node_->pid(), SIGKILL);
    node_->wait();
    start_node();
  }
  const auto done = await_run("write", "the run's end", over);
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "stored"), 250);
  EXPECT_EQ(number(done, "dead_lettered"), 0);
  expect_conserved(done);
  for (const auto& [key, times] : written())
    EXPECT_EQ(times, 1) << key;
  EXPECT_EQ(written().size(), 250u);
  EXPECT_EQ(number(twin_says("ledger"), "jobs"), 3);
}

TEST_F(carrying_platform, that_takes_too_long_is_given_up_with_every_record_kept) {
  start_both(1000, "1s");
  const auto done = run("write");
  EXPECT_EQ(number(done, "dead_lettered"), 250) << write_json(done);
  expect_conserved(done);
  expect_says(write_json(get({"records", "customers", "letters"})), "was given up");
  EXPECT_EQ(number(twin_says("ledger"), "aborted"), 3);
}

} // namespace
