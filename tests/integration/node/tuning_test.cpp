// A sync that finds out on its own how it is best read: by pages of another size, and by another
// distance of its schedule's rings; visibly, and not when it is told not to.
#include "tests/support/running_node.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <set>

namespace {

using namespace tenon;
using namespace tenon::tests;

/// A platform of so many records that takes up to 500 at once.
class shelf {
public:
  explicit shelf(std::int64_t records)
      : records_{records}, server_{[this](const canned_request& r) { return answer(r); }} {}

  std::string url() const { return server_.url(); }
  std::set<std::int64_t> sizes_asked() const {
    std::set<std::int64_t> sizes;
    for (const auto& r : server_.requests())
      sizes.insert(number(r.target, "limit="));
    return sizes;
  }
  std::size_t asked() const { return server_.requests().size(); }

private:
  static std::int64_t number(const std::string& target, std::string_view name) {
    const auto at = target.find(name);
    return at == target.npos ? -1 : std::stol(target.substr(at + name.size()));
  }
  canned_answer answer(const canned_request& r) const {
    const auto size = number(r.target, "limit="), from = number(r.target, "offset=");
    if (size < 1 || size > 500)
      return {.status = 400, .body = R"({"message":"between 1 and 500"})"};
    // What a platform takes for a page of any size: were it nothing, the machine's moods would be
    // all that there is to measure.
    std::promise<void>{}.get_future().wait_for(std::chrono::milliseconds{4});
    std::string all;
    for (auto i = from; i < std::min(from + size, records_); ++i)
      all += (all.empty() ? "" : ",") + std::string{"{\"id\":"} + std::to_string(i) + '}';
    return {.body = "{\"data\":[" + all + "],\"total\":" + std::to_string(records_) + '}'};
  }

  std::int64_t records_;
  canned_server server_;
};

class tuning : public running_node {
protected:
  list resources(const std::string& url, value tuning) const {
    const auto manifest = read_json(R"({"connector": "shelf", "base": "{{conn.base_url}}",
      "params": {"base_url": {"title": "address"}}, "auth": {"none": {}},
      "streams": {"things": {"request": {"get": "/things"}, "records": "data", "key": "id",
        "page": {"offset": {"limit": "limit", "size": 10, "most": 500, "total": "total"}}}}})");
    EXPECT_TRUE(manifest) << manifest.error().why;
    const auto named = [](const char* kind, value spec) {
      return object{{"kind", kind}, {"name", "shelf"}, {"spec", std::move(spec)}};
    };
    const object from{{"connector", object{{"integration", "shelf"}, {"stream", "things"}}}};
    return {
        named("connector", *manifest),
        named("integration", object{{"connector", "shelf"}, {"config", object{{"base_url", url}}}}),
        named("sync", object{{"from", from}, {"into", "shelf"}, {"tuning", std::move(tuning)}})};
  }
  value tuned() { return get({"syncs", "shelf", "tuning"}); }
};

TEST_F(tuning, finds_a_better_page_size_loses_nothing_and_says_what_it_gained) {
  const shelf vendor{8'000};
  start_node();
  apply(resources(vendor.url(), object{}));
  EXPECT_EQ(state(run("shelf")), "succeeded");
  EXPECT_EQ(contents("shelf").size(), 8'000u);
  const auto found = tuned();
  const auto* size = found.find("page_size");
  ASSERT_TRUE(size) << write_json(found);
  EXPECT_GT(number(*size, "is"), 10) << write_json(found);
  EXPECT_EQ(number(*size, "most"), 500);
  const auto& changes = nodes::cli::list_at(found, "changes");
  // One trial or another may have bad luck with its measuring.
  const auto kept = std::ranges::find_if(
      changes, [](const value& c) { return nodes::cli::text_at(c, "outcome") == "kept"; });
  ASSERT_NE(kept, changes.end()) << write_json(found);
  EXPECT_GT(*kept->find("gain")->as<double>(), 0.04) << write_json(*kept);
  EXPECT_LT(vendor.asked(), 600u) << "800 pages of the usual size";
  for (const auto asked : vendor.sizes_asked())
    EXPECT_TRUE(asked >= 1 && asked <= 500) << asked;
  const auto pages = vendor.asked();
  EXPECT_EQ(state(run("shelf")), "succeeded");
  EXPECT_LT(vendor.asked() - pages, 600u) << "the next run begins with what was found";
}

TEST_F(tuning, is_left_alone_where_it_is_off_and_kept_within_its_bounds) {
  const shelf vendor{2'000};
  start_node();
  apply(resources(vendor.url(), "off"));
  EXPECT_EQ(state(run("shelf")), "succeeded");
  EXPECT_EQ(vendor.sizes_asked(), std::set<std::int64_t>{10});
  EXPECT_EQ(*tuned().find("on"), value{false});
  apply(resources(vendor.url(), object{{"page_size", object{{"least", 10}, {"most", 20}}}}));
  EXPECT_EQ(state(run("shelf")), "succeeded");
  for (const auto size : vendor.sizes_asked())
    EXPECT_LE(size, 20);
  EXPECT_EQ(vendor.sizes_asked().count(20), 1u);
}

TEST_F(tuning, lets_a_schedule_ring_less_often_while_nothing_is_new) {
  const shelf vendor{5};
  start_node();
  auto all = resources(
      vendor.url(),
      object{{"interval", object{{"schedule", "often"}, {"least", "1s"}, {"most", "4s"}}}});
  all.push_back(object{{"kind", "schedule"},
                       {"name", "often"},
                       {"spec", object{{"sync", "shelf"}, {"every", "1s"}}}});
  apply(all);
  value found;
  await("the longest distance", [&] {
    found = tuned();
    return nodes::cli::text_at(found, "interval") == "4s";
  });
  value schedule;
  await("the schedule to hear of it", [&] {
    schedule = get({"schedules", "often"});
    const auto* status = schedule.find("status");
    return status && nodes::cli::text_at(*status, "every") == "4s";
  });
  const auto& change = nodes::cli::list_at(found, "changes").front();
  expect_says(nodes::cli::text_at(change, "why"), "brought nothing");
  const started_program command{
      "tenon", {"sync", "tuning", "shelf", "--server", node_->first_line(), "--key", owner_key}};
  EXPECT_EQ(command.first_line(), "shelf");
  expect_says(command.rest_of_output(), "2s to 4s");
}

} // namespace
