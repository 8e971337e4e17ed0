#include "runtime/store/local_state.hpp"
#include "tests/support/awaited_index.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/volatile_journal.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace tenon;
using namespace tenon::runtime;
using runtime::store::local_state;
using runtime::store::state_options;
using tests::confirming;

const identity alice{"acme", "sync", "alice"};
const identity bob{"acme", "sync", "bob"};

class state_on_disk : public testing::Test {
protected:
  state_on_disk() {
    options_.file = directory_ / "state.mdb";
    options_.partitions = 4;
    // Most of these tests do not care for the log: let it be far ahead.
    for (partition_number p = 0; p < 4; ++p)
      for (int i = 0; i < 100; ++i)
        EXPECT_TRUE(journal_.append(p, 1, blob{}, listener_));
  }

  std::unique_ptr<local_state> open() {
    auto opened = local_state::open(options_, journal_, meters_);
    if (!opened)
      ADD_FAILURE() << opened.error().why;
    return std::move(opened).value();
  }
  static state_save saving(const identity& id, std::uint64_t index, std::string text) {
    state_save s;
    s.id = id;
    s.index = index;
    s.row = blob::from(std::move(text));
    return s;
  }
  static std::shared_ptr<const std::vector<table_change>>
  changes(std::vector<std::pair<std::string, std::optional<std::string>>> given) {
    auto made = std::make_shared<std::vector<table_change>>();
    for (auto& [key, value] : given)
      made->push_back({key, value ? std::optional{blob::from(std::move(*value))} : std::nullopt});
    return made;
  }
  using texts = std::vector<std::pair<std::string, std::string>>;
  static texts table_of(const local_state& s, const identity& id, std::string_view after = {},
                        std::size_t limit = 1000) {
    texts rows;
    s.scan(0, id, after, limit, [&](std::string_view key, const blob& value) {
      rows.emplace_back(key, value.text());
      return true;
    });
    return rows;
  }
  static texts history_of(const local_state& s, const identity& id, std::uint64_t from = 0,
                          std::size_t limit = 1000) {
    texts events;
    s.history(0, id, from, limit, [&](std::uint64_t number, const blob& event) {
      events.emplace_back(std::to_string(number), event.text());
      return true;
    });
    return events;
  }
  static std::string text_of(const std::optional<state_row>& row) {
    return row ? row->bytes.text() + "@" + std::to_string(row->index) : "absent";
  }

  tests::temporary_directory directory_;
  runtime::meters meters_;
  state_options options_;
  tests::awaited_index listener_;
  tests::volatile_journal journal_{4};
};

constexpr span long_enough{30'000};

TEST_F(state_on_disk, shows_a_save_at_once_and_after_it_is_written_and_after_a_restart) {
  {
    auto s = open();
    EXPECT_EQ(text_of(s->load(0, alice)), "absent");
    s->save(saving(alice, 7, "first"), {});
    EXPECT_EQ(text_of(s->load(0, alice)), "first@7");
    EXPECT_GT(s->waiting(), 0u);
    ASSERT_TRUE(s->write_now(long_enough));
    EXPECT_EQ(s->waiting(), 0u);
    EXPECT_EQ(text_of(s->load(0, alice)), "first@7");
    EXPECT_EQ(text_of(s->load(1, alice)), "absent");
  }
  EXPECT_EQ(text_of(open()->load(0, alice)), "first@7");
}

TEST_F(state_on_disk, writes_by_itself_after_a_while_and_says_when_it_is_durable) {
  auto s = open();
  tests::awaited_index saved;
  s->save(saving(alice, 1, "a"), [&] { saved.durable(1); });
  s->save(saving(alice, 2, "b"), [&] { saved.durable(2); });
  EXPECT_TRUE(saved.wait_for(2));
  EXPECT_EQ(saved.calls(), 2u);
}

TEST_F(state_on_disk, writes_nothing_that_is_not_durable_in_the_journal) {
  journal_.set(confirming::on_demand);
  const auto index = journal_.append(0, 1, blob::copy_of("entry"), listener_);
  ASSERT_TRUE(index);
  {
    auto s = open();
    s->save(saving(alice, *index, "ahead"), {});
    s->save(state_save{.partition = 1, .id = bob, .index = 5, .row = blob::copy_of("behind")}, {});
    s->checkpoint(1, 5);
    EXPECT_FALSE(s->write_now(span{50}));
    EXPECT_EQ(text_of(s->load(0, alice)), "ahead@101");
  }
  {
    auto s = open();
    EXPECT_EQ(text_of(s->load(0, alice)), "absent");
    EXPECT_EQ(text_of(s->load(1, bob)), "behind@5") << "one partition does not hold up another";
    s->save(saving(alice, *index, "ahead"), {});
    journal_.confirm();
    ASSERT_TRUE(s->write_now(long_enough));
  }
  EXPECT_EQ(text_of(open()->load(0, alice)), "ahead@101");
}

TEST_F(state_on_disk, merges_tables_of_both_layers_and_the_file) {
  auto s = open();
  auto save = saving(alice, 1, "x");
  save.table = changes({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"e", "1"}});
  s->save(save, {});
  ASSERT_TRUE(s->write_now(long_enough));
  save = saving(alice, 2, "y");
  save.table = changes({{"b", "2"}, {"c", std::nullopt}, {"d", "2"}});
  s->save(save, {});
  save.table = changes({{"d", "3"}, {"a", std::nullopt}, {"f", "3"}});
  s->save(save, {});
  const texts expected{{"b", "2"}, {"d", "3"}, {"e", "1"}, {"f", "3"}};
  for (int written = 0; written < 2; ++written) {
    EXPECT_EQ(table_of(*s, alice), expected);
    EXPECT_EQ(table_of(*s, alice, "b", 2), (texts{{"d", "3"}, {"e", "1"}}));
    EXPECT_EQ(table_of(*s, bob), texts{});
    EXPECT_EQ(s->find(0, alice, "d")->view(), "3");
    EXPECT_EQ(s->find(0, alice, "c"), std::nullopt);
    EXPECT_EQ(s->find(0, alice, "e")->view(), "1");
    EXPECT_EQ(s->find(0, alice, ""), std::nullopt);
    ASSERT_TRUE(s->write_now(long_enough));
  }
}

TEST_F(state_on_disk, keeps_the_tables_of_names_that_begin_alike_apart) {
  auto s = open();
  const identity longer{"acme", "sync", "alice2"};
  for (const auto& id : {alice, longer}) {
    auto save = saving(id, 1, "x");
    save.table = changes({{"key", id.name}});
    s->save(save, {});
  }
  ASSERT_TRUE(s->write_now(long_enough));
  EXPECT_EQ(table_of(*s, alice), (texts{{"key", "alice"}}));
  EXPECT_EQ(table_of(*s, longer), (texts{{"key", "alice2"}}));
}

TEST_F(state_on_disk, numbers_history_on_over_layers_and_restarts) {
  const auto save = [](local_state& s, std::uint64_t index, std::vector<std::string> events) {
    auto made = saving(alice, index, "x");
    for (auto& event : events)
      made.history.push_back(blob::from(std::move(event)));
    s.save(made, {});
  };
  {
    auto s = open();
    save(*s, 1, {"a", "b"});
    save(*s, 2, {"c"});
    EXPECT_EQ(history_of(*s, alice), (texts{{"0", "a"}, {"1", "b"}, {"2", "c"}}));
    ASSERT_TRUE(s->write_now(long_enough));
    s->save(saving(alice, 3, "no event"), {});
    ASSERT_TRUE(s->write_now(long_enough));
  }
  auto s = open();
  save(*s, 4, {"d"});
  EXPECT_EQ(history_of(*s, alice, 1), (texts{{"1", "b"}, {"2", "c"}, {"3", "d"}}));
  EXPECT_EQ(history_of(*s, alice, 3, 1), (texts{{"3", "d"}}));
  EXPECT_EQ(history_of(*s, alice, 9), texts{});
  ASSERT_TRUE(s->write_now(long_enough));
  EXPECT_EQ(history_of(*s, alice, 2, 2), (texts{{"2", "c"}, {"3", "d"}}));
}

TEST_F(state_on_disk, removes_everything_of_an_identity_that_is_gone_however_much_it_is) {
  options_.most_rows = 100;
  auto s = open();
  auto save = saving(alice, 1, "x");
  std::vector<std::pair<std::string, std::optional<std::string>>> many;
  for (int i = 0; i < 1000; ++i)
    many.emplace_back("key" + std::to_string(i), "value");
  save.table = changes(many);
  save.history.assign(300, blob::copy_of("event"));
  save.wake_at = moment{span{5}};
  save.unfinished = true;
  s->save(save, {});
  s->save(saving(bob, 1, "stays"), {});
  ASSERT_TRUE(s->write_now(long_enough));
  EXPECT_EQ(table_of(*s, alice, {}, 2000).size(), 1000u);
  EXPECT_EQ(history_of(*s, alice).size(), 300u);

  state_save gone;
  gone.id = alice;
  gone.index = 2;
  s->save(gone, {});
  for (int written = 0; written < 2; ++written) {
    EXPECT_EQ(text_of(s->load(0, alice)), "absent");
    EXPECT_EQ(table_of(*s, alice), texts{});
    EXPECT_EQ(history_of(*s, alice), texts{});
    EXPECT_TRUE(s->due(0, moment{span{10}}, 10).empty());
    EXPECT_TRUE(s->unfinished(0).empty());
    EXPECT_EQ(s->list("acme", "sync", "", 10), std::vector<std::string>{"bob"});
    ASSERT_TRUE(s->write_now(long_enough));
  }
}

TEST_F(state_on_disk, begins_anew_with_an_identity_that_was_gone) {
  auto s = open();
  auto save = saving(alice, 1, "old");
  save.table = changes({{"old", "1"}});
  save.history.push_back(blob::copy_of("old"));
  s->save(save, {});
  ASSERT_TRUE(s->write_now(long_enough));
  state_save gone;
  gone.id = alice;
  gone.index = 2;
  s->save(gone, {});
  save = saving(alice, 3, "new");
  save.table = changes({{"new", "3"}});
  save.history.push_back(blob::copy_of("new"));
  s->save(save, {});
  for (int written = 0; written < 2; ++written) {
    EXPECT_EQ(text_of(s->load(0, alice)), "new@3");
    EXPECT_EQ(table_of(*s, alice), (texts{{"new", "3"}}));
    EXPECT_EQ(history_of(*s, alice), (texts{{"0", "new"}}));
    ASSERT_TRUE(s->write_now(long_enough));
  }
}

TEST_F(state_on_disk, lists_names_of_all_partitions_in_order) {
  auto s = open();
  const std::vector<std::string> names{"a", "ab", "a:b", "b", "c", "d"};
  partition_number p = 0;
  for (const auto& name : names) {
    state_save save{.partition = p, .id = {"acme", "sync", name}, .index = 1, .row = blob{}};
    s->save(save, {});
    p = static_cast<partition_number>((p + 1) % 4);
    if (name == "a:b") {
      ASSERT_TRUE(s->write_now(long_enough));
    }
  }
  s->save({.partition = 0, .id = {"acme", "task", "e"}, .index = 1, .row = blob{}}, {});
  s->save({.partition = 0, .id = {"zeta", "sync", "f"}, .index = 1, .row = blob{}}, {});
  EXPECT_EQ(s->list("acme", "sync", "", 100),
            (std::vector<std::string>{"a", "a:b", "ab", "b", "c", "d"}));
  EXPECT_EQ(s->list("acme", "sync", "a", 2), (std::vector<std::string>{"a:b", "ab"}));
  EXPECT_EQ(s->list("acme", "sync", "d", 2), std::vector<std::string>{});
  EXPECT_EQ(s->list("acme", "sync", "", 0), std::vector<std::string>{});
}

TEST_F(state_on_disk, lists_who_is_due_earliest_first_and_forgets_old_deadlines) {
  auto s = open();
  const auto save = [&](const char* name, std::uint64_t index, std::optional<int> at) {
    auto made = saving({"acme", "sync", name}, index, "x");
    if (at)
      made.wake_at = moment{span{*at}};
    s->save(made, {});
  };
  const auto due = [&](int until, std::size_t limit) {
    std::vector<std::string> names;
    for (const auto& id : s->due(0, moment{span{until}}, limit))
      names.push_back(id.name);
    return names;
  };
  using names = std::vector<std::string>;
  save("late", 1, 100);
  save("early", 1, -5);
  save("middle", 1, 50);
  save("never", 1, std::nullopt);
  ASSERT_TRUE(s->write_now(long_enough));
  EXPECT_EQ(due(100, 10), (names{"early", "middle", "late"}));
  EXPECT_EQ(due(99, 10), (names{"early", "middle"}));
  save("late", 2, 10);
  save("middle", 2, std::nullopt);
  for (int written = 0; written < 2; ++written) {
    EXPECT_EQ(due(100, 10), (names{"early", "late"}));
    EXPECT_EQ(due(100, 1), (names{"early"}));
    ASSERT_TRUE(s->write_now(long_enough));
  }
}

TEST_F(state_on_disk, lists_who_is_unfinished_and_everyone) {
  auto s = open();
  auto save = saving(alice, 1, "x");
  save.unfinished = true;
  s->save(save, {});
  s->save(saving(bob, 1, "y"), {});
  ASSERT_TRUE(s->write_now(long_enough));
  save = saving(bob, 2, "z");
  save.unfinished = true;
  s->save(save, {});
  s->save(saving(alice, 2, "w"), {});
  for (int written = 0; written < 2; ++written) {
    EXPECT_EQ(s->unfinished(0), std::vector<identity>{bob});
    texts found;
    s->everyone(0, [&](const identity& id, const state_row& row) {
      found.emplace_back(id.name, text_of(row));
      return true;
    });
    EXPECT_EQ(found, (texts{{"alice", "w@2"}, {"bob", "z@2"}}));
    ASSERT_TRUE(s->write_now(long_enough));
  }
}

TEST_F(state_on_disk, walks_more_than_fits_one_look_and_stops_when_told) {
  auto s = open();
  for (int i = 0; i < 1000; ++i) {
    s->save(saving({"acme", "sync", "n" + std::to_string(i)}, 1, "x"), {});
    if (i == 500) {
      ASSERT_TRUE(s->write_now(long_enough));
    }
  }
  int seen = 0;
  s->everyone(0, [&](const identity&, const state_row&) { return ++seen, true; });
  EXPECT_EQ(seen, 1000);
  seen = 0;
  s->everyone(0, [&](const identity&, const state_row&) { return ++seen < 300; });
  EXPECT_EQ(seen, 300);
}

TEST_F(state_on_disk, marks_a_checkpoint_after_everything_handed_over_before_it) {
  {
    auto s = open();
    s->save(saving(alice, 10, "x"), {});
    s->checkpoint(0, 10);
    EXPECT_EQ(s->checkpointed(0), 0u);
    ASSERT_TRUE(s->write_now(long_enough));
    EXPECT_EQ(s->checkpointed(0), 10u);
    s->checkpoint(0, 3);
    ASSERT_TRUE(s->write_now(long_enough));
    EXPECT_EQ(s->checkpointed(0), 10u) << "never goes back";
  }
  EXPECT_EQ(open()->checkpointed(0), 10u);
}

TEST_F(state_on_disk, refuses_to_open_when_the_journal_ends_before_its_checkpoint) {
  {
    auto s = open();
    s->checkpoint(2, 50);
    ASSERT_TRUE(s->write_now(long_enough));
  }
  const tests::volatile_journal empty{4};
  const auto opened = local_state::open(options_, empty, meters_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, code::conflict);
  EXPECT_NE(opened.error().remedy.find("backup"), std::string::npos);
}

TEST_F(state_on_disk, takes_the_longest_identity_and_key) {
  auto s = open();
  const identity longest{std::string(max_tenant_bytes, 't'), std::string(max_kind_bytes, 'k'),
                         std::string(max_name_bytes, 'n')};
  auto save = saving(longest, 1, "x");
  const std::string key(runtime::store::max_table_key_bytes, '\xff');
  save.table = changes({{key, "value"}});
  save.history.push_back(blob::copy_of("event"));
  save.wake_at = moment{span{1}};
  save.unfinished = true;
  s->save(save, {});
  ASSERT_TRUE(s->write_now(long_enough));
  EXPECT_EQ(table_of(*s, longest), (texts{{key, "value"}}));
  EXPECT_EQ(s->due(0, moment{span{1}}, 1), std::vector<identity>{longest});
  EXPECT_EQ(s->find(0, longest, key + "x"), std::nullopt);
}

TEST_F(state_on_disk, writes_a_table_too_large_for_one_transaction_in_several) {
  options_.most_rows = 50;
  auto s = open();
  auto save = saving(alice, 1, "x");
  std::vector<std::pair<std::string, std::optional<std::string>>> many;
  for (int i = 0; i < 1000; ++i)
    many.emplace_back("key" + std::to_string(i), "v" + std::to_string(i));
  save.table = changes(many);
  s->save(save, {});
  s->save(saving(bob, 1, "y"), {});
  ASSERT_TRUE(s->write_now(long_enough));
  EXPECT_EQ(table_of(*s, alice, {}, 2000).size(), 1000u);
  EXPECT_EQ(text_of(s->load(0, bob)), "y@1");
  EXPECT_NE(meters_.exposition().find("tenon_state_rows_total 1002\n"), std::string::npos);
}

} // namespace
