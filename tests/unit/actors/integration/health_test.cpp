// The health of an integration, from what is known of it to the sentence that says what to do.
#include "actors/integration/health/score.hpp"
#include "actors/integration/health/watch.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tenon::actors::connectors::health {
namespace {

using namespace std::chrono_literals;
using protocols::health;
using tests::at;

const moment now = at(12h + 30min);

result<http_response> answered(unsigned status) {
  return http_response{.status = status};
}
const result<http_response> silence{failure{code::unavailable, "nobody is there"}};

tally of_hour(span begun, int good, span took = 40ms) {
  tally t{.begun_at = at(begun)};
  for (int i = 0; i < good; ++i)
    add(t, answered(200), took);
  return t;
}

const measured& metric(const appraisal& a, health::metric wanted) {
  for (const auto& [of, found] : a.metrics)
    if (of->metric == wanted)
      return found;
  static const measured none;
  ADD_FAILURE() << name_of(wanted) << " is not there";
  return none;
}

int score_of(const observations& o, health::metric wanted) {
  return metric(appraise(o, now), wanted).score.value_or(-1);
}

bool advises(const appraisal& a, std::string_view part) {
  for (const auto& one : a.advice)
    if (one.what.find(part) != one.what.npos && !one.remedy.empty())
      return true;
  return false;
}

observations busy_and_well() {
  observations o;
  o.hours = {of_hour(11h, 300), of_hour(12h, 200)};
  o.days = {of_hour(-48h, 5000)};
  o.needs_proof = true;
  o.token = "there";
  o.buckets = {{"daily", 9000, 10000, 24h}};
  o.syncs = {{.name = "people", .lag = 10min, .usual = 15min, .ended = true, .read = 5000}};
  return o;
}

TEST(tally, counts_each_answer_under_what_it_means) {
  tally t;
  for (const unsigned status : {200u, 204u, 302u, 400u, 404u, 401u, 403u, 429u, 500u, 503u})
    add(t, answered(status), 5ms);
  add(t, silence, 10s);
  EXPECT_EQ(t.succeeded, 3u);
  EXPECT_EQ(t.refused, 2u);
  EXPECT_EQ(t.denied, 2u);
  EXPECT_EQ(t.throttled, 1u);
  EXPECT_EQ(t.broken, 2u);
  EXPECT_EQ(t.unreached, 1u);
  EXPECT_EQ(requests_in(t), 11u);
  EXPECT_EQ(answered_in(t), 10u);
  EXPECT_LE(quantile(t, 1)->count(), 5) << "silence has no latency";
}

TEST(tally, knows_how_long_most_answers_took_within_the_width_of_its_bounds) {
  EXPECT_FALSE(quantile(tally{}, 0.5));
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random{seed};
  tally t;
  std::vector<span> all;
  for (int i = 0; i < 2000; ++i) {
    const span took{static_cast<span::rep>(std::exp2(static_cast<double>(random() % 1500) / 100))};
    all.push_back(took);
    add(t, answered(200), took);
  }
  std::ranges::sort(all);
  for (const double part : {0.1, 0.5, 0.95, 0.99}) {
    const auto exact = all[static_cast<std::size_t>(part * 2000) - 1];
    const auto told = *quantile(t, part);
    EXPECT_LE(told.count(), exact.count() * 2 + 1) << part;
    EXPECT_GE(told.count() * 2 + 1, exact.count()) << part;
  }
}

TEST(tally, adds_up_and_never_overflows) {
  tally t{.succeeded = 4'000'000'000};
  merge(t, {.succeeded = 4'000'000'000, .latencies = std::vector<std::uint32_t>(100, 1)});
  EXPECT_EQ(t.succeeded, ~std::uint32_t{0});
  EXPECT_EQ(t.latencies.size(), latency_bounds.size() + 1) << "what is no bound of ours is let go";
  const std::vector<tally> hours{of_hour(1h, 1), of_hour(2h, 2), of_hour(3h, 4)};
  EXPECT_EQ(requests_in(total(hours, at(2h), at(3h))), 2u);
}

TEST(health_watch, tells_at_once_and_then_once_a_minute_whatever_happens) {
  watch w;
  const identity shop{"acme", "integration", "shop"};
  const auto first = w.hear(shop, answered(200), 3ms, "people", at(0s));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->syncs, std::vector<std::string>{"people"});
  int told = 0;
  std::uint64_t requests = 0;
  for (int second = 1; second <= 600; ++second)
    for (int i = 0; i < 50; ++i)
      if (const auto more =
              w.hear(shop, answered(200), 3ms, "", at(std::chrono::seconds{second}))) {
        ++told;
        requests += requests_in(more->tally);
      }
  EXPECT_EQ(told, 10);
  const auto rest = w.take(shop, at(601s));
  EXPECT_EQ(requests + (rest ? requests_in(rest->tally) : 0), 30'000u) << "each is told once";
  EXPECT_FALSE(w.take(shop, at(602s)));
  EXPECT_FALSE(w.take({"acme", "integration", "other"}, at(602s)));
}

TEST(health_watch, forgets_who_was_not_heard_of_for_a_day) {
  watch w;
  const identity gone{"acme", "integration", "gone"}, shop{"acme", "integration", "shop"};
  for (const auto& id : {gone, shop}) {
    w.hear(id, answered(200), 3ms, "", at(0s));
    EXPECT_FALSE(w.hear(id, answered(200), 3ms, "", at(30s)));
  }
  w.hear({"acme", "integration", "new"}, answered(200), 3ms, "", at(23h));
  EXPECT_TRUE(w.take(shop, at(23h)));
  w.hear({"acme", "integration", "newer"}, answered(200), 3ms, "", at(25h));
  EXPECT_FALSE(w.take(gone, at(25h)));
}

TEST(health_watch, keeps_what_belongs_to_two_hours_apart) {
  watch w;
  const identity shop{"acme", "integration", "shop"};
  w.hear(shop, answered(200), 3ms, "", at(59min));
  EXPECT_FALSE(w.hear(shop, answered(200), 3ms, "", at(59min + 30s)));
  const auto earlier = w.hear(shop, answered(500), 3ms, "", at(60min));
  ASSERT_TRUE(earlier);
  EXPECT_EQ(earlier->tally.begun_at, at(0h));
  EXPECT_EQ(earlier->tally.succeeded, 1u);
  const auto later = w.take(shop, at(61min));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->tally.begun_at, at(1h));
  EXPECT_EQ(later->tally.broken, 1u);
}

TEST(health, is_whole_where_all_is_well) {
  const auto a = appraise(busy_and_well(), now);
  EXPECT_EQ(a.score, 100);
  EXPECT_EQ(a.known, 7u);
  EXPECT_TRUE(a.advice.empty()) << a.advice.front().what;
}

TEST(health, that_nobody_knows_is_not_good_but_unknown) {
  const auto a = appraise({}, now);
  EXPECT_FALSE(a.score);
  EXPECT_EQ(a.known, 0u);
  EXPECT_TRUE(a.advice.empty());
  EXPECT_EQ(band_of(a.score), health::band::unknown);
  observations one;
  one.needs_proof = false;
  const auto b = appraise(one, now);
  EXPECT_EQ(b.known, 1u) << "a connector that needs no proof";
  EXPECT_EQ(b.score, 100);
}

TEST(health, is_no_better_than_the_way_in) {
  auto o = busy_and_well();
  o.token = "dead";
  o.token_why = "invalid_client";
  const auto dead = appraise(o, now);
  EXPECT_EQ(metric(dead, health::metric::credentials).score, 0);
  EXPECT_EQ(dead.score, 30);
  EXPECT_EQ(band_of(dead.score), health::band::poor);
  EXPECT_TRUE(advises(dead, "does not accept the secrets: invalid_client"));
  o = busy_and_well();
  o.circuit_open = true;
  o.circuit_until = at(13h);
  const auto open = appraise(o, now);
  EXPECT_EQ(open.score, 30);
  EXPECT_TRUE(advises(open, "the circuit is open until 2026-11-21T13:00:00Z"));
}

TEST(health, sees_requests_without_answers_and_those_refused_for_who_asks) {
  auto o = busy_and_well();
  for (int i = 0; i < 50; ++i)
    add(o.hours.back(), silence, 10s);
  EXPECT_EQ(score_of(o, health::metric::reachability), 56); // 90.9 % between 80 and 99.5
  EXPECT_TRUE(advises(appraise(o, now), "50 of 550 requests (9.1 %) got no answer"));
  o = busy_and_well();
  for (int i = 0; i < 125; ++i)
    add(o.hours.back(), answered(403), 10ms);
  EXPECT_EQ(score_of(o, health::metric::credentials), 0); // a fifth
  EXPECT_TRUE(advises(appraise(o, now), "refused for who asks"));
}

TEST(health, of_credentials_comes_from_the_last_check_where_nobody_asks) {
  observations o;
  o.needs_proof = true;
  EXPECT_EQ(score_of(o, health::metric::credentials), -1);
  o.checked = true;
  o.check_passed = true;
  EXPECT_EQ(score_of(o, health::metric::credentials), 100);
  o.check_passed = false;
  o.check_why = "401";
  EXPECT_EQ(score_of(o, health::metric::credentials), 20);
  o.barred = failure{code::not_found, "there is no credential shop"};
  EXPECT_EQ(score_of(o, health::metric::credentials), 0);
  EXPECT_TRUE(advises(appraise(o, now), "there is no credential shop"));
}

TEST(health, compares_latency_with_what_is_usual_and_forgives_what_is_quick) {
  auto o = busy_and_well();
  o.hours = {of_hour(12h, 100, 200ms)};
  EXPECT_EQ(score_of(o, health::metric::latency), 100) << "five times, but quick";
  o.hours = {of_hour(12h, 100, 2000ms)};
  o.days = {of_hour(-48h, 5000, 1000ms)};
  EXPECT_GT(score_of(o, health::metric::latency), 70);
  o.hours = {of_hour(12h, 100, 7000ms)};
  EXPECT_EQ(score_of(o, health::metric::latency), 0);
  EXPECT_TRUE(advises(appraise(o, now), "longer than usual"));
  o.days.clear();
  EXPECT_GT(score_of(o, health::metric::latency), 50) << "nothing to compare with";
  EXPECT_EQ(score_of({}, health::metric::latency), -1);
}

TEST(health, weighs_errors_by_what_they_cost) {
  auto o = busy_and_well();
  for (int i = 0; i < 25; ++i)
    add(o.hours.back(), answered(500), 10ms);
  const auto broken = score_of(o, health::metric::error_rate);
  EXPECT_TRUE(advises(appraise(o, now), "an error of the platform"));
  o = busy_and_well();
  for (int i = 0; i < 25; ++i)
    add(o.hours.back(), answered(429), 10ms);
  EXPECT_GT(score_of(o, health::metric::error_rate), broken);
  EXPECT_TRUE(advises(appraise(o, now), "refused for load"));
}

TEST(health, forgives_short_limits_and_warns_of_long_ones) {
  auto o = busy_and_well();
  o.buckets = {{"burst", 0, 10, 1s}};
  EXPECT_EQ(score_of(o, health::metric::quota_headroom), 50);
  EXPECT_TRUE(appraise(o, now).advice.empty()) << "waiting is what it is for";
  o.buckets.push_back({"daily", 500, 10000, 24h});
  EXPECT_EQ(score_of(o, health::metric::quota_headroom), 25);
  EXPECT_TRUE(advises(appraise(o, now), "the limit daily (500 of 10000 left) is nearly used up"));
  o.buckets.back().left = 0;
  EXPECT_EQ(score_of(o, health::metric::quota_headroom), 0);
  o = busy_and_well();
  o.blocked_until = now + 1min;
  EXPECT_EQ(score_of(o, health::metric::quota_headroom), 0);
  EXPECT_EQ(score_of({}, health::metric::quota_headroom), -1);
}

TEST(health, is_as_fresh_as_the_sync_that_is_furthest_behind) {
  auto o = busy_and_well();
  o.syncs.push_back({.name = "late", .lag = 90min, .usual = 15min, .ended = true});
  EXPECT_EQ(score_of(o, health::metric::data_freshness), 50); // six times
  EXPECT_TRUE(advises(appraise(o, now), "the sync late has last seen all there is 1h30m ago"));
  o.syncs.back() = {.name = "new"};
  EXPECT_EQ(score_of(o, health::metric::data_freshness), 100) << "its first run goes on";
  o.syncs.back() = {.name = "new", .ended = true, .failed = true, .why = "403"};
  EXPECT_EQ(score_of(o, health::metric::data_freshness), 20);
  EXPECT_TRUE(advises(appraise(o, now), "the newest run of new failed: 403"));
  o.syncs = {{.name = "slow", .lag = 20h, .ended = true}};
  EXPECT_EQ(score_of(o, health::metric::data_freshness), 100) << "a day, until more is known";
}

TEST(health, sees_what_could_not_be_stored_and_what_changed) {
  auto o = busy_and_well();
  o.syncs.front().letters = 25;
  EXPECT_EQ(score_of(o, health::metric::schema_stability), 50);
  EXPECT_TRUE(advises(appraise(o, now), "25 records could not be stored"));
  o.syncs.front().letters = 0;
  o.syncs.front().drifts = 3;
  EXPECT_EQ(score_of(o, health::metric::schema_stability), 70);
  o.version_warning = "the version 2026-07 of the API ends on 2027-01-01";
  EXPECT_EQ(score_of(o, health::metric::schema_stability), 30);
  EXPECT_TRUE(advises(appraise(o, now), "ends on 2027-01-01"));
}

TEST(health, has_a_sentence_and_a_remedy_for_everything_that_may_be_wrong) {
  std::set<std::string> sentences;
  for (int i = 0; i <= static_cast<int>(symptom::version_ends); ++i) {
    const auto told = advise(health::metric::latency, {static_cast<symptom>(i), "THIS"});
    EXPECT_NE(told.what.find("THIS"), std::string::npos) << i;
    EXPECT_TRUE(told.remedy.ends_with(".")) << told.remedy;
    sentences.insert(told.what);
  }
  EXPECT_EQ(sentences.size(), 23u);
}

TEST(health, has_weights_that_make_a_hundred_and_each_metric_once) {
  int sum = 0;
  std::set<health::metric> seen;
  for (const auto& m : measures) {
    sum += m.weight;
    seen.insert(m.metric);
  }
  EXPECT_EQ(sum, 100);
  EXPECT_EQ(seen.size(), 7u);
}

TEST(health, never_leaves_its_range_and_never_improves_by_another_failure) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random{seed};
  const auto some = [&](std::uint64_t most) { return random() % (most + 1); };
  for (int i = 0; i < 3000; ++i) {
    observations o;
    for (auto hour = some(3); hour-- > 0;) {
      tally t{.begun_at = at(12h - std::chrono::hours{hour})};
      for (auto n = some(40); n-- > 0;)
        some(9) == 0 ? add(t, silence, 1s)
                     : add(t, answered(static_cast<unsigned>(200 + 100 * some(3) + some(3))),
                           span{static_cast<span::rep>(some(70'000))});
      o.hours.push_back(t);
    }
    o.circuit_open = some(9) == 0;
    o.token = std::array{"", "there", "none", "dead", "to be connected"}[some(4)];
    for (auto n = some(2); n-- > 0;)
      o.buckets.push_back({"b", some(20), some(20), span{static_cast<span::rep>(some(9'000'000))}});
    for (auto n = some(2); n-- > 0;)
      o.syncs.push_back({.name = "s",
                         .lag = span{static_cast<span::rep>(some(90'000'000))},
                         .ended = some(1) == 0,
                         .failed = some(3) == 0,
                         .read = some(100),
                         .letters = some(5)});
    const auto a = appraise(o, now);
    std::size_t known = 0;
    for (const auto& [of, found] : a.metrics) {
      known += found.score.has_value();
      EXPECT_TRUE(!found.score || (*found.score >= 0 && *found.score <= 100)) << *found.score;
      EXPECT_TRUE(!found.score || !found.from.empty()) << name_of(of->metric);
    }
    EXPECT_EQ(a.known, known);
    EXPECT_EQ(a.score.has_value(), known > 0);
    if (o.hours.empty())
      continue;
    auto worse = o;
    for (int more = 0; more < 5; ++more)
      add(worse.hours.back(), silence, 1s);
    EXPECT_LE(score_of(worse, health::metric::reachability),
              std::max(score_of(o, health::metric::reachability), 0) +
                  (requests_in(total(o.hours, at(10h), moment::max())) == 0 ? 100 : 0));
  }
}

TEST(health, says_since_when_each_metric_is_how_it_is) {
  const standings before{{health::metric::latency, health::band::good, 90, at(1h)},
                         {health::metric::error_rate, health::band::good, 90, at(2h)}};
  const auto found = since(before,
                           {{health::metric::error_rate, health::band::poor, 10},
                            {health::metric::latency, health::band::good, 85}},
                           at(5h));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0],
            (health::standing{health::metric::error_rate, health::band::poor, 10, at(5h)}));
  EXPECT_EQ(found[1], (health::standing{health::metric::latency, health::band::good, 85, at(1h)}));
}

} // namespace
} // namespace tenon::actors::connectors::health
