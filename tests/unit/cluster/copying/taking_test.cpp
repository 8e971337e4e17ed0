#include "cluster/copying/taking.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace tenon;
using namespace tenon::cluster::copying;

/// A taker whose disk is played: chunks are staged at once, or when the test says so.
class taker : public testing::Test {
protected:
  using lines = std::vector<std::string>;

  void want(partition_number p, node_id from, std::uint64_t at_least = 5) {
    core_.want({p, from, at_least}, now_);
    perform();
  }
  void hear(node_id from, say::said said) { hear(from, copy_, std::move(said)); }
  void hear(node_id from, std::uint64_t copy, say::said said) {
    core_.receive(from, {copy, std::move(said)}, now_);
    perform();
  }
  void hear_chunk(std::uint32_t number, bool last = false) {
    hear(2, say::chunk{number, last, blob::from("bytes"), 1});
  }
  void pass(span time) {
    now_ += time;
    core_.tick(now_);
    perform();
  }
  void perform() {
    for (bool more = true; more;) {
      auto todo = core_.take();
      more = todo.drop || todo.stage || !todo.chunks.empty() || !todo.messages.empty() ||
             todo.install || !todo.told.empty();
      if (todo.drop && staging_)
        said_.push_back("dropped");
      if (todo.drop)
        staging_ = false;
      if (todo.stage) {
        EXPECT_FALSE(staging_);
        staging_ = true;
      }
      for (const auto& c : todo.chunks) {
        EXPECT_TRUE(staging_);
        if (holds_)
          continue;
        core_.staged(bad_ ? result<bool>{*bad_} : result<bool>{c.last}, now_);
      }
      for (const auto& m : todo.messages)
        said_.push_back("to " + std::to_string(m.to) + ": " + text_of(m.message));
      if (todo.install) {
        staging_ = false;
        said_.push_back("install " + todo.install->text());
      }
      for (const auto& t : todo.told)
        said_.push_back(std::to_string(t.partition) +
                        (t.outcome ? " stands at " + std::to_string(t.outcome->index)
                                   : " failed: " + t.outcome.error().why));
    }
  }
  lines said() { return std::exchange(said_, {}); }
  /// As far as the chunks.
  void begin(std::uint64_t index = 9) {
    want(1, 2);
    hear(2, say::offered{index, blob::from("stamp")});
    said();
  }

  std::uint64_t copy_ = 0; // asked for last
  bool staging_ = false;
  bool holds_ = false; // staging takes its time
  std::optional<failure> bad_;
  span now_{1'000};
  taking core_{{.window = 4, .patience = span{10'000}}, 1};

private:
  std::string text_of(const say::message& m) {
    if (const auto* a = std::get_if<say::ask>(&m.said)) {
      copy_ = m.copy;
      return "ask for " + std::to_string(a->partition) + " at " + std::to_string(a->at_least);
    }
    if (const auto* w = std::get_if<say::more>(&m.said))
      return "more before " + std::to_string(w->before);
    if (const auto* d = std::get_if<say::done>(&m.said))
      return "done with " + std::to_string(d->chunks);
    if (const auto* f = std::get_if<say::failed>(&m.said))
      return "stop: " + f->why;
    return "?";
  }

  lines said_;
};

TEST_F(taker, asks_stages_allows_more_and_puts_in_place) {
  want(1, 2);
  EXPECT_EQ(said(), (lines{"to 2: ask for 1 at 5"}));
  hear(2, say::offered{9, blob::from("stamp")});
  hear_chunk(0);
  EXPECT_EQ(said(), lines{});
  hear_chunk(1);
  EXPECT_EQ(said(), (lines{"to 2: more before 6"}));
  hear_chunk(2);
  hear_chunk(3, true);
  EXPECT_EQ(said(), (lines{"to 2: done with 4", "install stamp"}));
  want(1, 2, 50); // too late for this one
  core_.lost(2, now_);
  pass(span{100'000}); // it takes as long as it takes
  EXPECT_EQ(said(), lines{});
  core_.installed({}, now_);
  perform();
  EXPECT_EQ(said(), (lines{"1 stands at 9"}));
  EXPECT_EQ(core_.due(), span::max());
}

TEST_F(taker, takes_one_at_a_time_and_never_a_chunk_of_another_copy) {
  begin();
  const auto first = copy_;
  want(3, 4);
  EXPECT_EQ(said(), lines{});
  hear(2, first + 1, say::chunk{0, false, blob::from("old"), 1});
  EXPECT_EQ(said(), (lines{"to 2: stop: nobody waits for this copy"}));
  hear(4, first, say::chunk{0, false, blob::from("forged"), 1});
  EXPECT_EQ(said(), (lines{"to 4: stop: nobody waits for this copy"}));
  hear(4, first, say::failed{"not of this node", {}});
  EXPECT_EQ(said(), lines{});
  core_.unwanted(1, now_);
  perform();
  EXPECT_EQ(said(), (lines{"dropped", "to 2: stop: it is not wanted any more",
                           "to 4: ask for 3 at 5", "1 failed: it is not wanted any more"}));
  EXPECT_NE(copy_, first);
  hear(2, first, say::offered{9, {}});
  EXPECT_EQ(said(), (lines{"to 2: stop: nobody waits for this copy"}));
}

TEST_F(taker, fails_when_its_sender_is_lost_silent_or_fails_and_says_when_to_want_it_again) {
  begin();
  want(3, 2);
  core_.lost(2, now_);
  perform();
  EXPECT_EQ(said(),
            (lines{"dropped", "to 2: stop: the connection was lost",
                   "3 failed: the connection was lost", "1 failed: the connection was lost"}));
  begin();
  hear_chunk(0);
  pass(span{9'999});
  EXPECT_EQ(said(), lines{});
  EXPECT_EQ(core_.due(), now_ + span{1});
  pass(span{1});
  EXPECT_EQ(said().back(), "1 failed: nothing was heard for too long");
  want(1, 2);
  said();
  hear(2, say::waiting{3});
  pass(span{9'999});
  hear(2, say::waiting{3}); // waiting is not silence
  pass(span{9'999});
  EXPECT_EQ(said(), lines{});
  hear(2, say::failed{"too many nodes wait for a copy", span{3'000}});
  EXPECT_EQ(said(), (lines{"1 failed: too many nodes wait for a copy"}));
}

TEST_F(taker, gives_up_who_does_not_keep_to_what_was_agreed) {
  want(1, 2);
  hear(2, say::offered{4, {}});
  EXPECT_EQ(said().back(), "1 failed: what was offered stands at index 4, and not yet at 5");
  want(1, 2);
  hear_chunk(0);
  EXPECT_EQ(said().back(), "1 failed: chunks came before an offer");
  begin();
  hear(2, say::offered{9, {}});
  EXPECT_EQ(said().back(), "1 failed: it was offered twice");
  want(1, 2);
  hear(2, say::offered{9, blob::from(std::string(70'000, 's'))});
  EXPECT_EQ(said().back(), "1 failed: its stamp is too large");
  holds_ = true;
  begin();
  for (std::uint32_t n = 0; n < 4; ++n)
    hear_chunk(n);
  EXPECT_EQ(said(), lines{}) << "all of them are on their way to the disk";
  hear_chunk(0); // a number that is allowed does not make it more that may come
  EXPECT_EQ(said().back(), "1 failed: more chunks came than were asked for");
}

TEST_F(taker, stops_its_sender_when_the_disk_or_the_bytes_are_bad) {
  begin();
  bad_ = failure{code::unavailable, "the disk is full"};
  hear_chunk(0);
  EXPECT_EQ(said(),
            (lines{"dropped", "to 2: stop: the disk is full", "1 failed: the disk is full"}));
  bad_.reset();
  begin();
  hear_chunk(0, true);
  said();
  core_.installed(failure{code::stale, "it stands behind what is here"}, now_);
  perform();
  EXPECT_EQ(said(), (lines{"1 failed: it stands behind what is here"}));
}

TEST_F(taker, turns_to_another_node_or_a_later_index_when_that_is_wanted_instead) {
  begin();
  want(1, 2, 4); // what is coming will do
  EXPECT_EQ(said(), lines{});
  want(1, 3, 5);
  EXPECT_EQ(said(), (lines{"dropped", "to 2: stop: another one is wanted instead",
                           "to 3: ask for 1 at 5", "1 failed: another one is wanted instead"}));
}

} // namespace
