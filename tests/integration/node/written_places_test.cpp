// One collection written to several places by a whole node: each gets every record once though the
// node is killed, and a slow one holds back neither the source nor the others.
#include "tests/support/made_database.hpp"
#include "tests/support/mariadb_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/running_node.hpp"

#include <csignal>

namespace {

using namespace tenon;
using namespace tenon::tests;

class written_places : public running_node {
protected:
  void SetUp() override {
    std::filesystem::create_directories(files() / "out");
    db_.emplace(files() / "shop.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  }
  std::filesystem::path files() const { return directory_ / "files"; }

  void write_source(int from, int to) const {
    std::ofstream out{files() / ("in-" + std::to_string(from) + ".csv"), std::ios::binary};
    out << "id,v\n";
    for (int i = from; i < to; ++i)
      out << i << ",\"value \"\"" << i << "\"\"\"\n";
  }
  void start() {
    start_node({"--allow-files", files().string(), "--allow-file-writes", files().string()});
  }
  static object sync(const char* name, object spec) {
    return {{"kind", "sync"}, {"name", name}, {"spec", std::move(spec)}};
  }
  static object reading() {
    const object csv{{"path", "in-*.csv"}, {"key", "id"}};
    return sync("in", {{"from", object{{"csv", csv}}}, {"into", "rows"}});
  }
  static object writing(const char* name, const char* kind, object options) {
    const object from{{"collection", object{{"name", "rows"}}}};
    const object to{{kind, std::move(options)}};
    return sync(name, {{"from", from}, {"to", to}});
  }
  static object credential(const char* user, const char* password) {
    const object secrets{{"user", user}, {"password", password}};
    return {{"kind", "credential"}, {"name", "db"}, {"spec", object{{"secrets", secrets}}}};
  }
  static object table(const std::string& url) {
    return {{"url", url}, {"credential", "db"}, {"table", "t"}, {"key", "id"}};
  }
  static object to_sqlite() { return {{"file", "shop.db"}, {"table", "t"}, {"key", "id"}}; }

  void succeed(const char* name) {
    const auto done = run(name);
    EXPECT_EQ(state(done), "succeeded") << name << ": " << write_json(done);
    expect_conserved(done);
  }
  /// The run is killed in the middle of its pages, and comes to its end after that.
  void run_through_a_kill(const char* name) {
    start_run(name);
    await_run(name, "a page", [](const value& r) { return over(r) || number(r, "pages") > 0; });
    ::kill(node_->pid(), SIGKILL);
    node_->wait();
    start();
    const auto done = await_run(name, "the run's end", over);
    EXPECT_EQ(state(done), "succeeded") << name << ": " << write_json(done);
  }

  std::optional<made_database> db_;
};

constexpr int many = 24'000;
constexpr auto sum = "288012000"; // 1 + … + many

TEST_F(written_places, have_every_record_once_though_the_node_is_killed) {
  const mariadb_server server;
  mariadb_client maria{server};
  maria.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
  write_source(1, many + 1);
  start();
  apply({credential(server.user, server.password), reading(),
         writing("to_sqlite", "sqlite", to_sqlite()),
         writing("to_mariadb", "mariadb", table(server.url())),
         writing("to_csv", "csv", {{"path", "out"}, {"name", "rows"}})});
  succeed("in");
  for (const auto* name : {"to_sqlite", "to_mariadb", "to_csv"})
    run_through_a_kill(name);
  const auto all = std::to_string(many) + '|' + sum + "|value \"7\"";
  EXPECT_EQ(db_->first("SELECT count(*) || '|' || sum(id) || '|' || (SELECT v FROM t WHERE id = 7) "
                       "FROM t"),
            all);
  EXPECT_EQ(maria.run("SELECT CONCAT(COUNT(*), '|', SUM(id), '|', MAX(IF(id = 7, v, ''))) FROM t"),
            all);
  std::multiset<std::string> lines;
  for (const auto& file : std::filesystem::directory_iterator{files() / "out"}) {
    const auto name = file.path().filename().string();
    if (name.starts_with('.'))
      continue;
    std::istringstream text{contents_of(file.path())};
    std::string line;
    std::getline(text, line);
    EXPECT_EQ(line, "id,v\r") << name;
    while (std::getline(text, line))
      lines.insert(line);
  }
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(many));
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), lines.size());
  EXPECT_TRUE(lines.contains("7,\"value \"\"7\"\"\"\r"));
}

TEST_F(written_places, that_are_slow_hold_back_nobody) {
  const postgres_server server;
  postgres_client holding{server}, looking{server};
  holding.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
  write_source(1, 12'001);
  start();
  apply({credential(server.user, server.password), reading(),
         writing("fast", "sqlite", to_sqlite()), writing("slow", "postgres", table(server.url()))});
  succeed("in");
  succeed("slow");
  const auto undelivered = [&](const char* name) {
    return number(get({"syncs", name, "statistics"}), "undelivered");
  };
  EXPECT_EQ(undelivered("slow"), 0);
  holding.run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
  for (int round = 1; round <= 3; ++round) { // new records come in and go out meanwhile
    write_source(12'000 * round + 1, 12'000 * (round + 1) + 1);
    succeed("in");
    if (round == 1)
      start_run("slow");
    succeed("fast");
    EXPECT_FALSE(over(latest("slow"))) << write_json(latest("slow"));
    EXPECT_EQ(db_->first("SELECT count(*) FROM t"), std::to_string(12'000 * (round + 1)));
    EXPECT_EQ(undelivered("fast"), 0);
    EXPECT_EQ(undelivered("slow"), 12'000 * round);
  }
  EXPECT_LT(peak_memory(), 256u << 20);
  holding.run("COMMIT");
  EXPECT_EQ(state(await_run("slow", "the slow run's end", over)), "succeeded");
  succeed("slow");
  EXPECT_EQ(undelivered("slow"), 0);
  EXPECT_EQ(looking.run("SELECT count(*) FROM t"), "48000");
}

} // namespace
