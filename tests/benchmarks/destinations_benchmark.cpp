// A collection of small rows written to a table of a real PostgreSQL server by a whole node, as it
// is delivered, beside psql's \copy of the same rows into a table of the same shape; and to the
// other places. Goal: 100,000 rows a second, and within a third of \copy; in 256 MB.
#include "nodes/cli/api.hpp"
#include "nodes/cli/members.hpp"
#include "protocols/json.hpp"
#include "tests/benchmarks/figure.hpp"
#include "tests/support/made_database.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/started_program.hpp"

#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>

#include <unistd.h>

namespace tenon::tests {
namespace {

constexpr double rows = 500'000;
constexpr auto owner_key = "tn_owner01_0123456789abcdef0123456789";
constexpr auto columns = "(id int PRIMARY KEY, name text, mail text, amount numeric(12,2), at "
                         "timestamptz)";

double seconds_of(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

class measured {
public:
  measured() {
    tests::postgres_client db{server_};
    db.run(std::string{"CREATE TABLE a "} + columns + "; CREATE TABLE b " + columns +
           "; CREATE TABLE c " + columns +
           "; INSERT INTO a SELECT i, 'customer ' || i, 'c' || i || '@example.com', i / 7.0, "
           "timestamptz '2026-01-01Z' + i * interval '1 second' FROM generate_series(1, 500000) i; "
           "ANALYZE a; CHECKPOINT");
    node_.emplace("tenon",
                  started_program::words{"node", "--data", (directory_ / "data").string(), "--http",
                                         "127.0.0.1:0", "--allow-network", "127.0.0.0/8",
                                         "--allow-file-writes", directory_.path().string()},
                  started_program::words{std::string{"TENON_OWNER_KEY="} + owner_key,
                                         "XDG_RUNTIME_DIR=" + directory_.path().string()});
    const auto server = nodes::cli::parse_server(node_->first_line());
    if (!server)
      throw std::runtime_error{node_->errors()};
    api_.emplace(nodes::cli::http_client{{*server, owner_key}}, "default");
    const object secrets{{"user", server_.user}, {"password", server_.password}};
    const object from{{"postgres", table("a")}}, to{{"postgres", table("b")}},
        rows{{"collection", object{{"name", "rows"}}}};
    apply("credential", "db", {{"secrets", secrets}});
    apply("sync", "in", {{"from", from}, {"into", "rows"}});
    apply("sync", "out", {{"from", rows}, {"to", to}});
    made_database{directory_ / "rows.db", "CREATE TABLE b (id INTEGER PRIMARY KEY, name TEXT, mail "
                                          "TEXT, amount NUMERIC, at TEXT)"};
    std::filesystem::create_directory(directory_ / "csv");
    const object sqlite{{"file", "rows.db"}, {"table", "b"}, {"key", "id"}}, csv{{"path", "csv"}};
    apply("sync", "to_sqlite", {{"from", rows}, {"to", object{{"sqlite", sqlite}}}});
    apply("sync", "to_csv", {{"from", rows}, {"to", object{{"csv", csv}}}});
  }

  void change_all() {
    postgres_client{server_}.run("UPDATE a SET name = name || '!', amount = amount + 1");
  }

  double copied() {
    const auto settings = server_.settings_of("postgres", "tenon", server_.password);
    const auto psql = "psql \"" + settings + " sslmode=prefer\" -qc ";
    const auto file = (directory_ / "rows").string();
    must_run(psql + "\"\\copy a TO " + file + "\"");
    return rows / seconds_of([&] { must_run(psql + "\"\\copy c FROM " + file + "\""); });
  }

  double run(const char* sync) {
    const auto path = api_->path({"syncs", sync, "runs"});
    const auto seconds = seconds_of([&] {
      if (!api_->post(path, object{}))
        throw std::runtime_error{"no run"};
      for (;;) {
        const auto now = api_->get(api_->path({"syncs", sync, "runs", "latest"}));
        const auto state = nodes::cli::text_at(now.body, "state");
        if (state == "succeeded")
          break;
        if (state == "failed")
          throw std::runtime_error{write_json(now.body)};
        if (node_->ends_within(std::chrono::milliseconds{20}))
          throw std::runtime_error{node_->errors()};
      }
    });
    return rows / seconds;
  }

  double memory() const {
    std::ifstream status{"/proc/" + std::to_string(node_->pid()) + "/status"};
    std::string name;
    double kilobytes = 0;
    while (status >> name && name != "VmHWM:") {
    }
    status >> kilobytes;
    return kilobytes / 1024;
  }

  struct used {
    double node = 0, server = 0; // seconds of a processor so far
  };
  /// Of the server that part which serves the node.
  used processors() {
    postgres_client db{server_};
    used all{.node = processor_seconds(std::to_string(node_->pid()))};
    std::istringstream pids{db.run("SELECT string_agg(pid::text, ' ') FROM pg_stat_activity "
                                   "WHERE application_name = 'tenon'")};
    for (std::string pid; pids >> pid;)
      all.server += processor_seconds(pid);
    return all;
  }

private:
  static double processor_seconds(const std::string& pid) {
    std::ifstream stat{"/proc/" + pid + "/stat"};
    std::string text{std::istreambuf_iterator<char>{stat}, {}};
    std::istringstream fields{text.substr(std::min(text.rfind(')') + 1, text.size()))};
    std::string word;
    double ticks = 0;
    for (int field = 3; field <= 15 && fields >> word; ++field)
      ticks += field >= 14 ? std::stod(word) : 0;
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  object table(const char* name) const {
    return {{"url", server_.url()}, {"credential", "db"}, {"table", name}, {"key", "id"}};
  }
  void apply(const char* kind, const char* name, object spec) {
    const object made{{"kind", kind}, {"name", name}, {"spec", std::move(spec)}};
    const auto applied = api_->post(api_->path({"apply"}), object{{"resources", list{made}}});
    if (!applied || *applied.body.find("failed") != value{false})
      throw std::runtime_error{write_json(applied.body)};
  }

  postgres_server server_;
  temporary_directory directory_;
  std::optional<started_program> node_;
  std::optional<nodes::cli::api> api_;
};

void measure(measured& m, const std::string& what, const char* sync, const char* goal = "-",
             double peer = 0) {
  const auto before = m.processors();
  const auto out = m.run(sync);
  const auto after = m.processors();
  const auto each = [](double seconds) { return fixed(seconds / rows * 1e6, 2) + " us"; };
  print_figure(what + ", rows/s", goal, with_commas(out),
               peer > 0 ? with_commas(peer) + " psql \\copy" : "-");
  if (peer > 0)
    print_figure("  times slower than \\copy", "<= 3", fixed(peer / out, 2));
  print_figure("  processor time of the node, for each row", "-", each(after.node - before.node));
  if (after.server > before.server)
    print_figure("  processor time of the server's session, for each row", "-",
                 each(after.server - before.server));
}

void run() {
  measured m;
  const auto peer = m.copied();
  measure(m, "PostgreSQL table to collection", "in", "100,000");
  measure(m, "collection to PostgreSQL", "out", "100,000", peer);
  print_figure("  most memory of the node until then", "<= 256 MB", fixed(m.memory(), 0) + " MB");
  measure(m, "collection to SQLite", "to_sqlite");
  measure(m, "collection to CSV", "to_csv");
  m.change_all();
  measure(m, "PostgreSQL table to collection, every row changed", "in");
  measure(m, "collection to PostgreSQL, every row changed", "out");
}

} // namespace
} // namespace tenon::tests

int main() {
  tenon::tests::run();
}
