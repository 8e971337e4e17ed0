// Messages for actors on other nodes over real sockets, plain and with TLS: forwarded, followed,
// and told the truth when a node dies, is slow, or is asked for too much.
#include "tests/integration/cluster/forwarding_node.hpp"

namespace tenon::tests {
namespace {

class forwarding_over : public testing::TestWithParam<bool> {
protected:
  std::optional<cluster::authority> by =
      GetParam() ? std::optional{make_authority()} : std::nullopt;
  owners all;
};

INSTANTIATE_TEST_SUITE_P(, forwarding_over, testing::Bool(),
                         [](const auto& with) { return with.param ? "tls" : "plain"; });

TEST_P(forwarding_over, brings_asks_to_the_owner_and_answers_back) {
  forwarding_node a{1, all, by}, b{2, all, by};
  introduce(a, 1, b, 2);
  all.set(0, 2);
  all.set(1, 1);
  std::vector<std::future<result<blob>>> there, back;
  for (int i = 0; i < 1'000; ++i) {
    there.push_back(a.ask(0, "there " + std::to_string(i)));
    back.push_back(b.ask(1, "back " + std::to_string(i)));
  }
  for (std::size_t i = 0; i < there.size(); ++i) {
    EXPECT_EQ(fate(there[i]), "there " + std::to_string(i));
    EXPECT_EQ(fate(back[i]), "back " + std::to_string(i));
  }
  EXPECT_EQ(b.count(), 1'000u);
  EXPECT_EQ(b.got().back(), "there 999") << "in the order sent";
  const auto counted = a.metrics();
  EXPECT_NE(counted.find("tenon_forwarding_sent_total 1000"), std::string::npos);
  EXPECT_NE(counted.find("tenon_forwarding_seconds_count 1000"), std::string::npos);
}

TEST_P(forwarding_over, carries_the_largest_command_and_refuses_a_larger_one) {
  forwarding_node a{1, all, by}, b{2, all, by};
  introduce(a, 1, b, 2);
  all.set(0, 2);
  auto largest = a.ask(0, std::string(forwarding::most_bytes, 'x'));
  auto larger = a.ask(0, std::string(forwarding::most_bytes + 1, 'x'));
  EXPECT_EQ(fate(larger), "too_large");
  ASSERT_EQ(largest.wait_for(std::chrono::seconds{20}), std::future_status::ready);
  const auto back = largest.get();
  ASSERT_TRUE(back) << back.error().why;
  EXPECT_EQ(back->size(), forwarding::most_bytes);
}

TEST_P(forwarding_over, follows_an_owner_that_moves_under_load_without_a_failed_ask) {
  forwarding_node a{1, all, by}, b{2, all, by}, c{3, all, by};
  introduce(a, 1, b, 2);
  introduce(a, 1, c, 3);
  introduce(b, 2, c, 3);
  all.set(0, 2);
  std::vector<std::future<result<blob>>> asked;
  const auto ask_some = [&] {
    for (int i = 0; i < 200; ++i)
      asked.push_back(a.ask(0, std::to_string(asked.size())));
  };
  for (int move = 0; move < 10; ++move) {
    ask_some();
    all.set(0, 0); // nobody tells the asking node
    ask_some();
    all.set(0, move % 2 == 0 ? 3 : 2);
    ask_some();
  }
  for (std::size_t i = 0; i < asked.size(); ++i)
    ASSERT_EQ(fate(asked[i]), std::to_string(i));
  EXPECT_EQ(b.count() + c.count(), asked.size()) << "each once";
}

TEST_P(forwarding_over, brings_what_the_former_owner_had_not_begun_to_the_next_one) {
  forwarding_node a{1, all, by}, b{2, all, by}, c{3, all, by};
  introduce(a, 1, b, 2);
  introduce(b, 2, c, 3);
  all.set(0, 2);
  b.hold(true);
  auto asked = a.ask(0, "waits");
  ASSERT_TRUE(becomes([&] { return b.count() == 1; }));
  all.set(0, 3);
  b.pass_on(0);
  EXPECT_EQ(fate(asked), "waits");
  EXPECT_EQ(c.count(), 1u);
}

TEST_P(forwarding_over, tells_who_waits_for_a_node_that_dies_what_is_known) {
  forwarding_node a{1, all, by}, c{3, all, by};
  auto b = std::make_unique<forwarding_node>(2, all, by);
  introduce(a, 1, *b, 2);
  introduce(a, 1, c, 3);
  all.set(0, 2);
  b->hold(true);
  auto outside = a.ask(0, "outside");
  auto durable = a.tell(0, 7);
  ASSERT_TRUE(becomes([&] { return b->count() == 2; }));
  b.reset();
  EXPECT_EQ(fate(outside), "timed_out");
  EXPECT_EQ(fate(durable), "unavailable");
  auto waits = a.ask(0, "never left");
  auto again = a.tell(0, 7);
  all.set(0, 3);
  a->changed(0);
  EXPECT_EQ(fate(waits), "never left");
  EXPECT_EQ(fate(again), "durable 7");
}

TEST_P(forwarding_over, goes_on_with_a_node_that_came_back) {
  forwarding_node a{1, all, by};
  auto b = std::make_unique<forwarding_node>(2, all, by);
  introduce(a, 1, *b, 2);
  all.set(0, 2);
  auto before = a.ask(0, "before");
  EXPECT_EQ(fate(before), "before");
  b.reset();
  ASSERT_TRUE(becomes([&] { return !a.mesh().peers().at(0).up; }));
  auto waits = a.ask(0, "waits");
  b = std::make_unique<forwarding_node>(2, all, by);
  introduce(a, 1, *b, 2);
  EXPECT_EQ(fate(waits), "waits");
}

TEST_P(forwarding_over, answers_at_the_deadline_when_the_owner_does_not_or_there_is_none) {
  forwarding_node a{1, all, by}, b{2, all, by};
  introduce(a, 1, b, 2);
  all.set(0, 2);
  b.hold(true);
  const auto begun = std::chrono::steady_clock::now();
  auto silent = a.ask(0, "held", span{100}), nowhere = a.ask(1, "nobody's", span{100});
  auto over = a.ask(0, "too late", span{0});
  EXPECT_EQ(fate(over), "timed_out");
  EXPECT_EQ(fate(silent), "timed_out");
  EXPECT_EQ(fate(nowhere), "unavailable");
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, span{100});
  EXPECT_LT(took, std::chrono::seconds{5});
  b.hold(false); // its answer comes too late, and does no harm
  auto next = a.ask(0, "next");
  EXPECT_EQ(fate(next), "next");
}

TEST_P(forwarding_over, refuses_more_than_a_slow_owner_works_at_and_more_than_may_wait) {
  forwarding_node a{1, all, by, {.out = {.most_waiting = 5, .most_out = 30}}},
      b{2, all, by, {.in = {.most_in_work = 20}}}, c{3, all, by};
  introduce(a, 1, b, 2);
  introduce(a, 1, c, 3);
  all.set(0, 2);
  all.set(1, 3);
  b.hold(true);
  std::vector<std::future<result<blob>>> asked;
  for (int i = 0; i < 40; ++i)
    asked.push_back(a.ask(0, std::to_string(i)));
  ASSERT_TRUE(becomes([&] { return b.count() == 20; }));
  auto other = a.ask(1, "another owner");
  EXPECT_EQ(fate(other), "another owner") << "is not held up";
  std::map<std::string, int> fates;
  ASSERT_TRUE(becomes([&] {
    return std::ranges::count_if(asked, [](const auto& f) {
             return f.wait_for(span{0}) == std::future_status::ready;
           }) >= 15;
  })) << "those for which there is no room are told at once";
  b.hold(false);
  for (auto& each : asked)
    ++fates[fate(each)];
  EXPECT_GE(fates["overloaded"], 15);
  EXPECT_EQ(static_cast<std::size_t>(40 - fates["overloaded"]), b.count());
  EXPECT_EQ(fates["no answer"], 0);
}

TEST_P(forwarding_over, lets_nobody_wait_for_a_node_that_says_nothing) {
  forwarding_node a{1, all, by}, b{2, all, by};
  introduce(a, 1, b, 2);
  all.set(0, 2);
  b.deaf = true;
  auto asked = a.ask(0, "hello", span{200});
  EXPECT_EQ(fate(asked), "timed_out");
}

TEST_P(forwarding_over, counts_frames_that_make_no_sense_and_goes_on) {
  forwarding_node a{1, all, by}, b{2, all, by};
  introduce(a, 1, b, 2);
  all.set(0, 2);
  ASSERT_TRUE(a.mesh().send("2", channel::bulk, link::topic::ask, blob::from("nonsense")));
  auto asked = a.ask(0, "hello");
  EXPECT_EQ(fate(asked), "hello");
  EXPECT_NE(b.metrics().find("tenon_forwarding_malformed_total 1"), std::string::npos);
}

TEST_P(forwarding_over, answers_everybody_when_the_node_ends) {
  auto a = std::make_unique<forwarding_node>(1, all, by);
  forwarding_node b{2, all, by};
  introduce(*a, 1, b, 2);
  all.set(0, 2);
  b.hold(true);
  auto out = a->ask(0, "out"), waits = a->ask(1, "waits");
  ASSERT_TRUE(becomes([&] { return b.count() == 1; }));
  a.reset();
  EXPECT_EQ(fate(out), "timed_out");
  EXPECT_EQ(fate(waits), "unavailable");
  b.hold(false); // into the void
}

} // namespace
} // namespace tenon::tests
