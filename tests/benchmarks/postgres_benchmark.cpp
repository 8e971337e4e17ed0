// Reading a table of small rows from a real PostgreSQL server on this machine, page by page, beside
// psql's COPY of the same table to /dev/null. Goal: 100,000 rows a second into a collection, so the
// source alone must be well above it.
#include "actors/sync/sources/postgres.hpp"
#include "tests/benchmarks/figure.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/source_reading.hpp"

#include <chrono>

namespace tenon::actors {
namespace {

constexpr double rows = 500'000;

double seconds_of(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

class measured {
public:
  measured() {
    tests::postgres_client db{server_};
    db.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text, mail text, amount numeric(12,2), at "
        "timestamptz); INSERT INTO t SELECT i, 'customer ' || i, 'c' || i || '@example.com', i / "
        "7.0, timestamptz '2026-01-01Z' + i * interval '1 second' FROM generate_series(1, 500000) "
        "i; CREATE INDEX ON t (at, id); ANALYZE t; CHECKPOINT");
    network_.push_back(*runtime::outbound::parse_network("127.0.0.0/8"));
  }

  double read(object more, std::string cursor = {}) {
    relational::database_options o{
        tests::secrets({{"main", {{"user", "tenon"}, {"password", server_.password}}}}), blocking_};
    o.policy.allowed = network_;
    object options{{"url", server_.url()}, {"credential", "main"}, {"table", "t"}, {"key", "id"}};
    for (const auto& [name, v] : more)
      options[name] = v;
    const auto kind = postgres_source(o);
    auto opened = kind->open({"acme", "sync", "benchmark"}, options);
    tests::source_reading reading{*std::move(opened)};
    double seen = 0;
    page_request wanted{.cursor = std::move(cursor)};
    const auto took = seconds_of([&] {
      for (bool last = false; !last;) {
        const auto p = reading.page(wanted);
        seen += static_cast<double>(p.records.size());
        wanted.position = p.position;
        wanted.cursor = p.cursor;
        last = p.last;
      }
    });
    if (seen != rows)
      throw std::runtime_error{"rows are missing"};
    return rows / took;
  }

  /// As psql does it, with the same protection of the way.
  double copy() {
    const auto settings = server_.settings_of("postgres", "tenon", server_.password);
    const auto command = "psql \"" + settings + " sslmode=prefer\" -qc \"COPY t TO STDOUT\"";
    return rows / seconds_of([&] { tests::must_run(command); });
  }

  double capture() {
    tests::postgres_client db{server_};
    db.run("CREATE TABLE changed (LIKE t INCLUDING ALL)");
    const object options{{"table", "changed"}, {"changes", object{{"slot", "tenon_benchmark"}}}};
    relational::database_options o{
        tests::secrets({{"main", {{"user", "tenon"}, {"password", server_.password}}}}), blocking_};
    o.policy.allowed = network_;
    object all{{"url", server_.url()}, {"credential", "main"}, {"key", "id"}};
    for (const auto& [name, v] : options)
      all[name] = v;
    const auto kind = postgres_source(o);
    tests::source_reading reading{*kind->open({"acme", "sync", "benchmark"}, all)};
    const auto cursor = reading.run().back().cursor;
    db.run("INSERT INTO changed SELECT * FROM t");
    return read(options, cursor);
  }

private:
  tests::postgres_server server_;
  runtime::workers blocking_{{.threads = 2}};
  std::vector<runtime::outbound::network> network_;
};

void run() {
  measured m;
  const auto peer = m.copy();
  const auto beside = tests::with_commas(peer) + " psql COPY";
  const auto say = [&](const char* what, const char* goal, double got) {
    tests::print_figure(what, goal, tests::with_commas(got), beside);
  };
  say("PostgreSQL rows/s, source alone, by key, pages of 5,000", "100,000", m.read({}));
  say("PostgreSQL rows/s, the same, pages of 20,000", "100,000", m.read({{"page_size", 20'000}}));
  say("PostgreSQL rows/s, by cursor", "100,000",
      m.read({{"cursor", "at"}}, R"({"column":"at","at":"2026-01-01 00:00:00+00"})"));
  say("PostgreSQL changes/s, of one transaction", "-", m.capture());
}

} // namespace
} // namespace tenon::actors

int main() {
  tenon::actors::run();
}
