// What becomes of a page of changes at a table, whatever the table makes of them.
#include "actors/sync/destinations/tables/writer.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace tenon::actors::tables {
namespace {

const relational::option_names names{"rows", "a table", "{rows: …}", {"table", "key", "extra"}};

outgoing_change change(const std::string& json, bool deleted = false) {
  const auto record = read_json(json);
  const auto* id = record ? record->find("id") : nullptr;
  return {id ? write_json(*id) : "?", blob::copy_of(json), deleted, json};
}

/// A table that refuses some rows, in one of the ways that databases have, and may break down.
class table_in_memory final : public open_table {
public:
  enum class says { row, nothing, at_once, at_the_end, another, beyond };

  explicit table_in_memory(const columns& c) : columns_{c} {}

  says how = says::row;
  std::set<std::string> bad{};               // by their key
  std::size_t transactions_left = 1'000'000; // then it is gone
  std::map<std::string, std::string> rows{};
  std::size_t transactions = 0;
  std::mt19937 random{1}; // of how far beyond

  result<void> begin() override {
    fault_ = {};
    late_ = false;
    if (transactions_left == 0)
      return failure{code::unavailable, "gone", "spec.from.rows.url"};
    --transactions_left;
    ++transactions;
    now_ = rows;
    return {};
  }
  result<written_rows> upsert(const some_rows& some) override { return write(some, false); }
  result<written_rows> erase(const some_rows& some) override { return write(some, true); }
  result<void> commit() override {
    if (late_)
      return refuse({});
    rows = now_;
    return {};
  }
  result<void> roll_back() override { return {}; }
  fault newest_fault() const override { return fault_; }

private:
  failure refuse(std::optional<std::size_t> row) {
    fault_ = {.of_content = true, .row = row, .words = "bad"};
    return {code::malformed, "bad"};
  }
  result<written_rows> write(const some_rows& some, bool deletes) {
    written_rows done;
    const auto key_at = std::ranges::find(some.columns, columns_.key[0]) - some.columns.begin();
    for (std::size_t i = 0; i < some.count(); ++i) {
      const auto values = some.row(i);
      const std::string key{values[static_cast<std::size_t>(key_at)]};
      if (bad.contains(key)) {
        late_ = how == says::at_the_end;
        if (how == says::row)
          return refuse(i);
        if (how == says::another) // as of a trigger's own statement
          return refuse(0);
        if (how == says::beyond)
          return refuse(random() % 2 == 0 ? 900'000'000 : std::size_t(-1) - random() % 50);
        if (how == says::nothing)
          return refuse({});
        if (how == says::at_once)
          done.refused.emplace_back(i, "bad");
        continue;
      }
      std::string content;
      for (std::size_t c = 0; c < values.size(); ++c)
        content += columns_.names[some.columns[c]] + '=' + std::string{values[c]} + ' ';
      const bool there = now_.contains(key);
      const bool same = deletes ? !there : there && now_[key] == content;
      done.changed += !same;
      if (deletes)
        now_.erase(key);
      else
        now_[key] = content;
    }
    return done;
  }

  const columns& columns_;
  std::map<std::string, std::string> now_;
  bool late_ = false;
  fault fault_{};
};

class tables_page : public ::testing::Test {
protected:
  settled write(const std::vector<outgoing_change>& page) {
    return write_page(table, there, names, page);
  }

  columns there{.table = "t", .names = {"v", "id", "w"}, .key = {1}};
  table_in_memory table{there};
};

TEST_F(tables_page,
       is_settled_from_the_first_change_on_whatever_is_refused_and_whenever_it_breaks) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 400; ++round) {
    table.rows.clear();
    table.bad.clear();
    table.how = static_cast<table_in_memory::says>(random() % 6);
    table.transactions_left = random() % 3 == 0 ? random() % 12 : 1'000'000;
    std::vector<outgoing_change> page;
    std::vector<int> ids;
    for (int i = 0; i < 40; ++i)
      ids.push_back(i);
    std::ranges::shuffle(ids, random);
    ids.resize(1 + random() % 40);
    std::set<std::string> refused;
    for (const auto id : ids) {
      const auto key = std::to_string(id);
      const auto kind = random() % 8;
      const auto more = random() % 2 == 0 ? R"(,"w":1)" : "";
      page.push_back(kind == 0   ? change(R"({"v":1})")
                     : kind == 1 ? change(R"({"id":)" + key + '}', true)
                                 : change(R"({"id":)" + key + R"(,"v":"x")" + more + '}'));
      if (kind != 0 && random() % 5 == 0)
        table.bad.insert(key);
    }
    const auto done = write(page);
    ASSERT_EQ(done.trouble.has_value(), done.count < page.size());
    std::vector<std::string> letters, expected;
    std::set<std::string> live;
    for (std::size_t i = 0; i < done.count; ++i) {
      const auto& one = page[i];
      if (one.key == "?" || table.bad.contains(one.key))
        expected.push_back(one.key);
      else if (!one.deleted)
        live.insert(one.key);
    }
    for (const auto& letter : done.letters)
      letters.push_back(letter.place);
    ASSERT_EQ(letters, expected);
    std::set<std::string> found;
    for (const auto& [key, content] : table.rows)
      found.insert(key);
    ASSERT_EQ(found, live);
    ASSERT_EQ(done.written, live.size());
    ASSERT_EQ(done.written + done.unchanged + done.letters.size(), done.count);
  }
}

TEST_F(tables_page, that_is_fine_is_one_transaction) {
  std::vector<outgoing_change> page;
  for (int i = 0; i < 100; ++i)
    page.push_back(
        change(R"({"id":)" + std::to_string(i) + (i % 2 ? R"(,"v":1})" : "}"), i % 7 == 0));
  EXPECT_EQ(write(page).count, 100u);
  EXPECT_EQ(table.transactions, 1u);
  table.bad = {"50"};
  EXPECT_EQ(write(page).letters.size(), 1u);
  EXPECT_EQ(table.transactions,
            1u + 4u); // the whole, what came before it, itself, and what came after
}

TEST_F(tables_page, keeps_the_order_of_changes_that_may_be_of_one_row) {
  there.names = {"v", "mail", "w"};
  const auto as = [](const char* mail, const char* more, bool deleted = false) {
    return change(std::string{"{\"mail\":\""} + mail + '"' + more + '}', deleted);
  };
  EXPECT_EQ(write({as("a@x", R"(,"v":1)", true), as("b", R"(,"w":1)"), as("a@x", R"(,"v":2)"),
                   as("b", R"(,"v":3,"w":3)"), as("b", R"(,"v":4)"), as("c", R"(,"v":5)"),
                   as("c", "", true)})
                .count,
            7u);
  EXPECT_EQ(table.rows, (std::map<std::string, std::string>{{"\"a@x\"", "v=2 mail=\"a@x\" "},
                                                            {"\"b\"", "v=4 mail=\"b\" "}}));
  table.transactions = 0;
  EXPECT_EQ(write({as("A@\\u0058", "", true), as("a@x ", R"(,"v":1)"), as("d", "")}).count, 3u);
  EXPECT_EQ(table.transactions, 2u) << "to the database the first two may be one";
}

TEST_F(tables_page, says_which_field_has_no_column_or_keeps_it_where_it_is_told_to) {
  const auto none = write({change(R"({"id":1,"x":{"y":[1]},"z":null})")});
  EXPECT_EQ(none.count, 0u);
  ASSERT_TRUE(none.trouble);
  EXPECT_NE(none.trouble->why.why.find("no column x"), std::string::npos);
  EXPECT_EQ(none.trouble->why.where, "spec.to.rows.table");
  EXPECT_FALSE(none.trouble->transient);
  there.extra = 2;
  EXPECT_EQ(write({change(R"({"id":1,"x":{"y":[1]},"z":null})"), change(R"({"id":2})")}).written,
            2u);
  EXPECT_EQ(table.rows["1"], R"(id=1 w={"x":{"y":[1]},"z":null} )");
  EXPECT_EQ(table.rows["2"], "id=2 w=null ");
}

TEST_F(tables_page, reads_fields_by_name_in_any_order_and_the_first_of_two) {
  there.any_case = true;
  EXPECT_EQ(
      write({change(R"({"id":1,"v":1,"w":2})"), change(R"({"W":2,"v":1,"id":2})"),
             change(R"({"\u0069d":3,"v":1,"w":2,"V":9})"), change(R"({"id":null,"v":1,"w":2})")})
          .letters.size(),
      1u);
  for (const auto* key : {"1", "2", "3"})
    EXPECT_EQ(table.rows[key], "v=1 id=" + std::string{key} + " w=2 ");
}

} // namespace
} // namespace tenon::actors::tables
