// Writing to a real PostgreSQL server: a table becomes what a collection holds, through the node's
// death; what the database refuses is kept; and two tables are kept in step with each other without
// an echo between them.
#include "tests/support/postgres_server.hpp"
#include "tests/support/running_node.hpp"

#include <csignal>

namespace {

using namespace tenon;
using namespace tenon::tests;

class written_tables : public running_node {
protected:
  object table(const std::string& name, object more = {}) const {
    object options{{"url", server_.url()}, {"credential", "db"}, {"table", name}, {"key", "id"}};
    for (const auto& [option, v] : more)
      options[option] = v;
    return options;
  }
  object credential() const {
    const object secrets{{"user", server_.user}, {"password", server_.password}};
    return {{"kind", "credential"}, {"name", "db"}, {"spec", object{{"secrets", secrets}}}};
  }
  object reading(const std::string& name, const std::string& from, object more = {}) const {
    const object by_changes{{"changes", object{{"slot", "tenon_" + name}}}};
    object spec{{"from", object{{"postgres", table(from, by_changes)}}}, {"into", "rows"}};
    for (const auto& [option, v] : more)
      spec[option] = v;
    return {{"kind", "sync"}, {"name", name}, {"spec", std::move(spec)}};
  }
  object writing(const std::string& name, const std::string& to, const std::string& except = "",
                 object more = {}) const {
    object collection{{"name", "rows"}};
    if (!except.empty())
      collection["except"] = except;
    object spec{{"from", object{{"collection", std::move(collection)}}},
                {"to", object{{"postgres", table(to)}}}};
    for (const auto& [option, v] : more)
      spec[option] = v;
    return {{"kind", "sync"}, {"name", name}, {"spec", std::move(spec)}};
  }
  value ran(const std::string& sync) {
    auto done = run(sync);
    EXPECT_EQ(state(done), "succeeded") << sync << ": " << write_json(done);
    expect_conserved(done);
    return done;
  }
  std::string differences(const std::string& a, const std::string& b) {
    return db_.run("SELECT count(*) FROM ((TABLE " + a + " EXCEPT TABLE " + b +
                   ") UNION ALL (TABLE " + b + " EXCEPT TABLE " + a + ")) x");
  }

  postgres_server server_;
  postgres_client db_{server_};
};

TEST_F(written_tables, become_what_the_collection_holds_through_a_kill) {
  db_.run(
      "CREATE TABLE a (id int PRIMARY KEY, v text, at timestamptz, n numeric, j jsonb); "
      "CREATE TABLE b (LIKE a INCLUDING ALL); INSERT INTO a SELECT i, 'v' || i, now(), i / 7.0, "
      "jsonb_build_object('i', i) FROM generate_series(1, 20000) i");
  start_node();
  apply({credential(), reading("in", "a"), writing("out", "b")});
  EXPECT_EQ(number(ran("in"), "stored"), 20000);
  start_run("out");
  await_run("out", "a page", [](const value& r) { return over(r) || number(r, "pages") > 0; });
  ::kill(node_->pid(), SIGKILL);
  node_->wait();
  start_node();
  EXPECT_EQ(state(await_run("out", "the run's end", over)), "succeeded");
  EXPECT_EQ(differences("a", "b"), "0");
  db_.run("UPDATE a SET v = NULL WHERE id % 100 = 0; DELETE FROM a WHERE id % 101 = 0; "
          "INSERT INTO a VALUES (99999, 'new', NULL, 'NaN', '[1]')");
  ran("in");
  const auto changed = ran("out");
  EXPECT_EQ(number(changed, "read"), 200 + 198 - 1 + 1);
  EXPECT_EQ(number(changed, "deleted"), 198);
  EXPECT_EQ(differences("a", "b"), "0");
  EXPECT_EQ(number(ran("out"), "read"), 0);
}

TEST_F(written_tables, refuse_record_by_record_what_does_not_fit) {
  db_.run("CREATE TABLE a (id int PRIMARY KEY, v text NOT NULL); CREATE TABLE b (id int PRIMARY "
          "KEY, v int CHECK (v <> 13)); INSERT INTO a SELECT i, CASE WHEN i = 7 THEN 'seven' ELSE "
          "i::text END FROM generate_series(1, 500) i");
  start_node();
  apply({credential(), reading("in", "a"), writing("out", "b")});
  ran("in");
  const auto done = ran("out");
  EXPECT_EQ(number(done, "stored"), 498);
  EXPECT_EQ(number(done, "dead_lettered"), 2);
  const auto letters = write_json(get({"records", "rows", "letters"}));
  expect_says(letters, "seven");
  expect_says(letters, "check constraint");
  EXPECT_EQ(db_.run("SELECT count(*) FROM b"), "498");
  // Mended there, and sent again.
  db_.run("ALTER TABLE b DROP CONSTRAINT b_v_check");
  for (const auto* number : {"1", "2"})
    EXPECT_TRUE(api_->post(api_->path({"records", "rows", "letters", number, "replay"}), object{}));
  const auto again = ran("out");
  EXPECT_EQ(number(again, "stored"), 1);
  EXPECT_EQ(number(again, "dead_lettered"), 1);
  EXPECT_EQ(db_.run("SELECT v FROM b WHERE id = 13"), "13");
}

TEST_F(written_tables, are_kept_in_step_both_ways_without_an_echo) {
  db_.run("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (LIKE a INCLUDING ALL); "
          "INSERT INTO a VALUES (1, 'a1'), (2, 'a2'); INSERT INTO b VALUES (3, 'b3')");
  start_node();
  apply({credential(), reading("from_a", "a"), reading("from_b", "b"),
         writing("to_a", "a", "from_a"), writing("to_b", "b", "from_b")});
  const auto round = [&] {
    std::int64_t written = 0;
    for (const auto* sync : {"from_a", "from_b", "to_a", "to_b"})
      written += number(ran(sync), "stored");
    return written;
  };
  round();
  EXPECT_EQ(differences("a", "b"), "0");
  EXPECT_EQ(db_.run("SELECT count(*) FROM a"), "3");
  round(); // what was written comes back as it was, and goes no further
  EXPECT_EQ(round(), 0);
  db_.run("UPDATE a SET v = 'new' WHERE id = 3; DELETE FROM b WHERE id = 1; INSERT INTO b VALUES "
          "(4, 'b4')");
  round();
  EXPECT_EQ(differences("a", "b"), "0");
  EXPECT_EQ(db_.run("SELECT string_agg(id || v, ',' ORDER BY id) FROM b"), "2a2,3new,4b4");
  round();
  EXPECT_EQ(round(), 0);
}

TEST_F(written_tables, that_both_sides_changed_become_one_again_as_the_policy_says) {
  db_.run("CREATE TABLE a (id int PRIMARY KEY, v text, w text); CREATE TABLE b (LIKE a INCLUDING "
          "ALL); INSERT INTO a VALUES (1, 'v', 'w'), (2, 'v', 'w')");
  start_node();
  const auto all_run = [&] {
    std::int64_t conflicts = 0;
    for (const auto* sync : {"from_a", "from_b", "to_a", "to_b"})
      conflicts += number(ran(sync), "conflicts");
    return conflicts;
  };
  const auto set_policy = [&](const char* policy) {
    const object how{{"conflicts", policy}};
    apply({credential(), reading("from_a", "a", how), reading("from_b", "b", how),
           writing("to_a", "a", "from_a"), writing("to_b", "b", "from_b")});
  };
  const auto contents_of_a = [&] {
    return db_.run("SELECT string_agg(id || v || w, ',' ORDER BY id) FROM a");
  };
  set_policy("merge");
  all_run();
  db_.run("UPDATE a SET v = 'of a' WHERE id = 1; UPDATE b SET w = 'of b' WHERE id = 1");
  EXPECT_EQ(all_run(), 1);
  all_run();
  EXPECT_EQ(contents_of_a(), "1of aof b,2vw");
  EXPECT_EQ(differences("a", "b"), "0");
  EXPECT_EQ(all_run(), 0);
  const auto shown = write_json(get({"records", "rows"}));
  expect_says(shown, R"("feed":"from_b")");
  expect_says(shown, R"("v":{"feed":"from_a","changed_at":")");
  started_program command{"tenon",
                          {"--server", node_->first_line(), "--key", owner_key, "records", "rows"}};
  EXPECT_EQ(command.wait(), 0) << command.errors();
  const auto table = command.first_line() + '\n' + command.rest_of_output();
  expect_says(table, "WRITTEN BY");
  expect_says(table, " id: from_a, v: from_a, w: from_b");

  set_policy("manual");
  db_.run("UPDATE a SET v = 'here' WHERE id = 2; UPDATE b SET v = 'there' WHERE id = 2");
  EXPECT_EQ(all_run(), 1);
  all_run(); // nothing moves until somebody decides
  const auto conflicts = get({"records", "rows", "conflicts"});
  const auto& items = *conflicts.find("items")->as<list>();
  ASSERT_EQ(items.size(), 1u) << write_json(conflicts);
  expect_says(write_json(items[0]), R"("v":"here")");
  expect_says(write_json(items[0]), R"("v":"there")");
  expect_says(write_json(items[0]), R"("before":{"id":2,"v":"v","w":"w"})");
  const auto resolve = api_->path({"records", "rows", "conflicts", "resolve"});
  const auto nothing = api_->post(resolve, object{{"key", "2"}});
  EXPECT_EQ(nothing.why.code, code::malformed) << nothing.why.why;
  const object decided{{"id", 2}, {"v", "agreed"}, {"w", "w"}};
  EXPECT_TRUE(api_->post(resolve, object{{"key", "2"}, {"record", decided}}));
  const auto late = api_->post(resolve, object{{"key", "2"}, {"keep", "local"}});
  EXPECT_EQ(late.why.code, code::not_found) << late.why.why;
  all_run();
  EXPECT_EQ(contents_of_a(), "1of aof b,2agreedw");
  EXPECT_EQ(differences("a", "b"), "0");
}

TEST_F(written_tables, that_are_not_as_they_should_be_are_told) {
  db_.run(
      "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'x'); CREATE TABLE "
      "narrow (id int PRIMARY KEY)");
  start_node();
  apply({credential(), reading("in", "a"), writing("out", "nowhere"), writing("narrow", "narrow")});
  ran("in");
  expect_failed(run("out"), "no table nowhere", "spec.to.postgres.table", "Create it");
  expect_failed(run("narrow"), "no column v", "spec.to.postgres.table", "map");
}

} // namespace
