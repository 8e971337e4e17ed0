// Reading files of small records, page by page on one thread: rows and megabytes a second,
// unpacked. Goals: CSV into a collection at 200,000 rows a second, for which reading alone has to
// be well above 1,000,000 rows of 100 bytes; the same of the other formats at 200,000.
#include "actors/sync/sources/files/page.hpp"
#include "tests/benchmarks/figure.hpp"
#include "tests/support/packing.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>

#include <fstream>
#include <functional>

namespace tenon::actors::files {
namespace {

constexpr std::int64_t records = 400'000;

std::string csv_row(std::int64_t i) {
  const auto n = std::to_string(i);
  return n + ",customer " + n + ",customer" + n +
         "@example.com,\"12 Long Street, Somewhere\",Germany,2024-03-01T12:00:00Z," +
         std::to_string(i % 977) + ".50\n";
}

std::string json_row(std::int64_t i) {
  const auto n = std::to_string(i);
  return R"({"id":)" + n + R"(,"name":"customer )" + n + R"(","mail":"customer)" + n +
         R"(@example.com","country":"Germany","amount":)" + std::to_string(i % 977) + ".5}";
}

std::string xml_row(std::int64_t i) {
  const auto n = std::to_string(i);
  return "<item id=\"" + n + "\"><name>customer " + n + "</name><mail>customer" + n +
         "@example.com</mail><country>Germany</country></item>\n";
}

std::string made(const std::string& head, const std::function<std::string(std::int64_t)>& row,
                 const std::string& between, const std::string& tail) {
  auto text = head;
  for (std::int64_t i = 0; i < records; ++i)
    text += (i > 0 ? between : "") + row(i);
  return text + tail;
}

void read_all(benchmark::State& state, const format_kind& kind, object more,
              const std::string& text, bool packed = false) {
  tests::temporary_directory directory;
  std::ofstream{directory / "a", std::ios::binary} << (packed ? tests::gzipped(text) : text);
  object written{{"path", "a"}, {"key", "id"}};
  for (auto& [name, v] : more)
    written[name] = std::move(v);
  const auto what = read_options(kind, written);
  if (!what)
    return state.SkipWithError(what.error().why.c_str());
  open_readers kept;
  const auto before = tests::processor_seconds();
  for (auto _ : state) {
    std::size_t seen = 0;
    page_request wanted{.sync = {"acme", "sync", "bench"}};
    for (bool last = false; !last;) {
      const auto page = read_page(*what, {directory.path()}, kept, wanted, {});
      if (!page)
        return state.SkipWithError(page.error().why.c_str());
      seen += page->records.size();
      wanted.position = page->position;
      wanted.cursor = page->cursor;
      last = page->last;
    }
    if (seen != records)
      state.SkipWithError("records are missing");
  }
  const auto spent = tests::processor_seconds() - before;
  const auto all = static_cast<double>(state.iterations()) * static_cast<double>(records);
  state.SetItemsProcessed(static_cast<std::int64_t>(all));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
  const auto bytes = static_cast<double>(state.iterations()) * static_cast<double>(text.size());
  tests::print_figure("read " + std::string{kind.name} + (packed ? ".gz" : "") +
                          (written.find("types") ? " with types" : "") + " of " +
                          std::to_string(text.size() / records) + " B records",
                      kind.name == "csv" && !packed ? ">1,000,000/s" : ">200,000/s",
                      tests::with_commas(all / spent) + "/s, " +
                          tests::with_commas(bytes / spent / 1e6) + " MB/s");
}

const std::string& csv_text() {
  static const auto text = made("id,name,mail,address,country,at,amount\n", csv_row, "", "");
  return text;
}

void of_csv(benchmark::State& state) {
  read_all(state, csv(), {}, csv_text());
}
BENCHMARK(of_csv)->Unit(benchmark::kMillisecond)->Iterations(5);

void of_csv_with_types(benchmark::State& state) {
  read_all(state, csv(), {{"types", "infer"}}, csv_text());
}
BENCHMARK(of_csv_with_types)->Unit(benchmark::kMillisecond)->Iterations(5);

void of_packed_csv(benchmark::State& state) {
  read_all(state, csv(), {}, csv_text(), true);
}
BENCHMARK(of_packed_csv)->Unit(benchmark::kMillisecond)->Iterations(5);

void of_jsonl(benchmark::State& state) {
  read_all(state, jsonl(), {}, made("", json_row, "\n", "\n"));
}
BENCHMARK(of_jsonl)->Unit(benchmark::kMillisecond)->Iterations(5);

void of_json(benchmark::State& state) {
  read_all(state, json(), {{"records", "items"}}, made("{\"items\":[", json_row, ",", "]}"));
}
BENCHMARK(of_json)->Unit(benchmark::kMillisecond)->Iterations(5);

void of_xml(benchmark::State& state) {
  read_all(state, xml(), {{"records", "/items/item"}, {"key", "@id"}},
           made("<items>", xml_row, "", "</items>"));
}
BENCHMARK(of_xml)->Unit(benchmark::kMillisecond)->Iterations(5);

} // namespace
} // namespace tenon::actors::files

BENCHMARK_MAIN();
