// What a filter costs per record: the promise is less than a microsecond for a usual one.
#include "runtime/expression/expression.hpp"

#include "protocols/json.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace tenon::runtime::expression;

// A record as an order of a shop comes: 500 bytes, with what filters look at near both ends.
constexpr std::string_view record = R"({"id":"gid://shop/Order/5123456789","created_at":)"
                                    R"("2026-11-20T17:21:09Z","status":"open","amount":12500.5,)"
                                    R"("currency":"EUR","customer":{"id":77001,"email":)"
                                    R"("ada@example.com","tags":["vip","b2b"],"country":"CH"},)"
                                    R"("lines":[{"sku":"A-1","price":125.25,"quantity":3},{"sku":)"
                                    R"("B-2","price":99.5,"quantity":1},{"sku":"C-3","price":10,)"
                                    R"("quantity":12}],"shipping":{"street":"Main Street 1","zip":)"
                                    R"("8001","city":"Zurich"},"note":null,"test":false,"channel":)"
                                    R"("web","updated_at":"2026-11-21T08:59:58Z"})";

void filter(benchmark::State& state, std::string_view source, bool tree) {
  const auto p = compile(source, {.roots = {"record"}, .implied_root = "record"}).value();
  const auto read = tenon::read_json(record).value();
  scope names;
  names.set_now(tenon::parse_moment("2026-11-21T09:00:00Z").value());
  for (auto _ : state) {
    if (tree)
      names.bind("record", read);
    else
      names.bind_json("record", record);
    benchmark::DoNotOptimize(evaluate_condition(p, names).value());
  }
}

constexpr std::string_view usual = "amount > 10 and status in ['open', 'paid']";
constexpr std::string_view nested = "customer.country == 'CH' and not test";
constexpr std::string_view last = "updated_at > now() - '1h'";
constexpr std::string_view pattern = "customer.email matches '@example[.]com$'";

BENCHMARK_CAPTURE(filter, usual_filter_on_json, usual, false);
BENCHMARK_CAPTURE(filter, usual_filter_on_a_tree, usual, true);
BENCHMARK_CAPTURE(filter, nested_fields_on_json, nested, false);
BENCHMARK_CAPTURE(filter, last_field_as_a_moment_on_json, last, false);
BENCHMARK_CAPTURE(filter, pattern_on_json, pattern, false);

void compiling(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(compile(usual).value());
}
BENCHMARK(compiling);

void filling_a_template(benchmark::State& state) {
  const auto p = compile_template("Order {{record.id}} over {{record.amount | money('EUR')}}");
  scope names;
  names.bind_json("record", record);
  for (auto _ : state)
    benchmark::DoNotOptimize(evaluate_text(*p, names).value());
}
BENCHMARK(filling_a_template);

void reading_the_record(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(tenon::read_json(record).value());
}
BENCHMARK(reading_the_record);

} // namespace

BENCHMARK_MAIN();
