// The forwarder around both halves: what is noted by other threads goes out by turns of the loop.
#include "cluster/forwarding/forwarder.hpp"

#include "tests/unit/cluster/forwarding/asks.hpp"

#include <deque>

namespace tenon::tests {

namespace {

/// Stands still until it is moved.
struct still_clock final : runtime::clock {
  moment now() const override { return {}; }
  steady_point steady() const override { return at; }
  steady_point at = start;
};

/// A node whose loop runs when it is told to, and whose host takes what it is told to take.
class node final : public forwarding::directory {
public:
  explicit node(node_id self)
      : forwarder{std::in_place,
                  forwarding::surroundings{
                      .self = self,
                      .partitions = partitions,
                      .owners = *this,
                      .send = [this](node_id, blob frame) -> result<void> {
                        frames.push_back(std::move(frame));
                        return {};
                      },
                      .deliver =
                          [this](const identity& to, auto& message) {
                            if (!takes)
                              return false;
                            if (!keeps)
                              message->answer(blob::from(to_string(to)));
                            kept.push_back(std::move(message));
                            return true;
                          },
                      .post = [this](auto work) { posted.push_back(std::move(work)); },
                      .clock = clock,
                      .meters = meters}} {}

  node_id owner_of(partition_number) const override { return owner; }

  void run() {
    while (!posted.empty()) {
      const auto work = std::move(posted.front());
      posted.pop_front();
      work();
    }
  }
  void bring_to(node& other, node_id self) {
    run();
    for (; !frames.empty(); frames.pop_front())
      other.forwarder->arrived(self, 1, frames.front());
    other.run();
  }
  answers ask(std::string command = "hello") {
    const auto to = no_answers();
    forwarder->send(someone_in(0), message(to, std::move(command), clock.steady() + span{1000}));
    return to;
  }

  node_id owner = 2;
  bool takes = true, keeps = false;
  std::vector<std::unique_ptr<runtime::envelope>> kept;
  std::deque<blob> frames;
  std::deque<std::function<void()>> posted;
  still_clock clock;
  runtime::meters meters;
  std::optional<forwarding::forwarder> forwarder;
};

struct two_nodes {
  two_nodes() {
    a.forwarder->up(2);
    b.forwarder->up(1);
  }
  void exchange() {
    for (int i = 0; i < 3; ++i) {
      a.bring_to(b, 1);
      b.bring_to(a, 2);
    }
  }
  node a{1}, b{2};
};

TEST(forwarder, sends_what_came_between_two_turns_in_one_frame) {
  two_nodes n;
  n.a.run();
  std::vector<answers> all;
  for (int i = 0; i < 100; ++i)
    all.push_back(n.a.ask());
  EXPECT_EQ(n.a.posted.size(), 1u);
  n.a.run();
  EXPECT_EQ(n.a.frames.size(), 1u);
  n.exchange();
  for (const auto& each : all)
    EXPECT_EQ(fate(each), "answered");
  EXPECT_EQ(all[0]->at(0)->view(), to_string(someone_in(0)));
}

TEST(forwarder, refuses_at_once_when_the_loop_does_not_come_round) {
  two_nodes n;
  std::vector<answers> all;
  for (int i = 0; i < 65'536; ++i)
    all.push_back(n.a.ask());
  const auto more = n.a.ask();
  EXPECT_EQ(fate(more), "overloaded");
  EXPECT_EQ(fate(all.back()), "0 answers");
  n.a.forwarder->send(someone_in(0), outcome_of_call());
  n.a.run();
  EXPECT_EQ(fate(n.a.ask()), "0 answers") << "the next turn has room";
}

TEST(forwarder, tells_apart_what_its_host_declines_and_what_it_answers) {
  two_nodes n;
  n.b.keeps = true;
  const auto first = n.a.ask("first");
  n.exchange();
  ASSERT_EQ(n.b.kept.size(), 1u);
  const auto second = n.a.ask("second"), third = n.a.ask("third");
  n.a.run();
  n.b.takes = false;
  n.b.owner = 0;
  n.b.kept[0]->answer(failure{code::unavailable, "the actor stopped before it answered"});
  n.a.bring_to(n.b, 1);
  n.b.bring_to(n.a, 2);
  EXPECT_EQ(fate(first), "unavailable");
  EXPECT_EQ(fate(second), "0 answers") << "they wait for the owner";
  n.b.takes = true;
  n.b.keeps = false;
  n.a.clock.at += span{5};
  n.a.forwarder->tick();
  n.exchange();
  EXPECT_EQ(fate(second), "answered");
  EXPECT_EQ(fate(third), "answered");
}

TEST(forwarder, gives_its_own_host_what_this_node_owns_by_now) {
  two_nodes n;
  n.a.owner = 0;
  const auto got = n.a.ask();
  n.a.run();
  EXPECT_EQ(fate(got), "0 answers");
  n.a.takes = false;
  n.a.owner = 1;
  n.a.forwarder->changed(0);
  n.a.run();
  EXPECT_EQ(fate(got), "0 answers") << "its host is not ready, and it goes on waiting";
  n.a.takes = true;
  n.a.clock.at += span{5};
  n.a.forwarder->tick();
  EXPECT_EQ(fate(got), "answered");
}

TEST(forwarder, notices_a_new_owner_that_nobody_told_it_of) {
  two_nodes n;
  n.a.owner = 0;
  const auto got = n.a.ask();
  n.a.run();
  n.a.owner = 2;
  n.a.forwarder->tick();
  n.exchange();
  EXPECT_EQ(fate(got), "answered");
}

TEST(forwarder, sends_nothing_to_a_node_that_may_be_dying) {
  two_nodes n;
  n.a.forwarder->lost(2);
  const auto follows = n.a.ask();
  n.a.run();
  EXPECT_TRUE(n.a.frames.empty());
  n.a.forwarder->down(2);
  n.a.run();
  EXPECT_EQ(fate(follows), "0 answers") << "it never left";
  n.a.forwarder->up(2);
  n.exchange();
  EXPECT_EQ(fate(follows), "answered");
  n.a.forwarder->lost(2);
  const auto waits = n.a.ask();
  n.a.clock.at += span{20};
  n.a.forwarder->tick();
  n.exchange();
  EXPECT_EQ(fate(waits), "answered") << "it was not";
}

TEST(forwarder, answers_everybody_when_it_is_closed_and_takes_nothing_after) {
  two_nodes n;
  n.b.keeps = true;
  const auto out = n.a.ask();
  n.exchange();
  const auto noted = n.a.ask();
  n.a.forwarder->close();
  EXPECT_EQ(fate(out), "timed_out");
  EXPECT_EQ(fate(noted), "unavailable");
  EXPECT_EQ(fate(n.a.ask()), "unavailable");
  n.a.run(); // a turn that was posted before
  n.b.forwarder->close();
  n.b.kept[0]->answer(blob::from("nobody asks any more"));
  EXPECT_TRUE(n.b.posted.empty());
}

} // namespace

} // namespace tenon::tests
