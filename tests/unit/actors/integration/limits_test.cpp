// What a manifest says of limits, what answers say of them, and what the quota is told.
#include "actors/integration/toll.hpp"
#include "protocols/json.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using namespace tenon;
using namespace tenon::actors::connectors;
using quota = protocols::quota;

namespace {

const moment noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h;

limits compiled(std::string_view json) {
  problems found;
  auto made = compile_limits(*read_json(json), "limits", found);
  for (const auto& wrong : std::move(found).take())
    ADD_FAILURE() << wrong.where << ": " << wrong.why;
  return made;
}

/// A connector with these limits, and a request that it makes.
struct asking {
  manifest connector;
  connection account{.id = "mine", .settings = object{{"id", "mine"}}, .secrets = {}, .base = {}};
  http_request request{"GET", "https://api.example.com/v1/search?q=1", {}, {}};

  explicit asking(std::string_view json) {
    connector.name = "shop";
    auto l = compiled(json);
    connector.buckets = std::move(l.buckets);
    connector.observe = std::move(l.observe);
  }
  toll asked() const { return *toll_of(connector, account, request, background("nightly", {})); }
  std::vector<quota::command> told(const http_response& answer,
                                   std::vector<std::uint32_t> taken = {1, 1, 1}) const {
    return told_by(connector, asked(), {.grant = 1, .at = noon, .taken = std::move(taken)}, answer,
                   noon + 1s);
  }
};

http_response answered(headers sent, std::string body = "{}") {
  return {200, std::move(sent), blob::from(std::move(body))};
}

TEST(limits, a_request_takes_from_the_buckets_it_matches_by_whoever_asks) {
  const asking one{R"({"buckets":[
      {"kind":"sliding","rate":"100/10s","reserve":{"interactive":"20%"}},
      {"kind":"daily","rate":"10000/1d","resets":"00:30 America/Los_Angeles","price":2,
       "prices":[{"match":{"path":"*/search","method":"GET"},"price":100}]},
      {"kind":"concurrency","limit":3,"match":{"method":"POST"}}]})"};
  const auto t = one.asked();
  const std::vector<quota::bucket> expected{{.name = "shop:0:mine",
                                             .kind = quota::kind::sliding,
                                             .amount = 100,
                                             .period = 10s,
                                             .kept_percent = 20,
                                             .estimate = 1},
                                            {.name = "shop:1:mine",
                                             .kind = quota::kind::daily,
                                             .amount = 10'000,
                                             .period = 24h,
                                             .zone = "America/Los_Angeles",
                                             .starts = 30min,
                                             .estimate = 1}};
  EXPECT_EQ(t.wanted.buckets, expected);
  EXPECT_EQ(t.wanted.prices, (std::vector<std::uint32_t>{1, 100}));
  EXPECT_EQ(t.wanted.asker, "sync nightly");
  EXPECT_FALSE(t.wanted.interactive);
}

TEST(limits, a_key_that_is_too_long_for_a_name_stays_its_own) {
  asking one{R"({"buckets":[{"rate":"1/1s","key":"{{conn.host}}"}]})"};
  const auto name = [&](std::string host) {
    one.account.settings = object{{"host", std::move(host)}};
    return one.asked().wanted.buckets.front().name;
  };
  const auto a = name(std::string(200, 'x') + "a");
  EXPECT_EQ(a.size(), 128u);
  EXPECT_NE(a, name(std::string(200, 'x') + "b"));
}

TEST(limits, points_are_settled_and_what_is_left_is_told) {
  const asking one{R"({"buckets":[{"kind":"concurrency","limit":4},
                                  {"kind":"cost","max":1000,"restore":"50/1s","estimate":20}],
      "observe":{"body":{"available":"cost.left","limit":"cost.max","restore":"cost.rate",
                         "cost":"cost.actual"}}})"};
  EXPECT_EQ(one.asked().wanted.prices, (std::vector<std::uint32_t>{1, 0})) << "as lately";
  const auto told = one.told(
      answered({}, R"({"cost":{"left":1887.5,"max":2000,"rate":100,"actual":12.2}})"), {1, 20});
  EXPECT_EQ(told,
            (std::vector<quota::command>{
                quota::settle{"shop:1:mine", 20, 13, noon},
                quota::observed{
                    .bucket = "shop:1:mine", .remaining = 1887, .limit = 2000, .restored = 100}}));
  EXPECT_TRUE(one.told(answered({}, "not json")).empty());
  EXPECT_TRUE(one.told(answered({}, R"({"cost":{"actual":null}})")).empty());
}

TEST(limits, a_bucket_says_itself_what_tells_of_it) {
  const asking one{R"({"buckets":[
      {"rate":"500/1m"},
      {"kind":"fixed","rate":"40000/1h","price":"body usage.tokens",
       "observe":{"remaining":"header x-tokens-left","reset":{"header":"x-tokens-reset",
                  "as":"duration"}}}],
      "observe":{"limit":"header x-limit","remaining":"header x-left"}})"};
  const auto told = one.told(answered(
      {{"X-Limit", "900"}, {"X-Left", "3"}, {"X-Tokens-Left", "77"}, {"X-Tokens-Reset", "6m0s"}},
      R"({"usage":{"tokens":5}})"));
  EXPECT_EQ(told, (std::vector<quota::command>{
                      quota::observed{.bucket = "shop:0:mine", .remaining = 3, .limit = 900},
                      quota::settle{"shop:1:mine", 1, 5, noon},
                      quota::observed{"shop:1:mine", 77, noon + 1s + 6min}}));
}

constexpr std::string_view of_tokens{R"({"buckets":[{"rate":"500/1m"},
    {"key":"{{conn.id}} {{body.model}}","kind":"cost","max":30000,"restore":"30000/1m",
     "match":{"path":["*/chat","*/search"],"method":"POST"},
     "estimate":"{{size / 4 + (body.max_tokens ?? 500)}}","price":"body usage.in + usage.out",
     "observe":{"limit":"x-tokens","remaining":"x-tokens-left",
                "full":{"header":"x-tokens-full","as":"duration"}}}]})"};

TEST(limits, what_a_request_is_reckoned_to_cost_is_taken_and_corrected) {
  asking one{of_tokens};
  EXPECT_EQ(one.asked().buckets.size(), 1u) << "of other methods nothing is taken";
  one.request.method = "POST";
  const auto ask = [&](std::string body) {
    one.request.body = blob::from(std::move(body));
    return one.asked().wanted;
  };
  auto wanted = ask(R"({"model":"m-1","max_tokens":90})");
  ASSERT_EQ(wanted.buckets.size(), 2u);
  EXPECT_EQ(wanted.buckets[1].name, "shop:1:mine m-1");
  EXPECT_EQ(wanted.prices[1], 98u) << "31 bytes, and what the answer may have";
  wanted = ask(R"({"model":"m-2","text":")" + std::string(4'000, 'x') + R"("})");
  EXPECT_EQ(wanted.buckets[1].name, "shop:1:mine m-2") << "each model has its own";
  EXPECT_EQ(wanted.prices[1], 1'507u);
  for (const auto* odd : {"", "not json", "[1]", R"({"max_tokens":"many"})", "{"}) {
    wanted = ask(odd);
    ASSERT_EQ(wanted.buckets.size(), 2u) << odd;
    EXPECT_TRUE(wanted.prices[1] == 0 || wanted.prices[1] >= 500) << odd << wanted.prices[1];
  }
  static_cast<void>(ask(R"({"model":"m-1","max_tokens":90})"));
  const auto told = one.told(
      answered({{"X-Tokens", "60000"}, {"X-Tokens-Left", "45000"}, {"X-Tokens-Full", "15s"}},
               R"({"usage":{"in":30,"out":12}})"),
      {1, 98});
  EXPECT_EQ(told, (std::vector<quota::command>{quota::settle{"shop:1:mine m-1", 98, 42, noon},
                                               quota::observed{.bucket = "shop:1:mine m-1",
                                                               .remaining = 45'000,
                                                               .limit = 60'000,
                                                               .window = 60s}}));
  const auto partly = one.told(answered({}, R"({"usage":{"out":12}})"), {1, 98});
  EXPECT_EQ(partly, (std::vector<quota::command>{quota::settle{"shop:1:mine m-1", 98, 12, noon}}));
  EXPECT_TRUE(one.told(answered({}, R"({"usage":{}})"), {1, 98}).empty());
}

TEST(limits, when_all_are_back_says_how_fast_they_come_back) {
  const observer from = compiled(R"({"observe":{"limit":"x-max","remaining":"x-left",
      "full":{"header":"x-full","as":"duration"}}})")
                            .observe;
  const auto window = [&](std::string limit, std::string left, std::string full) {
    return observe(from, {{"X-Max", limit}, {"X-Left", left}, {"X-Full", full}}, noon).window;
  };
  EXPECT_EQ(window("10000", "9999", "8.64s"), 24h);
  EXPECT_EQ(window("3", "2", "20s"), 1min);
  EXPECT_EQ(window("30000", "0", "1m0s"), 1min);
  EXPECT_EQ(window("30000", "12000", "37s"), 1min) << "rounded to whole seconds";
  EXPECT_EQ(window("500", "499", "120ms"), std::nullopt) << "too short to say anything";
  EXPECT_EQ(window("500", "500", "0s"), std::nullopt);
  EXPECT_EQ(window("500", "501", "20s"), std::nullopt);
  EXPECT_EQ(window("", "3", "20s"), std::nullopt);
}

TEST(limits, an_interval_and_a_use_are_read) {
  const observer from = compiled(R"({"observe":{"limit":"x-max","usage":"header x-info",
      "window":{"header":"x-interval","as":"delta_ms"}}})")
                            .observe;
  EXPECT_EQ(observe(from, {{"X-Max", "190"}, {"X-Interval", "10000"}}, noon),
            (observation{.limit = 190, .remaining = {}, .reset_at = {}, .window = 10s}));
  EXPECT_EQ(observe(from, {{"X-Info", "api-usage=18/5000"}}, noon), (observation{5000, 4982, {}}));
  EXPECT_EQ(observe(from, {{"X-Info", "40/32"}}, noon), (observation{32, 0, {}}));
  for (const auto* odd : {"", "/", "18/", "a/b", "18/0", "-1/5x"})
    EXPECT_EQ(observe(from, {{"X-Info", odd}}, noon).limit.value_or(5), 5) << odd;
}

TEST(limits, patience_that_is_nearly_used_up_slows_down_and_then_stops) {
  const asking one{R"({"buckets":[{"rate":"200/1m"}],"observe":{"percent":[
      {"header":"x-app-usage","json":["call_count","total_time"],"slow_at":75,"stop_at":95},
      {"header":"x-business-use-case-usage","json":"*.*.call_count","slow_at":75,"stop_at":95,
       "regain":{"json":"*.*.estimated_time_to_regain_access","as":"minutes"}}]}})"};
  const auto app = [&](std::string text) {
    return one.told(answered({{"X-App-Usage", std::move(text)}}));
  };
  const auto pressed = [](std::uint32_t per_mille) {
    return std::vector<quota::command>{quota::pressed{per_mille, noon + 1s + 10min}};
  };
  EXPECT_EQ(app(R"({"call_count":10,"total_time":74})"), pressed(1000));
  EXPECT_EQ(app(R"({"call_count":85,"total_time":12})"), pressed(500));
  EXPECT_EQ(app(R"({"call_count":94.9,"total_time":12})"), pressed(50));
  EXPECT_EQ(app(R"({"call_count":95})"),
            (std::vector<quota::command>{quota::throttled{noon + 1s + 5min}}));
  EXPECT_TRUE(app("{}").empty());
  EXPECT_TRUE(app("not json").empty());
  const auto both = one.told(
      answered({{"X-App-Usage", R"({"call_count":80})"},
                {"X-Business-Use-Case-Usage", R"({"1":[{"call_count":5}],"2":[{"call_count":100,)"
                                              R"("estimated_time_to_regain_access":19}]})"}}));
  EXPECT_EQ(both, (std::vector<quota::command>{quota::throttled{noon + 1s + 19min}}))
      << "the worst of all";
}

} // namespace
