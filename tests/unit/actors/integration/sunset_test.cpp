#include "actors/integration/sunset.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using namespace tenon::actors::connectors;
using std::chrono::days;
using tenon::identity;
using tenon::moment;

namespace {

const moment now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
const moment new_year = std::chrono::sys_days{std::chrono::year{2027} / 1 / 1};
const identity shop{"default", "integration", "shop"};

TEST(sunset, is_read_from_what_answers_say) {
  EXPECT_EQ(after({"v1"}, {{"Sunset", "Fri, 01 Jan 2027 00:00:00 GMT"}}, now),
            (lifetime{"v1", new_year}));
  EXPECT_EQ(after({}, {{"Deprecation", "@1798761600"}}, now), (lifetime{"", {}, new_year}));
  EXPECT_EQ(after({}, {{"Deprecation", "Fri, 01 Jan 2027 00:00:00 GMT"}}, now),
            (lifetime{"", {}, new_year}));
  EXPECT_EQ(after({}, {{"Deprecation", "true"}}, now), (lifetime{"", {}, now}));
  EXPECT_EQ(after({},
                  {{"Link", "<https://a.example/next>; rel=\"next\", <https://a.example/end>; "
                            "rel=\"sunset\""}},
                  now),
            (lifetime{"", {}, {}, "https://a.example/end"}));
}

TEST(sunset, that_makes_no_sense_is_none) {
  const headers odd{{"Sunset", "soon"}, {"Deprecation", "@x"}, {"Link", "rel=\"sunset\""}};
  EXPECT_EQ(after({}, odd, now), lifetime{});
}

TEST(sunset, the_earliest_holds) {
  const lifetime manifest{"v1", new_year};
  EXPECT_EQ(after(manifest, {{"Sunset", "Sat, 01 Jan 2028 00:00:00 GMT"}}, now).sunset, new_year);
  EXPECT_EQ(after(manifest, {{"Sunset", "Tue, 01 Dec 2026 00:00:00 GMT"}}, now).sunset,
            now + days{10});
}

TEST(sunset, is_told_once_and_when_something_new_is_said) {
  sunset_watch watch;
  const headers ends{{"Sunset", "Tue, 01 Dec 2026 00:00:00 GMT"}};
  EXPECT_EQ(watch.hear(shop, {"v1"}, {}, now), lifetime{"v1"});
  EXPECT_EQ(watch.hear(shop, {"v1"}, {}, now + 59min), std::nullopt);
  EXPECT_EQ(watch.hear(shop, {"v1"}, ends, now + 59min), (lifetime{"v1", now + days{10}}));
  EXPECT_EQ(watch.hear(shop, {"v1"}, {}, now + 59min), std::nullopt) << "not all answers say it";
  EXPECT_EQ(watch.hear(shop, {"v1"}, {}, now + 3h), (lifetime{"v1", now + days{10}}));
  EXPECT_EQ(watch.hear(shop, {"v2"}, {}, now + 3h), lifetime{"v2"}) << "another connector";
}

TEST(sunset, says_nothing_where_nobody_does) {
  sunset_watch watch;
  EXPECT_EQ(watch.hear(shop, {}, {}, now), std::nullopt);
}

} // namespace
