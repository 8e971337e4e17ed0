// How the vendor guards itself and how it goes wrong: keys, tokens, the rate, the faults, and the
// ledger that tests of the product count on.
#include "tests/integration/paged_api/vendor_client.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <map>

namespace {

using namespace tenon::tests;
using tenon::value;

std::vector<std::string> records(std::vector<std::string> more) {
  more.insert(more.begin(), {"--generate", "1000"});
  return more;
}

double real(const value& v, std::string_view key) {
  const auto* d = v.find(key);
  return d == nullptr || d->as<double>() == nullptr ? -1 : *d->as<double>();
}
std::int64_t number(const value& v, std::string_view key) {
  const auto* n = v.find(key);
  return n == nullptr || n->as<std::int64_t>() == nullptr ? -1 : *n->as<std::int64_t>();
}
std::string text(const value& v, std::string_view key) {
  const auto* t = v.find(key);
  return t == nullptr || t->as<std::string>() == nullptr ? "" : *t->as<std::string>();
}

TEST(paged_api_key, is_asked_for_in_three_places) {
  vendor_process vendor{records({"--key", "secret"})};
  EXPECT_EQ(vendor.get("/records").status, 401u);
  EXPECT_EQ(text(*vendor.get("/records").json().find("error"), "code"), "unauthorized");
  EXPECT_EQ(vendor.get("/records", "Bearer wrong").status, 401u);
  EXPECT_EQ(vendor.get("/records", "Bearer secret").status, 200u);
  EXPECT_EQ(vendor.get("/records", "bearer secret").status, 200u);
  EXPECT_EQ(vendor.get("/records?api_key=secret").status, 200u);
}

std::string token_of(const vendor_answer& a) {
  return text(a.json(), "access_token");
}

TEST(paged_api_token, is_granted_to_the_client_alone_and_expires) {
  vendor_process vendor{records({"--client", "me:s3cret", "--token-ttl", "1s"})};
  const std::string form = "grant_type=client_credentials";
  EXPECT_EQ(vendor.post("/oauth/token", form).status, 401u);
  EXPECT_EQ(vendor.post("/oauth/token", form + "&client_id=me&client_secret=no").status, 401u);
  EXPECT_EQ(vendor.post("/oauth/token", "grant_type=password").status, 400u);
  const auto in_body = vendor.post("/oauth/token", form + "&client_id=me&client_secret=s3cret");
  EXPECT_EQ(in_body.status, 200u);
  EXPECT_EQ(number(in_body.json(), "expires_in"), 1);
  const auto basic = vendor.post("/oauth/token", form, "Basic bWU6czNjcmV0");
  EXPECT_NE(token_of(basic), token_of(in_body));
  const auto credential = "Bearer " + token_of(basic);
  EXPECT_EQ(vendor.get("/records", credential).status, 200u);
  const auto start = std::chrono::steady_clock::now();
  while (vendor.get("/records?limit=1", credential).status == 200u)
    ASSERT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10});
  EXPECT_EQ(vendor.get("/records", credential).status, 401u);
  const auto lines = vendor.ledger();
  EXPECT_EQ(number(lines[3], "grants"), 1);
  EXPECT_EQ(number(lines[4], "grants"), 2);
  EXPECT_EQ(number(lines[5], "token"), 2);
}

TEST(paged_api_rate, lets_no_window_hold_more_than_it_allows) {
  constexpr std::size_t allowed = 20;
  constexpr double window_ms = 200;
  vendor_process vendor{records({"--rate", "20/200ms"})};
  bool refused_once = false;
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < std::chrono::seconds{1}) {
    const auto got = vendor.get("/records?limit=1");
    EXPECT_EQ(got.header("X-RateLimit-Limit"), "20");
    if (got.status == 429u) {
      refused_once = true;
      EXPECT_EQ(got.header("Retry-After"), "1");
      EXPECT_EQ(got.header("X-RateLimit-Remaining"), "0");
      EXPECT_GT(std::stoll(got.header("X-RateLimit-Reset-After-Ms")), 0);
    }
  }
  EXPECT_TRUE(refused_once);
  std::deque<double> admitted;
  for (const auto& line : vendor.ledger()) {
    if (number(line, "status") == 429) {
      EXPECT_EQ(text(line, "fault"), "rate");
      EXPECT_EQ(admitted.size(), allowed) << "refused although there was room";
      continue;
    }
    while (!admitted.empty() && admitted.front() <= real(line, "ms") - window_ms + 0.001)
      admitted.pop_front();
    admitted.push_back(real(line, "ms"));
    EXPECT_LE(admitted.size(), allowed);
  }
}

std::vector<std::string> faults_drawn(const std::string& seed) {
  vendor_process vendor{
      records({"--faults", "429=10%,500=10%,garbage=10%,busy=10%", "--seed", seed})};
  std::vector<std::string> drawn;
  for (int i = 0; i < 300; ++i)
    vendor.get("/records?limit=1");
  for (const auto& line : vendor.ledger())
    drawn.push_back(text(line, "fault"));
  return drawn;
}

TEST(paged_api_faults, come_from_the_seed_in_the_shares_asked_for) {
  const auto drawn = faults_drawn("7");
  EXPECT_EQ(drawn, faults_drawn("7"));
  EXPECT_NE(drawn, faults_drawn("8"));
  std::map<std::string, int> counts;
  for (const auto& each : drawn)
    ++counts[each];
  for (const auto* kind : {"429", "500", "garbage", "busy"}) {
    EXPECT_GT(counts[kind], 10) << kind;
    EXPECT_LT(counts[kind], 60) << kind;
  }
}

vendor_answer always(const std::string& fault, const std::vector<std::string>& more = {}) {
  auto arguments = records({"--faults", fault + "=100%"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  vendor_process vendor{arguments};
  return vendor.get("/records?limit=10");
}

TEST(paged_api_faults, are_what_their_names_say) {
  EXPECT_EQ(always("401").status, 401u);
  EXPECT_EQ(always("500").status, 500u);
  EXPECT_EQ(always("503").header("Retry-After"), "1");
  const auto throttled = always("429");
  EXPECT_EQ(throttled.status, 429u);
  EXPECT_EQ(throttled.header("Retry-After"), "1");

  const auto cut = always("cut");
  EXPECT_EQ(cut.status, 200u);
  EXPECT_FALSE(cut.whole);
  EXPECT_GT(cut.body.size(), 1000u);

  const auto truncated = always("truncated");
  EXPECT_EQ(truncated.status, 200u);
  EXPECT_TRUE(truncated.whole);
  EXPECT_FALSE(tenon::read_json(truncated.body));

  const auto garbage = always("garbage");
  EXPECT_EQ(garbage.status, 200u);
  EXPECT_EQ(garbage.header("Content-Type"), "text/html");

  const auto busy = always("busy");
  EXPECT_EQ(busy.status, 200u);
  EXPECT_EQ(text(*busy.json().find("error"), "code"), "busy");

  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(always("slow", {"--slow-for", "300ms"}).status, 200u);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds{300});
}

TEST(paged_api_faults, include_a_cursor_that_never_moves) {
  vendor_process vendor{records({"--loop"})};
  const auto next = text(vendor.get("/records?limit=10").json(), "next");
  ASSERT_NE(next, "");
  EXPECT_EQ(text(vendor.get("/records?limit=10&after=" + next).json(), "next"), next);
}

TEST(paged_api_faults, include_a_redirect_to_where_no_client_may_go) {
  vendor_process vendor{records({"--redirect"})};
  const auto got = vendor.get("/records");
  EXPECT_EQ(got.status, 302u);
  EXPECT_EQ(got.header("Location"), "http://169.254.169.254/latest/meta-data/");
}

TEST(paged_api_counters, add_up) {
  vendor_process vendor{records({"--key", "k", "--rate", "2/10s", "--faults", "500=100%"})};
  vendor.get("/records");
  for (int i = 0; i < 3; ++i)
    vendor.get("/records?\"quoted\\", "Bearer k");
  EXPECT_EQ(vendor.get("/admin/counters").body,
            R"({"requests":4,"rate_refusals":1,"auth_refusals":1,"grants":0,"faults":{"500":2}})");
  const auto lines = vendor.ledger();
  ASSERT_EQ(lines.size(), 4u); // every line is JSON, whatever was asked for
  EXPECT_EQ(text(lines[1], "path"), "/records?%22quoted%5C");
}

} // namespace
