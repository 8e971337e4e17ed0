// Limits that several credentials share: of an app, a shop, an instance. The vendor counts, and
// what it wrote down says whether the node kept to them together, across a crash as well; and that
// who waits for an answer does not wait behind what runs in the background.
#include "tests/support/running_node.hpp"

#include <algorithm>

namespace {

using namespace tenon;
using namespace tenon::tests;

class shared_limits : public running_node {
protected:
  struct line {
    double ms = 0;
    bool refused = false; // for the rate
  };
  std::string ledger() const { return (directory_ / "ledger").string(); }
  std::vector<line> written() const {
    std::vector<line> lines;
    std::ifstream file{ledger()};
    for (std::string text; std::getline(file, text);) {
      const auto read = read_json(text);
      EXPECT_TRUE(read) << text;
      lines.push_back({.ms = *read->find("ms")->as<double>(),
                       .refused = nodes::cli::text_at(*read, "fault") == "rate"});
    }
    return lines;
  }

  /// One connector; for each name a credential of its own, an integration and a sync.
  void apply_accounts(subscription one, const std::vector<std::string>& names,
                      const object& more = {}) {
    one.config["app"] = "one app";
    auto params = read_json(one.params);
    params->as<object>()->append("app", object{{"title", "the app"}});
    one.params = write_json(*params);
    auto all = one.resources();
    for (const auto& [member, said] : more)
      (*(*all.front().as<object>())["spec"].as<object>())[member] = said;
    const auto first = all;
    for (const auto& name : names)
      for (const auto& r : first) {
        auto copy = *r.as<object>();
        const auto kind = nodes::cli::text_at(r, "kind");
        if (kind == "connector")
          continue;
        auto& spec = *copy["spec"].as<object>();
        copy["name"] = name;
        if (kind == "integration")
          spec["credential"] = name;
        if (kind == "sync") {
          const object from{{"integration", name}, {"stream", "records"}};
          spec["from"] = object{{"connector", from}};
          spec["into"] = name;
        }
        all.push_back(std::move(copy));
      }
    apply(all);
  }
};

TEST_F(shared_limits, hold_over_all_credentials_together_also_after_a_crash) {
  constexpr std::size_t rate = 40; // a second
  start_vendor(
      {"--generate", "6000", "--page-size", "50", "--rate", "40/1s", "--ledger", ledger()});
  start_node();
  subscription gen{.url = vendor(), .limits = R"({"buckets": [{"kind": "concurrency", "limit": 4},
                     {"key": "{{conn.app}}", "kind": "sliding", "rate": "40/1s"}]})"};
  const std::vector<std::string> names{"first", "second", "third"};
  apply_accounts(gen.with_key("any"), names);
  for (const auto& name : names)
    start_run(name);
  await_run("third", "a part of it", [](const value& r) { return number(r, "read") >= 2000; });
  node_.reset(); // SIGKILL
  start_node();
  for (const auto& name : names) {
    const auto done = await_run(name, "the run's end", over);
    EXPECT_EQ(state(done), "succeeded") << write_json(done);
    EXPECT_EQ(contents(name).size(), 6000u);
  }
  const auto asked = written();
  ASSERT_GE(asked.size(), 360u);
  EXPECT_EQ(std::ranges::count(asked, true, &line::refused), 0);
  for (std::size_t i = rate; i < asked.size(); ++i)
    EXPECT_GE(asked[i].ms - asked[i - rate].ms, 1000) << "request " << i;
}

TEST_F(shared_limits, leave_room_for_who_waits_and_fair_parts_for_syncs) {
  start_vendor(
      {"--generate", "200000", "--page-size", "10", "--rate", "20/1s", "--ledger", ledger()});
  start_node();
  subscription gen{.url = vendor(),
                   .limits = R"({"buckets": [{"key": "{{conn.app}}", "kind": "sliding",
                     "rate": "20/1s", "reserve": {"interactive": "10%"}}]})"};
  const object check{{"check", object{{"get", "/records"}}}};
  const std::vector<std::string> names{"first", "second"};
  apply_accounts(gen.with_key("any"), names, check);
  for (const auto& name : names)
    start_run(name);
  for (const auto& name : names)
    await_run(name, "pages", [](const value& r) { return number(r, "read") >= 200; });
  using clock = std::chrono::steady_clock;
  for (int i = 1; i <= 5; ++i) {
    const auto begun = clock::now();
    const auto tried = api_->post(api_->path({"integrations", "second", "test"}), object{});
    const auto took = clock::now() - begun;
    ASSERT_TRUE(tried) << tried.why.why;
    const auto report = write_json(tried.body);
    EXPECT_NE(nodes::cli::text_at(tried.body, "outcome"), "failed") << report;
    expect_says(report, "it may be read");
    EXPECT_LT(took, std::chrono::milliseconds{2500}) << "trial " << i << ": " << report;
  }
  const auto one = number(latest("first"), "read");
  const auto other = number(latest("second"), "read");
  EXPECT_NEAR(double(one), double(other), 0.15 * double(one) + 20);
  node_.reset();
  const auto asked = written();
  EXPECT_EQ(std::ranges::count(asked, true, &line::refused), 0);
  const auto seconds = (asked.back().ms - asked.front().ms) / 1000;
  EXPECT_GE(double(asked.size()), 0.7 * 18 * seconds) << "what nobody waits for is used";
}

} // namespace
