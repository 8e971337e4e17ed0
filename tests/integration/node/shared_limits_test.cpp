// Limits that several credentials share: of an app, a shop, an instance. The vendor counts, and
// what it wrote down says whether the node kept to them together, across a crash as well.
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
    EXPECT_GT(asked[i].ms - asked[i - rate].ms, 1000) << "request " << i;
}

} // namespace
