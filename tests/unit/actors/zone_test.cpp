#include "actors/schedule/zone.hpp"

#include "actors/schedule/zone_rule.hpp"
#include "actors/schedule/zones.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace std::chrono;
using tenon::actors::parse_zone_rule;
using tenon::actors::zone;
using tenon::actors::zone_named;

namespace {

template <class Integer> void put(std::string& onto, Integer n) {
  for (auto shift = sizeof n * 8; shift > 0; shift -= 8)
    onto += static_cast<char>(n >> (shift - 8) & 0xff);
}

struct change {
  std::int64_t when;
  unsigned char type;
};

/// A file of version 2 whose first block is empty, as newer tools write it.
std::string file(std::vector<std::int32_t> offsets, std::vector<change> changes,
                 std::string_view rule) {
  const auto header = [&](std::uint32_t times, std::uint32_t types) {
    std::string h = "TZif2" + std::string(15, '\0');
    for (const std::uint32_t count : {0u, 0u, 0u, times, types, 4u})
      put(h, count);
    return h;
  };
  std::string bytes = header(0, 1) + std::string(6, '\0') + std::string("UTC\0", 4);
  bytes += header(static_cast<std::uint32_t>(changes.size()),
                  static_cast<std::uint32_t>(offsets.size()));
  for (const auto& c : changes)
    put(bytes, c.when);
  for (const auto& c : changes)
    bytes += static_cast<char>(c.type);
  for (const auto offset : offsets) {
    put(bytes, offset);
    bytes += std::string(2, '\0');
  }
  return bytes + std::string("UTC\0", 4) + '\n' + std::string{rule} + '\n';
}

sys_seconds day(int y, unsigned m, unsigned d, seconds time = {}) {
  return sys_days{year{y} / static_cast<int>(m) / static_cast<int>(d)} + time;
}

TEST(zone, follows_its_changes_and_then_its_rule) {
  const auto z =
      zone::parse(file({0, 3600, 7200}, {{1000, 1}, {2000, 2}}, "A-1B,M3.5.0,M10.5.0/3"));
  ASSERT_TRUE(z) << z.error().why;
  const auto first = z->at(sys_seconds{seconds{999}});
  EXPECT_EQ(first.begin, sys_seconds::min());
  EXPECT_EQ(first.end, sys_seconds{seconds{1000}});
  EXPECT_EQ(first.offset, 0h);
  EXPECT_EQ(first.before, 0h);
  const auto second = z->at(sys_seconds{seconds{1000}});
  EXPECT_EQ(second.begin, sys_seconds{seconds{1000}});
  EXPECT_EQ(second.offset, 1h);
  EXPECT_EQ(second.before, 0h);
  const auto summer = z->at(day(2100, 7, 1));
  EXPECT_EQ(summer.begin, day(2100, 3, 28, 1h));
  EXPECT_EQ(summer.end, day(2100, 10, 31, 1h));
  EXPECT_EQ(summer.offset, 2h);
  EXPECT_EQ(summer.before, 1h);
  EXPECT_EQ(z->at(day(2500, 7, 1)).end, sys_seconds::max()) << "followed to 2200";
}

TEST(zone, a_change_of_name_alone_is_none) {
  const auto z = zone::parse(file({3600, 3600}, {{1000, 1}, {2000, 0}}, "A-1"));
  ASSERT_TRUE(z);
  EXPECT_EQ(z->at(sys_seconds{seconds{1500}}).begin, sys_seconds::min());
  EXPECT_EQ(z->at(sys_seconds{seconds{1500}}).end, sys_seconds::max());
}

TEST(zone, knows_where_summer_is_at_new_year) {
  const auto z = zone::parse(file({36000}, {}, "AEST-10AEDT,M10.1.0,M4.1.0/3"));
  ASSERT_TRUE(z);
  EXPECT_EQ(z->at(day(2026, 1, 1)).offset, 11h);
  EXPECT_EQ(z->at(day(2026, 1, 1)).begin, day(2025, 10, 4, 16h));
  EXPECT_EQ(z->at(day(2026, 7, 1)).offset, 10h);
}

TEST(zone, refuses_every_file_that_is_cut_short_or_not_a_zone) {
  const auto whole = file({0, 3600}, {{1000, 1}}, "A-1");
  ASSERT_TRUE(zone::parse(whole));
  for (std::size_t size = 0; size + 1 < whole.size(); ++size)
    EXPECT_FALSE(zone::parse(whole.substr(0, size))) << size;
  auto old = whole;
  old[4] = '\0';
  EXPECT_FALSE(zone::parse(old));
  EXPECT_FALSE(zone::parse(file({0}, {{1000, 1}}, "A-1"))) << "a type that is not there";
  EXPECT_FALSE(zone::parse(file({0, 1}, {{1000, 1}, {1000, 0}}, "A-1"))) << "not in order";
  EXPECT_FALSE(zone::parse(file({0}, {}, "what"))) << "a rule that is none";
  auto endless = whole;
  endless[32] = '\x7f'; // of the first block's count of times
  EXPECT_FALSE(zone::parse(endless));
}

TEST(zone, whatever_the_bytes_reading_them_ends) {
  std::mt19937_64 random{20261121};
  const auto whole = file({0, 3600, -7200}, {{1000, 1}, {2000, 2}}, "A-1B,M3.5.0,M10.5.0/3");
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = whole;
    for (auto flips = 1 + random() % 4; flips-- > 0;)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (const auto z = zone::parse(bytes))
      (void)z->at(sys_seconds{seconds{1500}});
  }
}

TEST(zone_rule, is_read_in_all_its_forms) {
  const auto utc = parse_zone_rule("UTC0");
  ASSERT_TRUE(utc);
  EXPECT_EQ(utc->offset, 0h);
  EXPECT_FALSE(utc->daylight);
  EXPECT_EQ(parse_zone_rule("<+0530>-5:30")->offset, 5h + 30min);
  EXPECT_EQ(parse_zone_rule("X5:30:15")->offset, -(5h + 30min + 15s));
  const auto new_york = parse_zone_rule("EST5EDT,M3.2.0,M11.1.0");
  ASSERT_TRUE(new_york && new_york->daylight);
  EXPECT_EQ(new_york->daylight->offset, -4h);
  EXPECT_EQ(new_york->daylight->begins.in(year{2025}), day(2025, 3, 9, 2h));
  EXPECT_EQ(new_york->daylight->ends.in(year{2025}), day(2025, 11, 2, 2h));
  const auto odd = parse_zone_rule("A3B1:30,J60/-1,59/25:30");
  ASSERT_TRUE(odd && odd->daylight);
  EXPECT_EQ(odd->daylight->offset, -(1h + 30min));
  EXPECT_EQ(odd->daylight->begins.in(year{2024}), day(2024, 3, 1, -1h)) << "no 29 February";
  EXPECT_EQ(odd->daylight->begins.in(year{2025}), day(2025, 3, 1, -1h));
  EXPECT_EQ(odd->daylight->ends.in(year{2024}), day(2024, 2, 29, 25h + 30min));
  EXPECT_EQ(parse_zone_rule("A3B,J59,J365")->daylight->begins.in(year{2024}), day(2024, 2, 28, 2h));
}

TEST(zone_rule, refuses_what_is_not_one) {
  for (const auto* text :
       {"", "5", "A", "A5B", "A5B,M3.2.0", "A5B,M13.1.0,M1.1.0", "A5B,M1.6.0,M1.1.0",
        "A5B,M1.1.7,M1.1.0", "A5B,M1.1.0,M1.1.0x", "A25", "A5:60", "<A5", "A5B,J0,J1",
        "A5B,J366,J1", "A5B,366,1", "A5B,1,2/168", "A99999999999"})
    EXPECT_FALSE(parse_zone_rule(text)) << text;
}

TEST(zones, are_found_by_their_names) {
  const auto berlin = zone_named("Europe/Berlin");
  ASSERT_TRUE(berlin);
  EXPECT_EQ((*berlin)->at(day(2026, 7, 1)).offset, 2h);
  EXPECT_EQ(*zone_named("Europe/Berlin"), *berlin) << "read once";
  EXPECT_EQ((*zone_named("UTC"))->at(day(2026, 7, 1)).offset, 0h);
  EXPECT_EQ((*zone_named("Australia/Lord_Howe"))->at(day(2026, 1, 1)).offset, 11h);
}

TEST(zones, refuses_names_that_are_none_and_never_leaves_its_folder) {
  for (const auto* name :
       {"", "Europe/Berln", "Europe", "/etc/passwd", "../../../etc/passwd", "Europe//Berlin",
        "Europe/Berlin/", "tzdata.zi", "zone.tab", "leapseconds", "Europe/Berlin\n"}) {
    const auto found = zone_named(name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, tenon::code::malformed);
    EXPECT_FALSE(found.error().remedy.empty());
  }
  EXPECT_FALSE(zone_named(std::string(65, 'a')));
}

} // namespace
