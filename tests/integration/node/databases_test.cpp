// A node that keeps collections in step with tables of real servers: through a credential, through
// its own death, and without a word of the password.
#include "tests/support/mariadb_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/running_node.hpp"

namespace {

using namespace tenon;
using namespace tenon::tests;

class databases : public running_node {
protected:
  static list resources(const char* kind, const std::string& url, object more,
                        const std::string& password) {
    const subscription named{.name = "rows"};
    object options{{"url", url}, {"credential", "rows"}, {"table", "t"}, {"key", "id"}};
    for (const auto& [option, v] : more)
      options[option] = v;
    const object secrets{{"user", "tenon"}, {"password", password}};
    return {named.resource("credential", object{{"secrets", secrets}}),
            named.resource("sync", object{{"from", object{{kind, options}}}, {"into", "rows"}})};
  }
};

TEST_F(databases, follow_a_postgres_table_by_its_changes_through_a_kill) {
  postgres_server server;
  postgres_client db{server};
  db.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'old' FROM "
         "generate_series(1, 3000) i");
  start_node({"--log-level", "debug"});
  apply(resources("postgres", server.url(), {{"changes", object{}}, {"page_size", 50}},
                  server.password));
  start_run("rows");
  await_run("rows", "some pages", [](const value& r) { return number(r, "pages") > 5; });
  ::kill(node_->pid(), SIGKILL);
  node_->wait();
  db.run("UPDATE t SET v = 'new' WHERE id % 7 = 0; DELETE FROM t WHERE id % 11 = 0; INSERT INTO t "
         "SELECT i, 'fresh' FROM generate_series(4001, 4100) i");
  start_node({"--log-level", "debug"});
  await_run("rows", "the run's end", over);
  const auto done = run("rows");
  EXPECT_EQ(state(done), "succeeded") << write_json(done);
  const auto kept = contents("rows");
  EXPECT_EQ(std::to_string(kept.size()), db.run("SELECT count(*) FROM t"));
  EXPECT_EQ(kept.at("7"), R"({"id":7,"v":"new"})");
  EXPECT_FALSE(kept.contains("11"));
  EXPECT_TRUE(kept.contains("4100"));
  EXPECT_EQ(node_->terminate(), 0);
  EXPECT_EQ(node_->errors().find(server.password), std::string::npos);
}

TEST_F(databases, refuse_to_say_the_password_that_is_wrong) {
  mariadb_server server;
  mariadb_client{server}.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  start_node({"--log-level", "debug"});
  apply(resources("mariadb", server.url(), {}, "canary-91c2"));
  const auto refused = run("rows");
  EXPECT_EQ(state(refused), "failed");
  EXPECT_EQ(write_json(refused).find("canary-91c2"), std::string::npos);
  expect_says(write_json(refused), "does not let tenon in");
  apply(resources("mariadb", server.url(), {}, server.password));
  EXPECT_EQ(state(run("rows")), "succeeded");
  EXPECT_EQ(contents("rows").size(), 1u);
  EXPECT_EQ(node_->terminate(), 0);
  EXPECT_EQ(node_->errors().find("canary-91c2"), std::string::npos);
}

} // namespace
