// A node whose machine is in another time zone reads, plans and shows the same as any other: only
// what somebody writes says a zone.
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

class elsewhere : public running_node {
protected:
  struct seen {
    std::map<std::string, std::string> records;
    std::string plan;
    std::string asked_since;
    auto operator<=>(const seen&) const = default;
  };

  seen look(const std::string& zone) {
    std::string since;
    const canned_server platform{[&](const canned_request& r) -> canned_answer {
      if (const auto at = r.target.find("since="); at != r.target.npos)
        since = r.target.substr(at);
      return {.body = R"({"data":[{"id":1,"at":"2026-03-29T02:30:00+02:00"},
                                  {"id":2,"at":"2026-12-30T23:59:59.5Z"}]})"};
    }};
    start_node({}, {"TZ=" + zone});
    auto all = subscription{.url = platform.url(), .request = R"({"get": "/records"})"}.resources();
    auto& spec = *(*all.front().as<object>())["spec"].as<object>();
    auto& stream = *(*spec["streams"].as<object>())["records"].as<object>();
    stream.erase("page");
    stream["cursor"] = *read_json(R"({"time": {"field": "at", "from": "since"}})");
    auto& sync = *(*all.back().as<object>())["spec"].as<object>();
    sync["map"] = object{{"id", "{{record.id}}"},
                         {"day", "{{record.at | date | format(\"%Y-%m-%d %H:%M\")}}"},
                         {"at", "{{record.at}}"}};
    all.push_back(object{
        {"kind", "schedule"},
        {"name", "nightly"},
        {"spec", object{{"sync", "gen"}, {"cron", "30 2 29 3 *"}, {"timezone", "Europe/Berlin"}}}});
    apply(all);
    for (int i = 0; i < 2; ++i) {
      const auto done = run("gen");
      EXPECT_EQ(state(done), "succeeded") << write_json(done);
    }
    seen made{.records = contents("gen"), .asked_since = since};
    const auto schedule = get({"schedules", "nightly"});
    made.plan = nodes::cli::text_at(*schedule.find("status"), "next_at");
    node_.reset();
    std::filesystem::remove_all(data());
    return made;
  }
};

TEST_F(elsewhere, is_no_other_time) {
  const auto here = look("UTC");
  ASSERT_EQ(here.records.size(), 2u);
  expect_says(here.records.at("1"), R"("day":"2026-03-29 00:30")");
  EXPECT_FALSE(here.asked_since.empty());
  for (const auto* zone : {"Pacific/Apia", "America/St_Johns"}) {
    const auto there = look(zone);
    EXPECT_EQ(there.records, here.records) << zone;
    EXPECT_EQ(there.plan, here.plan) << zone;
    EXPECT_EQ(there.asked_since, here.asked_since) << zone;
  }
}

} // namespace
