// Reading a table of small rows, page by page. Goal: 200,000 rows a second on one thread.
#include "actors/sync/sources/sqlite/page.hpp"
#include "tests/support/made_database.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>

namespace tenon::actors::sqlite {
namespace {

void read_table(benchmark::State& state, const std::string& cursor) {
  constexpr std::int64_t rows = 200'000;
  tests::temporary_directory directory;
  tests::made_database{directory / "rows.sqlite",
                       "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, amount REAL, "
                       "at INTEGER); BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + "
                       "1 FROM n LIMIT 200000) INSERT INTO t SELECT i, 'customer ' || i, 'c' || i "
                       "|| '@example.com', i / 7.0, i / 3 FROM n; CREATE INDEX by_at ON t(at, id);"
                       "COMMIT"};
  const table_options what{.file = "rows.sqlite",
                           .rows = {.table = "t",
                                    .key = {"id"},
                                    .cursor = cursor.empty() ? "" : "at",
                                    .page_size = static_cast<std::size_t>(state.range(0))}};
  for (auto _ : state) {
    std::size_t seen = 0;
    page_request wanted{.cursor = cursor};
    for (bool last = false; !last;) {
      const auto page = read_page(what, directory / "rows.sqlite", wanted, {});
      if (!page)
        return state.SkipWithError(page.error().why.c_str());
      seen += page->records.size();
      wanted.position = page->position;
      last = page->last;
    }
    if (seen != rows)
      state.SkipWithError("rows are missing");
  }
  state.SetItemsProcessed(state.iterations() * rows);
}

void by_key(benchmark::State& state) {
  read_table(state, "");
}
BENCHMARK(by_key)->Arg(500)->Arg(5'000)->Unit(benchmark::kMillisecond);

void by_cursor(benchmark::State& state) {
  read_table(state, R"({"column":"at","at":0})");
}
BENCHMARK(by_cursor)->Arg(500)->Arg(5'000)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace tenon::actors::sqlite

BENCHMARK_MAIN();
