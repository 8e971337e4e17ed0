// Writing to a platform, shown against its twin: what a collection holds gets there, what changes
// follows, what the platform refuses is kept with its reason, and a node that is killed meanwhile
// writes the rest after its next start.
#include "config/yaml.hpp"
#include "tests/support/running_node.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

namespace {

using namespace tenon;
using namespace tenon::tests;

class written_platform : public running_node {
protected:
  /// A platform of its own, described here, with a way to insert that may not be repeated.
  void start_twin(const std::string& actions, const words& more = {}) {
    const auto file = directory_ / "shop.yaml";
    std::ofstream{file} << R"(connector: {name: shop, title: Shop}
base: https://api.shop.example/v1
params: {token: {title: Token, secret: true}}
auth: {key: {name: Authorization, prefix: "Bearer ", value: "{{secret.token}}"}}
streams:
  customers: {request: {get: /customers}, records: data, key: id,
              page: {offset: {limit: limit, size: 100, total: total}}}
tests:
  secrets: {token: shop-secret}
  streams: {customers: {records: [{id: c1, name: Ann, city: Rome}], count: 1500}}
actions:
)" << actions;
    words arguments{"twin", file.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    twin_.emplace("tenon", arguments);
    ASSERT_TRUE(twin_->first_line().starts_with("http://")) << twin_->errors();
    std::ifstream written{file};
    const std::string text{std::istreambuf_iterator<char>{written}, {}};
    auto spec = config::read_yaml(text, "shop.yaml");
    ASSERT_TRUE(spec);
    manifest_ = spec->front().value;
  }

  list account() const {
    return {object{{"kind", "connector"}, {"name", "shop"}, {"spec", manifest_}},
            object{{"kind", "credential"},
                   {"name", "shop"},
                   {"spec", object{{"secrets", object{{"token", "shop-secret"}}}}}},
            object{{"kind", "integration"},
                   {"name", "shop"},
                   {"spec", object{{"connector", "shop"},
                                   {"credential", "shop"},
                                   {"through", twin_->first_line()}}}}};
  }
  static object reading() {
    const object from{{"connector", object{{"integration", "shop"}, {"stream", "customers"}}}};
    return {{"kind", "sync"},
            {"name", "read"},
            {"spec", object{{"from", from}, {"into", "customers"}}}};
  }
  static object writing(object more = {}) {
    object spec{{"from", object{{"collection", object{{"name", "customers"}}}}},
                {"to", object{{"connector", object{{"integration", "shop"}, {"action", "put"}}}}}};
    for (const auto& [name, content] : more)
      spec[name] = content;
    return {{"kind", "sync"}, {"name", "write"}, {"spec", std::move(spec)}};
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
  value manifest_;
};

constexpr auto upsert = R"(  put: {mode: upsert, request: {put: "/customers/{{key}}"}}
)";
constexpr auto batches = R"(  put: {mode: upsert, request: {post: /batch},
    batch: {max: 100, body: items, results: results, item_key: id}}
)";

TEST_F(written_platform, gets_what_a_collection_holds_and_then_only_what_changes) {
  start_twin(batches);
  start_node();
  auto all = account();
  all.push_back(reading());
  all.push_back(writing());
  apply(all);
  EXPECT_EQ(number(run("read"), "stored"), 1500);
  const auto first = run("write");
  EXPECT_EQ(state(first), "succeeded") << write_json(first);
  EXPECT_EQ(number(first, "stored"), 1500);
  expect_conserved(first);
  EXPECT_EQ(written().size(), 1500u);
  const auto nothing = run("write");
  EXPECT_EQ(number(nothing, "read"), 0);
  EXPECT_EQ(number(twin_says("ledger"), "written"), 1500);
}

TEST_F(written_platform, gets_what_the_map_makes_of_what_the_condition_keeps) {
  start_twin(batches);
  start_node();
  auto all = account();
  all.push_back(reading());
  all.push_back(writing(
      {{"keep", "id == 'c1'"}, {"map", object{{"id", "{{id}}"}, {"who", "{{name | upper}}"}}}}));
  apply(all);
  run("read");
  const auto done = run("write");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "stored"), 1);
  EXPECT_EQ(number(done, "filtered"), 1499);
  EXPECT_EQ(write_json(*twin_says("written").find("put")), R"([{"id":"c1","who":"ANN"}])");
}

TEST_F(written_platform, is_written_to_to_the_end_by_a_node_that_is_killed_meanwhile) {
  start_twin(batches);
  start_node();
  auto all = account();
  all.push_back(reading());
  all.push_back(writing());
  apply(all);
  run("read");
  start_run("write");
  for (int kills = 0; kills < 3; ++kills) {
    await_run("write", "some pages",
              [&](const value& r) { return over(r) || number(r, "pages") > kills; });
    ::kill(node_->pid(), SIGKILL);
    node_->wait();
    start_node();
  }
  const auto done = await_run("write", "the run's end", over);
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "stored"), 1500);
  expect_conserved(done);
  EXPECT_EQ(written().size(), 1500u);
}

TEST_F(written_platform, is_given_several_records_at_once_while_that_is_tried) {
  start_twin(upsert);
  start_node();
  auto all = account();
  all.push_back(reading());
  all.push_back(writing());
  apply(all);
  run("read");
  const auto done = run("write");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "stored"), 1500);
  const auto times = written();
  EXPECT_EQ(times.size(), 1500u);
  EXPECT_TRUE(std::ranges::all_of(times, [](const auto& t) { return t.second == 1; }))
      << "nothing failed, so nothing was to be repeated";
  const auto tuned = get({"syncs", "write", "tuning"});
  const auto& changes = nodes::cli::list_at(tuned, "changes");
  ASSERT_FALSE(changes.empty()) << write_json(tuned);
  EXPECT_EQ(nodes::cli::text_at(changes.back(), "what"), "concurrency");
  EXPECT_EQ(number(changes.back(), "to"), 2);
}

TEST_F(written_platform, keeps_its_limits_in_writing_too) {
  start_twin(R"(  put: {mode: upsert, request: {put: "/customers/{{key}}"}}
limits: {buckets: [{kind: sliding, rate: 50/1s}]}
)");
  start_node();
  auto all = account();
  all.push_back(reading());
  all.push_back(writing({{"keep", "id endswith '5'"}}));
  apply(all);
  run("read");
  const auto done = run("write");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_GT(number(done, "stored"), 90);
  EXPECT_EQ(number(twin_says("ledger"), "throttled"), 0);
}

TEST_F(written_platform, that_may_have_taken_a_record_is_never_given_it_again_without_asking) {
  // The answer never comes: the platform cuts the connection when it has the whole request.
  std::atomic<int> asked = 0;
  canned_server cutting{[&](const canned_request&) -> canned_answer {
    ++asked;
    return {.raw = ""};
  }};
  start_twin("  put: {mode: insert, request: {post: /customers}}\n");
  start_node();
  auto all = account();
  all.push_back(reading());
  all.push_back(writing({{"keep", "id == 'c1'"}}));
  apply(all);
  run("read");
  auto integration = all[2];
  (*integration.as<object>())["spec"] =
      object{{"connector", "shop"}, {"credential", "shop"}, {"through", cutting.url()}};
  apply({integration});
  const auto done = run("write");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "dead_lettered"), 1);
  EXPECT_EQ(asked, 1);
  const auto letters = get({"records", "customers", "letters"});
  expect_says(write_json(letters), "uncertain");
  expect_conserved(done);
}

TEST_F(written_platform, that_loses_answers_has_each_record_once_when_it_knows_a_call_again) {
  start_twin(
      R"(  put: {mode: insert, request: {post: /batch}, idempotency: {header: Idempotency-Key},
    batch: {max: 100, body: items, results: results, item_key: id}}
)");
  start_node();
  auto all = account();
  all.push_back(reading());
  all.push_back(writing());
  apply(all);
  run("read");
  const auto server = nodes::cli::parse_server(twin_->first_line());
  const nodes::cli::api asked{nodes::cli::http_client{{*server, ""}}, "default"};
  const auto loses = asked.post("/_twin/lose", object{{"answers", 2}});
  ASSERT_TRUE(loses) << loses.why.why;
  const auto done = run("write");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  EXPECT_EQ(number(done, "stored"), 1500);
  expect_conserved(done);
  EXPECT_EQ(number(twin_says("ledger"), "repeated"), 2);
  EXPECT_EQ(number(twin_says("ledger"), "written"), 1500);
  EXPECT_EQ(written().size(), 1500u);
}

TEST_F(written_platform, whose_action_is_not_there_is_told_with_those_that_are) {
  start_twin(upsert);
  start_node();
  auto all = account();
  all.push_back(reading());
  auto sync = writing();
  sync["spec"] =
      object{{"from", object{{"collection", object{{"name", "customers"}}}}},
             {"to", object{{"connector", object{{"integration", "shop"}, {"action", "put_it"}}}}}};
  all.push_back(sync);
  apply(all);
  run("read");
  expect_failed(run("write"), "no action put_it", "spec.to.connector.action", "put");
}

TEST_F(written_platform, is_tried_as_the_readme_says) {
  twin_.emplace("tenon", words{"twin", "hubspot"});
  ASSERT_TRUE(twin_->first_line().starts_with("http://")) << twin_->errors();
  start_node({"--allow-files", std::filesystem::path{TENON_CHINOOK}.parent_path().string()});
  // What the twin says is to be applied, behind its first line, which is for people.
  const auto said = twin_->errors();
  const auto account = config::read_yaml(said.substr(said.find("kind:")), "twin");
  const auto text = contents_of("config/samples/hubspot/both-ways.yaml");
  const auto sample = config::read_yaml(text, "both-ways.yaml");
  ASSERT_TRUE(account && sample);
  list resources;
  for (const auto* part : {&*account, &*sample})
    for (const auto& one : *part)
      resources.push_back(one.value);
  apply(resources);
  for (const auto* sync : {"contacts_from_hubspot", "customers_from_us", "customers_to_hubspot"}) {
    const auto done = run(sync);
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    expect_conserved(done);
  }
  EXPECT_EQ(contents("contacts").size(), 450u);
  EXPECT_EQ(number(latest("customers_to_hubspot"), "stored"), 59);
  EXPECT_EQ(number(twin_says("ledger"), "written"), 59);
}

} // namespace
