#include "cluster/copying/giving.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace tenon;
using namespace tenon::cluster::copying;

/// A giver whose reader is played: it has so many chunks of so many bytes.
class giver : public testing::Test {
protected:
  void limit(giving_limits l) { core_ = giving{l}; }
  void ask(node_id from, std::uint64_t copy, partition_number p = 1, std::uint64_t at_least = 0,
           std::uint32_t chunks = 2) {
    say_to(from, copy, say::ask{p, at_least, chunks});
  }
  void say_to(node_id from, std::uint64_t copy, say::said said) {
    core_.receive(from, {copy, std::move(said)}, now_);
    perform();
  }
  void pass(span time) {
    now_ += time;
    core_.tick(now_);
    perform();
  }
  void lose(node_id node) {
    core_.lost(node, now_);
    perform();
  }
  /// "to 2: offered 7", in order, since the last time.
  std::vector<std::string> told() { return std::exchange(told_, {}); }
  using lines = std::vector<std::string>;

  std::uint64_t stands_at_ = 7;
  std::uint32_t chunks_ = 3;
  std::optional<failure> unreadable_;
  bool open_ = false; // a copy is being read
  span now_{1'000};
  giving core_{giving_limits{}};

private:
  void perform() {
    for (;;) {
      auto todo = core_.take();
      if (todo.end)
        open_ = false;
      for (const auto& m : todo.messages)
        told_.push_back("to " + std::to_string(m.to) + ": " + text_of(m.message));
      if (todo.begin) {
        EXPECT_FALSE(open_) << "one at a time";
        open_ = true;
        copy_ = todo.begin->copy;
        number_ = 0;
        core_.begun(offer{stands_at_, blob::from("stamp")}, now_);
      } else if (todo.read) {
        EXPECT_TRUE(open_);
        if (unreadable_)
          core_.read(*unreadable_, now_);
        else
          core_.read(chunk(), now_);
      } else if (todo.messages.empty()) {
        return;
      }
    }
  }
  copy_chunk chunk() {
    const auto number = number_++;
    return {copy_, number, number_ == chunks_, blob::from(std::string(1'000, 'x')), 0};
  }
  static std::string text_of(const say::message& m) {
    const auto of = " of " + std::to_string(m.copy);
    if (const auto* w = std::get_if<say::waiting>(&m.said))
      return "wait for " + std::to_string(w->ahead) + of;
    if (const auto* o = std::get_if<say::offered>(&m.said))
      return "offered " + std::to_string(o->index) + of;
    if (const auto* c = std::get_if<say::chunk>(&m.said))
      return (c->last ? "last " : "chunk ") + std::to_string(c->number) + of;
    if (const auto* f = std::get_if<say::failed>(&m.said))
      return f->why + of;
    return "?";
  }

  std::vector<std::string> told_;
  std::uint64_t copy_ = 0;
  std::uint32_t number_ = 0;
};

TEST_F(giver, sends_as_many_chunks_as_it_may_and_goes_on_when_it_may) {
  ask(2, 50);
  EXPECT_EQ(told(), (lines{"to 2: offered 7 of 50", "to 2: chunk 0 of 50", "to 2: chunk 1 of 50"}));
  say_to(2, 50, say::more{2});
  EXPECT_EQ(told(), lines{}) << "it was allowed already";
  say_to(2, 50, say::more{4});
  EXPECT_EQ(told(), (lines{"to 2: last 2 of 50"}));
  EXPECT_TRUE(open_);
  say_to(2, 50, say::done{3});
  EXPECT_FALSE(open_);
}

TEST_F(giver, has_never_more_on_its_way_than_its_own_limit) {
  limit({.most_ahead = 4});
  chunks_ = 100;
  ask(2, 50, 1, 0, 1'000'000);
  EXPECT_EQ(told().size(), 5u);
  say_to(2, 50, say::more{1'000'000});
  EXPECT_EQ(told().size(), 4u);
}

TEST_F(giver, gives_one_at_a_time_and_tells_who_waits_again_and_again) {
  ask(2, 50);
  ask(3, 60);
  ask(4, 70, 5);
  told();
  pass(span{3'000});
  EXPECT_EQ(told(), (lines{"to 3: wait for 1 of 60", "to 4: wait for 2 of 70"}));
  say_to(2, 50, say::failed{"no more", {}});
  EXPECT_EQ(told().front(), "to 3: offered 7 of 60");
  lose(3);
  EXPECT_EQ(told().front(), "to 4: offered 7 of 70");
  lose(4);
  EXPECT_FALSE(open_);
  EXPECT_EQ(core_.due(), span::max());
}

TEST_F(giver, refuses_who_asks_when_too_many_wait) {
  limit({.most_waiting = 1});
  ask(2, 50);
  ask(3, 60);
  told();
  ask(4, 70);
  EXPECT_EQ(told(), (lines{"to 4: too many nodes wait for a copy of 70"}));
}

TEST_F(giver, begins_anew_with_an_asker_that_has_restarted_and_does_not_for_a_repetition) {
  ask(2, 50);
  ask(3, 60, 1);
  ask(3, 60, 1);
  ask(2, 50);
  told();
  ask(2, 51); // of the same partition: what it asked before is forgotten, and it is behind node 3
  EXPECT_EQ(told(), (lines{"to 2: wait for 1 of 51", "to 3: offered 7 of 60", "to 3: chunk 0 of 60",
                           "to 3: chunk 1 of 60"}));
  ask(3, 61, 1);
  EXPECT_EQ(told(), (lines{"to 3: wait for 1 of 61", "to 2: offered 7 of 51", "to 2: chunk 0 of 51",
                           "to 2: chunk 1 of 51"}));
}

TEST_F(giver, tells_who_goes_on_with_a_copy_that_it_does_not_know) {
  say_to(2, 49, say::more{8});
  EXPECT_EQ(told(), (lines{"to 2: the copy is not known here: it was given up of 49"}));
  ask(2, 50);
  told();
  say_to(3, 50, say::more{8});
  EXPECT_EQ(told(), (lines{"to 3: the copy is not known here: it was given up of 50"}));
  say_to(3, 50, say::done{8});
  say_to(2, 49, say::failed{"no", {}});
  EXPECT_TRUE(open_) << "that was of others";
  ask(2, 0);
  EXPECT_EQ(told(), lines{});
}

TEST_F(giver, gives_up_a_receiver_that_says_nothing_but_not_one_that_waits_for_it) {
  limit({.patience = span{10'000}, .bytes_per_second = 100}); // ten seconds a chunk
  chunks_ = 5;
  ask(2, 50, 1, 0, 3);
  EXPECT_EQ(told().size(), 2u);
  EXPECT_EQ(core_.due(), span{11'000});
  pass(span{9'999});
  EXPECT_EQ(told(), lines{});
  pass(span{1});
  EXPECT_EQ(told(), (lines{"to 2: chunk 1 of 50"}));
  pass(span{10'000});
  EXPECT_EQ(told(), (lines{"to 2: chunk 2 of 50"}));
  EXPECT_EQ(core_.due(), span{31'000});
  pass(span{10'000}); // now it was the receiver's turn
  EXPECT_EQ(told(), (lines{"to 2: nothing was heard for too long of 50"}));
  EXPECT_FALSE(open_);
}

TEST_F(giver, says_why_there_is_no_copy_and_goes_on_with_the_next) {
  ask(2, 50, 1, 8);
  EXPECT_EQ(told(), (lines{"to 2: the state stands at index 7, and not yet at 8 of 50"}));
  unreadable_ = failure{code::internal, "damaged: row"};
  ask(3, 60);
  EXPECT_EQ(told(), (lines{"to 3: offered 7 of 60", "to 3: damaged: row of 60"}));
  EXPECT_FALSE(open_);
}

} // namespace
