// What holds requests up can be looked at: how much is left of each limit, which circuits are open
// and why, and how the runs of a sync went; through the API and through the program.
#include "tests/support/canned_server.hpp"
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

class shown_limits : public running_node {
protected:
  std::string told(words command) {
    words all{"--server", node_->first_line(), "--key", owner_key};
    all.insert(all.end(), command.begin(), command.end());
    started_program program{"tenon", all};
    auto text = program.first_line() + '\n' + program.rest_of_output();
    EXPECT_EQ(program.wait(), 0) << program.errors();
    return text;
  }
  list all_of(const char* kind) {
    const auto shown = get({kind});
    return nodes::cli::list_at(shown, "items");
  }
};

TEST_F(shown_limits, say_what_is_left_and_nobody_who_looks_makes_one) {
  const canned_server open{
      [](const canned_request&) { return canned_answer{.body = R"({"data":[],"next":null})"}; }};
  start_node();
  subscription one{.url = open.url(), .name = "gen"};
  one.limits = R"({"buckets": [{"kind": "sliding", "rate": "50/1h"}]})";
  apply(one.resources());
  EXPECT_EQ(all_of("quotas").size(), 0u);
  const auto none = api_->get(api_->path({"quotas", "nobody"}));
  EXPECT_FALSE(none);
  EXPECT_FALSE(api_->get(api_->path({"breakers", "nobody"})));
  EXPECT_EQ(state(run("gen")), "succeeded");
  const auto quotas = all_of("quotas");
  ASSERT_EQ(quotas.size(), 1u) << "only those from which something was taken";
  const auto name = nodes::cli::text_at(quotas.front(), "name");
  const auto quota = get({"quotas", name});
  const auto& status = *quota.find("status");
  EXPECT_EQ(nodes::cli::text_at(status, "state"), "open");
  const auto buckets = nodes::cli::list_at(status, "buckets");
  ASSERT_EQ(buckets.size(), 1u) << write_json(quota);
  EXPECT_EQ(number(buckets.front(), "of"), 50);
  EXPECT_EQ(number(buckets.front(), "left"),
            50 - static_cast<std::int64_t>(open.requests().size()));
  EXPECT_NE(status.find("waiting"), nullptr);
  expect_says(told({"get", "quotas"}), name);
  expect_says(told({"sync", "runs", "gen"}), "succeeded");
}

TEST_F(shown_limits, say_which_circuit_is_open_and_why) {
  const canned_server broken{[](const canned_request&) { return canned_answer{.status = 500}; }};
  start_node();
  subscription one{.url = broken.url(), .name = "gen", .retries = 0};
  auto all = one.resources();
  for (auto& resource : all)
    if (nodes::cli::text_at(resource, "kind") == "integration")
      (*resource.as<object>()->find("spec")->as<object>())["breaker"] =
          object{{"failure_limit", 1}, {"cooldown", "1h"}};
  apply(all);
  EXPECT_EQ(state(run("gen")), "failed");
  await("the circuit to open", [this] {
    const auto breakers = all_of("breakers");
    return !breakers.empty() &&
           nodes::cli::text_at(*breakers.front().find("status"), "state") == "open";
  });
  const auto breaker = get({"breakers", "gen"});
  const auto& status = *breaker.find("status");
  EXPECT_FALSE(nodes::cli::text_at(status, "why").empty()) << write_json(breaker);
  EXPECT_NE(status.find("retry_at"), nullptr);
  expect_says(told({"get", "breakers"}), "open");
  expect_says(told({"get", "breaker", "gen"}), "failed in a row");
  expect_says(told({"sync", "runs", "gen"}), "failed");
}

} // namespace
