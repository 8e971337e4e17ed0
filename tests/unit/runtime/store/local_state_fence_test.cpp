// Stored state of a partition that changes hands: what an owner handed over and nobody confirmed
// must not be written when the next owner's log comes to the same index.
#include "runtime/store/local_state.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/steered_log.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace tenon;
using namespace tenon::runtime;
using runtime::store::local_state;
using tests::steered_log;

constexpr span long_enough{30'000};
const identity alice{"acme", "sync", "alice"};
const identity bob{"acme", "sync", "bob"};

class fenced_state : public testing::Test {
protected:
  std::unique_ptr<local_state> open() {
    auto opened =
        local_state::open({.file = directory_ / "state.mdb", .partitions = 2, .interval = span{1}},
                          log_.journal(0), meters_);
    if (!opened)
      ADD_FAILURE() << opened.error().why;
    return std::move(opened).value();
  }
  std::uint64_t append(std::size_t node, std::string text) {
    auto& journal = log_.journal(node);
    const auto index = journal.append(0, journal.term(0), blob::from(std::move(text)), listener_);
    EXPECT_TRUE(index);
    return *index;
  }
  static state_save saving(const identity& id, std::uint64_t index, std::uint64_t term,
                           std::string text) {
    state_save s{.id = id, .index = index, .term = term, .row = blob::copy_of(text)};
    s.wake_at = moment{span{5}};
    s.unfinished = true;
    s.table = std::make_shared<const std::vector<table_change>>(
        std::vector<table_change>{{"key", blob::copy_of(text)}});
    s.history.push_back(blob::copy_of(text));
    return s;
  }
  /// All that any read shows of the partition.
  static std::string shown(const local_state& s) {
    std::string all;
    s.everyone(0, [&](const identity& id, const state_row& row) {
      all += to_string(id) + "=" + row.bytes.text() + "@" + std::to_string(row.index) + ";";
      s.scan(0, id, {}, 100, [&](std::string_view key, const blob& value) {
        all += std::string{key} + ":" + value.text() + ";";
        return true;
      });
      s.history(0, id, 0, 100, [&](std::uint64_t number, const blob& event) {
        all += std::to_string(number) + ":" + event.text() + ";";
        return true;
      });
      return true;
    });
    for (const auto& id : s.due(0, moment{span{10}}, 10))
      all += "due " + id.name + ";";
    for (const auto& id : s.unfinished(0))
      all += "unfinished " + id.name + ";";
    return all;
  }

  tests::temporary_directory directory_;
  runtime::meters meters_;
  tests::awaited_index listener_;
  steered_log log_{2, 2};
};

TEST_F(fenced_state, never_writes_what_was_not_confirmed_although_the_log_reaches_its_index) {
  const std::string confirmed =
      "acme/sync/alice=mine@1;key:mine;0:mine;due alice;unfinished alice;";
  bool told = false;
  {
    const auto s = open();
    log_.give(0, 0);
    s->fence(0, 1);
    s->save(saving(alice, append(0, "first"), 1, "mine"), {});
    s->checkpoint(0, 1, 1);
    ASSERT_TRUE(s->write_now(long_enough));
    log_.hold(0);
    s->save(saving(alice, append(0, "second"), 1, "never"), [&] { told = true; });
    s->checkpoint(0, 2, 1);
    EXPECT_FALSE(s->write_now(span{20})) << "it waits to be written";
    s->save(saving(bob, append(0, "third"), 1, "never"), [&] { told = true; });
    EXPECT_NE(shown(*s), confirmed);

    s->fence(0, 0);
    EXPECT_EQ(shown(*s), confirmed) << "at once";
    EXPECT_EQ(s->waiting(), 0u);
    log_.give(0, 1);
    for (int i = 0; i < 5; ++i)
      append(1, "another's");
    ASSERT_TRUE(s->write_now(long_enough));
    EXPECT_EQ(shown(*s), confirmed);
    EXPECT_EQ(s->checkpointed(0), 1u);
  }
  const auto s = open();
  EXPECT_EQ(shown(*s), confirmed);
  EXPECT_EQ(s->checkpointed(0), 1u);
  EXPECT_FALSE(told);
}

TEST_F(fenced_state, takes_only_what_comes_in_its_term) {
  const auto s = open();
  log_.give(0, 0);
  append(0, "first");
  s->save(saving(alice, 1, 1, "of an owner"), {});
  s->checkpoint(0, 1, 1);
  EXPECT_EQ(shown(*s), "") << "nobody owns it yet";
  s->save(saving(alice, 1, 0, "followed"), {});
  ASSERT_TRUE(s->write_now(long_enough));
  s->fence(0, 7);
  s->save(saving(alice, 1, 0, "followed late"), {});
  s->save(saving(alice, 1, 6, "of the owner before"), {});
  s->checkpoint(0, 1, 0);
  s->checkpoint(0, 1, 6);
  EXPECT_EQ(s->load(0, alice)->bytes.text(), "followed");
  s->save(saving(alice, 1, 7, "owned"), {});
  EXPECT_EQ(s->load(0, alice)->bytes.text(), "owned");
  ASSERT_TRUE(s->write_now(long_enough));
  EXPECT_EQ(s->checkpointed(0), 0u);
  s->checkpoint(0, 1, 7);
  ASSERT_TRUE(s->write_now(long_enough));
  EXPECT_EQ(s->checkpointed(0), 1u);
}

TEST_F(fenced_state, leaves_other_partitions_alone) {
  const auto s = open();
  auto other = saving(alice, 0, 0, "other");
  other.partition = 1;
  s->save(other, {});
  s->fence(0, 3);
  EXPECT_EQ(s->load(1, alice)->bytes.text(), "other");
  ASSERT_TRUE(s->write_now(long_enough));
  EXPECT_EQ(s->load(1, alice)->bytes.text(), "other");
}

} // namespace
