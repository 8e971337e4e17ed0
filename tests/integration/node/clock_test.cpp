// Somebody sets the machine's clock while the node works: five hours ahead, five hours back. No run
// is lost or doubled for it, no token or rate is forgotten, and schedules ring once.
#include "tests/support/running_node.hpp"

#include <fcntl.h>
#include <sys/mman.h>

namespace {

using namespace tenon;
using namespace tenon::tests;

constexpr std::int64_t hours = 3600;

class set_clock : public running_node {
protected:
  void SetUp() override {
    const auto file = (directory_ / "shift").string();
    std::ofstream{file} << std::string(sizeof(std::int64_t), '\0');
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    auto* mapped =
        ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    ASSERT_NE(mapped, MAP_FAILED);
    shift_ = static_cast<std::atomic<std::int64_t>*>(mapped);
    start_node({}, {"LD_PRELOAD=" TENON_CLOCK_SHIFT, "TENON_CLOCK_SHIFT=" + file,
                    "ASAN_OPTIONS=verify_asan_link_order=0"});
  }
  void TearDown() override {
    node_.reset();
    ::munmap(shift_, sizeof *shift_);
  }

  void expect_done(const value& run, std::int64_t records) {
    EXPECT_EQ(state(run), "succeeded") << write_json(run);
    EXPECT_EQ(number(run, "stored") + number(run, "unchanged"), records);
    expect_conserved(run);
    EXPECT_EQ(static_cast<std::int64_t>(contents("gen").size()), records);
  }
  value started_and_set(std::int64_t to) {
    start_run("gen");
    auto seen = await_run("gen", "some pages",
                          [](const value& run) { return over(run) || number(run, "pages") >= 20; });
    EXPECT_FALSE(over(seen)) << write_json(seen);
    *shift_ = to;
    return await_run("gen", "the run's end", over);
  }
  std::int64_t rings(const std::string& schedule) {
    const auto shown = get({"schedules", schedule});
    return number(*shown.find("status"), "rings");
  }

  std::atomic<std::int64_t>* shift_ = nullptr;
};

TEST_F(set_clock, ahead_during_a_run_costs_the_run_at_most_its_time_limit_and_no_record) {
  constexpr int records = 6000;
  start_vendor(
      {"--generate", std::to_string(records), "--page-size", "50", "--client", "me:right"});
  apply(subscription{.url = vendor()}.with_oauth("me", "right").resources());
  const auto jumped = started_and_set(5 * hours);
  if (state(jumped) == "failed") {
    expect_failed(jumped, "longer than 1h", "spec.limits.time", "start again");
    expect_conserved(jumped);
    const auto rest = run("gen");
    EXPECT_EQ(state(rest), "succeeded") << write_json(rest);
    EXPECT_EQ(number(jumped, "read") + number(rest, "read"), records);
    EXPECT_EQ(number(rest, "deleted"), 0);
    EXPECT_EQ(contents("gen").size(), std::size_t{records});
  } else {
    expect_done(jumped, records);
  }
  expect_serves();
}

TEST_F(set_clock, back_during_a_run_keeps_it_waiting_no_longer_than_its_rate_does) {
  constexpr int records = 9000;
  start_vendor({"--generate", std::to_string(records), "--page-size", "50", "--client", "me:right",
                "--token-ttl", "1s"});
  apply(subscription{.url = vendor(),
                     .limits = R"({"buckets": [{"kind": "sliding", "rate": "100/1s"}]})"}
            .with_oauth("me", "right")
            .resources());
  expect_done(started_and_set(-5 * hours), records);
  expect_done(run("gen"), records);
  expect_serves();
}

TEST_F(set_clock, ahead_rings_a_schedule_once_and_back_rings_it_no_more) {
  start_vendor({"--generate", "10"});
  auto resources = subscription{.url = vendor()}.resources();
  resources.push_back(subscription{}.resource(
      "schedule", object{{"sync", "gen"}, {"every", span{std::chrono::hours{1}}}}));
  apply(resources);
  EXPECT_EQ(rings("gen"), 0);
  *shift_ = 5 * hours;
  await("a ring", [&] { return rings("gen") > 0; });
  const auto rung = await_run("gen", "the run's end", over);
  EXPECT_EQ(state(rung), "succeeded");
  EXPECT_EQ(nodes::cli::text_at(rung, "by"), "schedule");
  *shift_ = 0;
  EXPECT_EQ(state(run("gen")), "succeeded");
  EXPECT_EQ(rings("gen"), 1) << "times that passed while nobody looked ring once";
  EXPECT_EQ(number(latest("gen"), "run"), 2);
  expect_serves();
}

} // namespace
