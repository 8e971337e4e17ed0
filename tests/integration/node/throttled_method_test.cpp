// A platform that refuses one method for load is left alone by those who ask for it, and by nobody
// else: what a refusal stops is what the refused request took from.
#include "tests/support/canned_server.hpp"
#include "tests/support/running_node.hpp"

#include <atomic>

namespace {

using namespace tenon;
using namespace tenon::tests;

class throttled_method : public running_node {};

TEST_F(throttled_method, stops_what_its_requests_took_from_and_nothing_else) {
  std::atomic<int> searches = 0;
  const canned_server platform{[&](const canned_request& r) -> canned_answer {
    if (!r.target.starts_with("/search"))
      return {.body = R"({"data":[{"id":1},{"id":2}],"next":null})"};
    ++searches;
    return {.status = 429, .body = "{}", .headers = {{"Retry-After", "600"}, {"X-Left", "90"}}};
  }};
  start_node();
  subscription one{.url = platform.url()};
  one.limits = R"({"buckets": [{"kind": "sliding", "rate": "100/1s"},
    {"kind": "sliding", "rate": "5/1s", "match": {"path": "/search"},
     "observe": {"remaining": "x-search-left"}}], "observe": {"remaining": "x-left"}})";
  one.rules = R"([{"when": {"status": 429}, "do": "wait", "wait": "header retry-after"}])";
  auto all = one.resources();
  auto& streams = (*(*all.front().as<object>())["spec"].as<object>())["streams"];
  auto search = *streams.find("records");
  (*search.as<object>())["request"] = object{{"get", "/search"}};
  streams.as<object>()->append("search", search);
  auto other = *all.back().as<object>();
  other["name"] = "search";
  other["spec"] = object{
      {"from", object{{"connector", object{{"integration", one.name}, {"stream", "search"}}}}},
      {"into", "search"}};
  all.emplace_back(other);
  apply(all);

  start_run("search");
  await("the refusal", [&] { return searches > 0; });
  await("the stop", [&] {
    const auto shown = get({"quotas", one.name});
    const auto buckets = nodes::cli::list_at(*shown.find("status"), "buckets");
    return std::ranges::any_of(buckets,
                               [](const value& b) { return number(b, "wait_ms") > 500'000; });
  });
  const auto shown = get({"quotas", one.name});
  for (const auto& b : nodes::cli::list_at(*shown.find("status"), "buckets"))
    EXPECT_EQ(number(b, "wait_ms") > 500'000, nodes::cli::text_at(b, "bucket") == "gen:1:gen")
        << write_json(shown);
  EXPECT_EQ(nodes::cli::text_at(*shown.find("status"), "state"), "open");
  EXPECT_EQ(state(run("gen")), "succeeded") << "other methods are still asked";
  EXPECT_EQ(searches, 1);
}

} // namespace
