// Golden requests of the quickstart's manifest: exactly what goes out for each stream.
#include "tests/unit/actors/integration/sample.hpp"

namespace tenon::actors::connectors {
namespace {

struct quickstart : testing::Test {
  manifest connector = manifest_of(sample("config/samples/quickstart/chinook_api.yaml"));
  connection shop =
      connection_to(connector, {{"base_url", "http://127.0.0.1:8080/v1/"}}, {{"token", "s3cret"}});

  reading of(std::string_view stream) const {
    return {connector, *connector.find_stream(stream), shop};
  }

  http_request asked(std::string_view stream, const position& at, const progress& so_far = {}) {
    auto made = page_request(of(stream), at, so_far, noon);
    EXPECT_TRUE(made) << made.error().why;
    return made ? *std::move(made) : http_request{};
  }

  /// What follows the first page when it is answered so.
  page read(std::string_view stream, const http_response& came, const progress& so_far = {}) {
    const auto at = *first_position(of(stream), noon);
    auto outcome = read_page(of(stream), asked(stream, at, so_far), came, at, so_far, noon);
    if (const auto* wrong = std::get_if<verdict>(&outcome)) {
      ADD_FAILURE() << wrong->why.where << ": " << wrong->why.why;
      return {};
    }
    return std::get<page>(std::move(outcome));
  }
};

TEST_F(quickstart, asks_for_the_first_page_of_every_stream) {
  const auto first = [&](std::string_view stream) {
    return asked(stream, *first_position(of(stream), noon)).url;
  };
  EXPECT_EQ(first("customers"), "http://127.0.0.1:8080/v1/customers?limit=100");
  EXPECT_EQ(first("invoices"), "http://127.0.0.1:8080/v1/invoices?size=50&page=1");
  EXPECT_EQ(first("invoice_lines"), "http://127.0.0.1:8080/v1/invoice_lines?limit=200&offset=0");
  EXPECT_EQ(first("tracks"), "http://127.0.0.1:8080/v1/tracks?page_size=200");
}

TEST_F(quickstart, sends_the_key_and_asks_for_json) {
  auto request = asked("customers", {});
  ASSERT_TRUE(authenticate(connector, shop, nullptr, request));
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.headers,
            (headers{{"Accept", "application/json"}, {"Authorization", "Bearer s3cret"}}));
  EXPECT_TRUE(request.body.empty());
}

TEST_F(quickstart, asks_for_the_next_page_of_every_stream) {
  const auto second = [&](std::string_view stream, const http_response& came) {
    const auto done = read(stream, came);
    return done.next ? asked(stream, *done.next).url : "none";
  };
  EXPECT_EQ(second("customers", answer(R"({"data":[{"customer_id":1}],"next":"a b&c"})")),
            "http://127.0.0.1:8080/v1/customers?limit=100&after=a%20b%26c");
  EXPECT_EQ(second("invoices", answer(R"({"items":[{"invoice_id":1}],"page":1,"pages":9})")),
            "http://127.0.0.1:8080/v1/invoices?size=50&page=2");
  EXPECT_EQ(second("invoice_lines",
                   answer(R"({"rows":[{"invoice_line_id":1},{"invoice_line_id":2}],"total":9})")),
            "http://127.0.0.1:8080/v1/invoice_lines?limit=200&offset=2");
  EXPECT_EQ(second("tracks", answer(R"([{"track_id":1}])", 200,
                                    {{"Link", "<http://127.0.0.1:8080/v1/tracks?page_size=200"
                                              "&page_token=x>; rel=\"next\""}})),
            "http://127.0.0.1:8080/v1/tracks?page_size=200&page_token=x");
}

TEST_F(quickstart, ends_every_stream_at_its_last_page) {
  EXPECT_FALSE(read("customers", answer(R"({"data":[],"next":null})")).next);
  EXPECT_FALSE(read("invoices", answer(R"({"items":[],"page":1,"pages":1})")).next);
  EXPECT_FALSE(read("invoice_lines", answer(R"({"rows":[],"total":0})")).next);
  EXPECT_FALSE(read("tracks", answer("[]")).next);
}

TEST_F(quickstart, asks_only_for_what_changed_the_next_time) {
  const auto& rule = *of("customers").stream.cursor;
  const auto done =
      read("customers", answer(R"({"data":[{"customer_id":1,"updated_at":"2026-01-02T03:04:05Z"},
                                            {"customer_id":2,"updated_at":"2026-01-01T00:00:00Z"}],
                                    "next":null})"),
           begin(rule, {}, noon));
  const auto again = begin(rule, done.progress, noon);
  EXPECT_EQ(asked("customers", *first_position(of("customers"), noon), again).url,
            "http://127.0.0.1:8080/v1/customers?limit=100&updated_since=2026-01-02T03%3A04%3A04Z");
}

TEST_F(quickstart, gives_records_as_the_bytes_that_came) {
  const auto done = read("customers", answer(R"({"data":[ {"customer_id": 7,"name":"\u00e9"} ,
                                     {"deleted":true,"customer_id":"x"}],"next":null})"));
  ASSERT_EQ(done.records.size(), 2u);
  EXPECT_EQ(done.records[0].key, "7");
  EXPECT_EQ(done.records[0].json.view(), R"({"customer_id": 7,"name":"\u00e9"})");
  EXPECT_FALSE(done.records[0].deleted);
  EXPECT_EQ(done.records[1].key, "x");
  EXPECT_TRUE(done.records[1].deleted);
}

TEST_F(quickstart, judges_what_is_no_page) {
  const auto judged = [&](const http_response& came) {
    auto outcome = read_page(of("invoices"), asked("invoices", {}), came, {}, {}, noon);
    return std::get<verdict>(std::move(outcome));
  };
  const auto throttled = judged(answer("{}", 429, {{"retry-after", "7"}}));
  EXPECT_EQ(throttled.then, action::wait);
  EXPECT_EQ(throttled.delay, std::chrono::seconds{7});
  EXPECT_EQ(throttled.classify, meaning::throttled);
  EXPECT_EQ(judged(answer("{}", 401)).then, action::refresh_auth);
  const auto busy = judged(answer(R"({"error":{"code":"busy","message":"later"}})"));
  EXPECT_EQ(busy.then, action::retry);
  EXPECT_EQ(busy.why.why, "the server answered 200: later");
}

TEST_F(quickstart, sees_how_much_is_left_and_takes_from_its_bucket) {
  const auto seen =
      observe(connector.observe,
              {{"X-RateLimit-Remaining", "12"}, {"X-RateLimit-Reset", "1772366403"}}, noon);
  EXPECT_EQ(seen, (observation{{}, 12, noon + std::chrono::seconds{3}}));
  const auto used = buckets_for(connector, shop, asked("invoices", {}));
  ASSERT_TRUE(used);
  ASSERT_EQ(used->size(), 1u);
  EXPECT_EQ(used->front().key, "test");
  EXPECT_EQ(connector.buckets[0].count, 50);
  EXPECT_EQ(connector.buckets[0].window, std::chrono::seconds{1});
}

TEST_F(quickstart, proves_its_credentials_with_one_record) {
  const auto request = check_request(connector, shop, noon);
  ASSERT_TRUE(request && *request);
  EXPECT_EQ((*request)->url, "http://127.0.0.1:8080/v1/customers?limit=1");
  EXPECT_TRUE(read_check(connector, shop, answer("{}"), noon));
  const auto refused =
      read_check(connector, shop, answer(R"({"error":{"message":"no key"}})", 401), noon);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, code::unauthenticated);
  EXPECT_EQ(refused.error().why, "the server answered 401: no key");
}

} // namespace
} // namespace tenon::actors::connectors
