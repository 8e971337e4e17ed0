// A run in the hands of a person: stepped page by page, sent back to a page, looked at over time;
// over the API, on a node that lets one page through at a time.
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

/// A vendor of so many pages with one record each, and what was asked of it.
class pages {
public:
  explicit pages(int count)
      : count_{count}, server_{[this](const canned_request& r) { return answer(r); }} {}

  std::string url() const { return server_.url(); }
  std::size_t asked() { return server_.requests().size(); }
  std::string last_target() { return server_.requests().back().target; }
  std::string target(std::size_t index) { return server_.requests().at(index).target; }

private:
  canned_answer answer(const canned_request& r) const {
    const auto at = r.target.find("after=");
    const int page = at == std::string::npos ? 0 : std::stoi(r.target.substr(at + 6));
    const auto next = page + 1 < count_ ? '"' + std::to_string(page + 1) + '"' : "null";
    return {.body = R"({"data":[{"id":)" + std::to_string(page) + R"(}],"next":)" + next + "}"};
  }

  int count_;
  canned_server server_;
};

class steering : public running_node {
protected:
  void SetUp() override { start_node({"--sync-concurrency", "1"}); }

  auto post(const char* verb, object body = {}) {
    return api_->post(api_->path({"syncs", "gen", verb}), body);
  }
  value step() {
    const auto stepped = post("step");
    EXPECT_TRUE(stepped) << stepped.why.why;
    return await_run("gen", "the step's page",
                     [](const value& r) { return state(r) == "paused" || over(r); });
  }
};

TEST_F(steering, makes_steps_of_a_page_and_ends_with_the_last) {
  pages vendor{3};
  apply(subscription{.url = vendor.url()}.resources());
  for (int page = 1; page <= 2; ++page) {
    const auto paused = step();
    EXPECT_EQ(state(paused), "paused");
    EXPECT_EQ(number(paused, "pages"), page);
    EXPECT_EQ(number(paused, "run"), 1);
  }
  EXPECT_EQ(state(step()), "succeeded");
  EXPECT_EQ(contents("gen").size(), 3u);
}

TEST_F(steering, goes_back_to_a_page_of_the_newest_run_and_on_from_there) {
  pages vendor{5};
  apply(subscription{.url = vendor.url()}.resources());
  EXPECT_EQ(state(run("gen")), "succeeded");
  const auto places = get({"syncs", "gen", "runs", "latest", "places"});
  const auto& items = nodes::cli::list_at(places, "items");
  ASSERT_EQ(items.size(), 5u) << write_json(places);
  EXPECT_EQ(number(items[3], "page"), 3);
  EXPECT_EQ(number(items[3], "read"), 3);
  ASSERT_TRUE(post("rewind", {{"page", 3}, {"run", 1}}));
  const auto before = vendor.asked();
  const auto again = run("gen");
  EXPECT_EQ(number(again, "pages"), 2);
  EXPECT_EQ(number(again, "unchanged"), 2);
  EXPECT_EQ(vendor.asked(), before + 2);

  const auto refused = post("rewind", {{"page", 3}, {"run", 1}});
  EXPECT_FALSE(refused);
  expect_says(refused.why.why, "newest run");
  EXPECT_FALSE(post("rewind", {{"page", "three"}}));
  EXPECT_FALSE(post("rewind", {{"page", 1}, {"cursor", "x"}}));
}

TEST_F(steering, begins_at_a_cursor_that_a_person_gives_and_never_elsewhere) {
  pages vendor{2};
  auto all = subscription{.url = vendor.url()}.resources();
  const auto in = [](value& v, const char* name) -> value& { return *v.as<object>()->find(name); };
  auto& stream = in(in(in(all.front(), "spec"), "streams"), "records");
  stream.as<object>()->append("cursor", *read_json(R"({"seq": {"field": "id", "from": "since"}})"));
  apply(all);
  EXPECT_EQ(state(run("gen")), "succeeded");

  for (const auto* wrong : {"xx", "7"}) {
    const auto refused = post("rewind", {{"cursor", wrong}});
    EXPECT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.why.where, "cursor");
  }
  for (const auto* wrong :
       {R"({"nonsense":1})", R"({"from":"not a number"})", R"({"newest":true})"}) {
    SCOPED_TRACE(wrong);
    const auto before = vendor.asked();
    ASSERT_TRUE(post("rewind", {{"cursor", wrong}}));
    const auto failed = run("gen");
    expect_failed(failed, "cursor", "cursor", "Rewind");
    EXPECT_EQ(vendor.asked(), before) << "it reads what nobody asked for";
  }
  for (const auto* cursor : {R"({"from":5})", R"({"high":5})"}) { // as `places` shows it
    SCOPED_TRACE(cursor);
    ASSERT_TRUE(post("rewind", {{"cursor", cursor}}));
    EXPECT_EQ(state(run("gen")), "succeeded");
    expect_says(vendor.target(vendor.asked() - 2), "since=5");
  }
}

TEST_F(steering, shows_what_came_of_its_runs) {
  pages vendor{4};
  apply(subscription{.url = vendor.url()}.resources());
  run("gen");
  run("gen");
  const auto told = get({"syncs", "gen", "statistics"});
  EXPECT_EQ(number(told, "succeeded"), 2);
  EXPECT_EQ(number(told, "failed"), 0);
  EXPECT_GE(number(told, "lag_ms"), 0);
  const auto& hours = nodes::cli::list_at(told, "hours");
  ASSERT_EQ(hours.size(), 48u);
  EXPECT_EQ(nodes::cli::list_at(told, "days").size(), 30u);
  std::int64_t read = 0, pages_read = 0;
  for (const auto& hour : hours) { // the hour may have turned meanwhile
    read += number(hour, "read");
    pages_read += number(hour, "pages");
  }
  EXPECT_EQ(read, 8);
  EXPECT_EQ(pages_read, 8);
  const auto sync = get({"syncs", "gen"});
  const auto* status = sync.find("status");
  ASSERT_TRUE(status && status->find("statistics")) << write_json(sync);
  EXPECT_EQ(number(*status->find("statistics"), "succeeded"), 2);
}

TEST_F(steering, of_many_syncs_lets_all_of_them_come_to_their_end_one_page_at_a_time) {
  pages vendor{6};
  for (int i = 0; i < 8; ++i) {
    const auto name = "s" + std::to_string(i);
    apply(subscription{.url = vendor.url(), .name = name}.resources());
    start_run(name);
  }
  for (int i = 0; i < 8; ++i) {
    const auto name = "s" + std::to_string(i);
    const auto ended = await_run(name, "its end", over);
    EXPECT_EQ(state(ended), "succeeded") << write_json(ended);
    EXPECT_EQ(number(ended, "read"), 6);
  }
}

} // namespace
