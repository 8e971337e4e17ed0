// Records per second out of a page's bytes: check, slice, key and cursor; then with a filter, with
// a mapping, and how fast the check alone is; and how fast fields are summed up. 1 KB a record, 200
// a page.
#include "actors/collection/drift/fields.hpp"
#include "actors/integration/interpreter.hpp"

#include "config/yaml.hpp"
#include "protocols/json.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace {

using namespace tenon;
using namespace tenon::actors::connectors;

constexpr int records_per_page = 200;
constexpr moment noon =
    std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + std::chrono::hours{12};

std::string page_body() {
  std::string body = "{\"data\":[";
  for (int i = 0; i < records_per_page; ++i) {
    body += i == 0 ? "" : ",";
    body += "{\"id\":" + std::to_string(100'000 + i);
    for (int field = 0; field < 18; ++field)
      body += ",\"field_" + std::to_string(field) + "\":\"some text of field " +
              std::to_string(field * 7 + i) + " and its end\"";
    body += ",\"amount\":" + std::to_string(i) + ".25,\"active\":true,\"tags\":[\"a\",\"b\",\"c\"]";
    body += ",\"address\":{\"city\":\"K\xc3\xb6ln\",\"zip\":\"50667\"}";
    body += ",\"updated_at\":\"2026-01-02T03:04:05.678Z\"}";
  }
  return body + "],\"next\":\"opaque\"}";
}

manifest connector(std::string_view more) {
  const auto read = config::read_yaml(std::string{R"(
connector: bench
base: http://127.0.0.1
errors: [{when: {status: 200, code: error.code==busy}, do: retry}]
streams:
  things:
    request: {get: /things}
    records: data
    key: id
    page: {cursor: {from: next, to: after}}
    cursor: {time: {field: updated_at, from: since}}
)"} + std::string{more},
                                      "bench.yaml");
  auto compiled = compile_manifest(read->front().value);
  if (!compiled) {
    std::fprintf(stderr, "%s: %s\n", compiled.error().where.c_str(), compiled.error().why.c_str());
    std::exit(1);
  }
  return *std::move(compiled);
}

void read_pages(benchmark::State& state, std::string_view more) {
  const auto m = connector(more);
  const auto c = connect(m, "bench", {}, {});
  const reading r{m, m.streams.front(), *c};
  const http_response came{200, {}, blob::from(page_body())};
  const auto at = *first_position(r, noon);
  const auto request = page_request(r, at, {}, noon);
  for (auto _ : state) {
    auto outcome = read_page(r, *request, came, at, {}, noon);
    if (std::get<page>(outcome).records.size() != records_per_page)
      state.SkipWithError("records are missing");
    benchmark::DoNotOptimize(outcome);
  }
  state.SetItemsProcessed(state.iterations() * records_per_page);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(came.body.size()));
}

void key_and_cursor(benchmark::State& state) {
  read_pages(state, "");
}
BENCHMARK(key_and_cursor);

void with_keep(benchmark::State& state) {
  read_pages(state, "    keep: active and amount >= 0\n");
}
BENCHMARK(with_keep);

void fields_summed_up(benchmark::State& state) {
  const auto m = connector("");
  const auto c = connect(m, "bench", {}, {});
  const reading r{m, m.streams.front(), *c};
  const http_response came{200, {}, blob::from(page_body())};
  const auto at = *first_position(r, noon);
  const auto outcome = read_page(r, *page_request(r, at, {}, noon), came, at, {}, noon);
  const auto& records = std::get<page>(outcome).records;
  for (auto _ : state) {
    tenon::actors::collections::field_sum fields;
    for (const auto& record : records)
      fields.add(record.json.view());
    auto all = fields.page(tenon::protocols::drift_types::policy::widen);
    if (all.seen.size() != 24)
      state.SkipWithError("fields are missing");
    benchmark::DoNotOptimize(all);
  }
  state.SetItemsProcessed(state.iterations() * records_per_page);
}
BENCHMARK(fields_summed_up);

void with_map(benchmark::State& state) {
  read_pages(state, "    map: {id: \"{{id}}\", city: \"{{address.city}}\", "
                    "amount: \"{{amount}}\", label: \"{{field_1}} in {{address.zip}}\"}\n");
}
BENCHMARK(with_map);

void check_alone(benchmark::State& state) {
  const auto body = page_body();
  for (auto _ : state) {
    auto checked = json_text::check(body);
    benchmark::DoNotOptimize(checked);
  }
  state.SetItemsProcessed(state.iterations() * records_per_page);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(check_alone);

} // namespace

BENCHMARK_MAIN();
