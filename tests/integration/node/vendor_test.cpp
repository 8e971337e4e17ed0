// What vendors demand: tokens that end soon, and a rate that nobody may pass. What they wrote down
// says whether the node kept to it.
#include "tests/support/running_node.hpp"

#include <algorithm>

namespace {

using namespace tenon;
using namespace tenon::tests;

class demanding_vendor : public running_node {
protected:
  std::string ledger() const { return (directory_ / "ledger").string(); }

  struct line {
    double ms = 0;
    std::int64_t status = 0;
    bool token = false; // one was granted
    bool data = false;
    std::string fault{};
  };
  std::vector<line> written() const {
    std::vector<line> lines;
    std::ifstream file{ledger()};
    for (std::string text; std::getline(file, text);) {
      const auto read = read_json(text);
      EXPECT_TRUE(read) << text;
      const auto path = nodes::cli::text_at(*read, "path");
      lines.push_back({.ms = *read->find("ms")->as<double>(),
                       .status = number(*read, "status"),
                       .token = number(*read, "grants") > 0,
                       .data = path != "/oauth/token",
                       .fault = nodes::cli::text_at(*read, "fault")});
    }
    return lines;
  }
};

TEST_F(demanding_vendor, grants_one_token_for_each_expiry_and_is_never_asked_too_often) {
  constexpr std::size_t rate = 40; // a second
  constexpr double life = 3000; // milliseconds, of a token; a tenth of it ahead is a new one asked
  start_vendor({"--generate", "8000", "--page-size", "50", "--client", "me:right", "--token-ttl",
                "3s", "--rate", "40/1s", "--ledger", ledger()});
  start_node();
  auto gen = subscription{.url = vendor(),
                          .limits = R"({"buckets": [{"kind": "sliding", "rate": "40/1s"}]})"}
                 .with_oauth("me", "right");
  auto resources = gen.resources();
  // Another integration of the same account: it shares the token and the rate.
  auto other = *std::ranges::find(resources, value{"integration"}, [](const value& r) {
                  return *r.find("kind");
                })->as<object>();
  other["name"] = "other";
  resources.emplace_back(std::move(other));
  const object from{{"connector", object{{"integration", "other"}, {"stream", "records"}}}};
  resources.emplace_back(
      subscription{.name = "twin"}.resource("sync", object{{"from", from}, {"into", "twin"}}));
  apply(resources);
  start_run("gen");
  start_run("twin");
  for (const auto* sync : {"gen", "twin"}) {
    const auto done = await_run(sync, "the run's end", over);
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    EXPECT_EQ(number(done, "stored"), 8000);
    EXPECT_EQ(number(done, "retries"), 0);
    expect_conserved(done);
  }

  std::vector<double> asked, granted;
  int refused_for_rate = 0, refused_for_token = 0;
  for (const auto& l : written()) {
    if (l.token)
      granted.push_back(l.ms);
    if (l.data)
      asked.push_back(l.ms);
    refused_for_rate += l.fault == "rate";
    refused_for_token += l.data && l.status == 401;
  }
  EXPECT_EQ(refused_for_rate, 0);
  EXPECT_EQ(refused_for_token, 0) << "a token was shown that had ended";
  ASSERT_GE(asked.size(), 320u);
  for (std::size_t i = rate; i < asked.size(); ++i)
    EXPECT_GT(asked[i] - asked[i - rate], 1000) << "request " << i;
  ASSERT_GE(granted.size(), 3u) << "the runs take longer than two tokens' lives";
  for (std::size_t i = 1; i < granted.size(); ++i)
    EXPECT_GE(granted[i] - granted[i - 1], life * 0.85) << "token " << i + 1;
}

TEST_F(demanding_vendor, that_ends_its_apis_version_is_shown_in_the_status_and_told_once) {
  start_vendor({"--generate", "1000", "--page-size", "50"});
  start_node({"--log-level", "warn"});
  auto resources = subscription{.url = vendor()}.resources();
  const auto soon =
      std::chrono::time_point_cast<span>(std::chrono::system_clock::now()) + std::chrono::days{10};
  auto& manifest = *(*resources.front().as<object>())["spec"].as<object>();
  manifest["connector"] = object{{"name", "gen"}, {"api_version", "v1"}, {"sunset", to_text(soon)}};
  apply(resources);
  EXPECT_EQ(state(run("gen")), "succeeded");
  std::string warning;
  await("the warning", [&] {
    const auto shown = get({"integrations", "gen"});
    const auto* status = shown.find("status");
    warning = status ? nodes::cli::text_at(*status, "warning") : "";
    return !warning.empty();
  });
  expect_says(warning, "v1 of the API ends on " + to_text(soon).substr(0, 10));
  EXPECT_EQ(state(run("gen")), "succeeded");
  const auto log = node_->errors();
  const auto first = log.find("integration.sunset");
  EXPECT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("integration.sunset", first + 1), std::string::npos) << log;
}

} // namespace
