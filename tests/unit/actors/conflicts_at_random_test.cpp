// Two platforms edit the same records, and what is between them happens in any order.
#include "actors/collection.hpp"
#include "protocols/json.hpp"

#include "tests/support/two_platforms.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <utility>

using namespace std::chrono_literals;
using tenon::actors::collection;
using tenon::tests::platform;
using tenon::tests::policy;

namespace {

using conflicts_at_random = tenon::tests::two_platforms;

/// What a platform has of a record, each side having a field of its own.
std::string with_field(const std::string& record, const std::string& name, int number) {
  auto read = tenon::read_json(record);
  auto fields = read ? *read->as<tenon::object>() : tenon::object{};
  fields[name] = number;
  return tenon::write_json(fields);
}
std::int64_t field_of(const std::string& record, const std::string& name) {
  const auto read = tenon::read_json(record);
  const auto* field = read ? read->find(name) : nullptr;
  return field ? *field->as<std::int64_t>() : 0;
}

/// Both platforms edit at any moment, each its own field, while everything between them happens in
/// any order: no edit is ever lost, and in the end both have everything. A platform is written to
/// right after it was read: an edit between the two would be overwritten there, which nobody here
/// can know.
TEST_F(conflicts_at_random, lose_no_field_whatever_comes_between) {
  for (std::uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    const auto any = [&](std::uint64_t n) { return random() % n; };
    c_ = {};
    shop_ = {"shop", policy::merge};
    crm_ = {"crm", policy::merge};
    platform* const sides[] = {&shop_, &crm_};
    std::map<std::string, std::map<std::string, int>> latest;            // by key and platform
    std::optional<tenon::protocols::outlet_types::changes> under_way[2]; // written, and not settled
    std::optional<collection::store> ahead[2];                           // read, and not stored
    const auto read_new = [&](std::size_t side) {
      if (ahead[side])
        stores(*sides[side], *std::exchange(ahead[side], std::nullopt));
      reads(*sides[side]);
    };
    const auto settle = [&](std::size_t side) {
      if (under_way[side])
        settles(*sides[side], *under_way[side]);
      under_way[side].reset();
    };
    for (int i = 1; i <= 80; ++i) {
      const auto side = any(2);
      auto& p = *sides[side];
      c_.now += 1s;
      switch (any(4)) {
      case 0: {
        const std::string key(1, static_cast<char>('a' + any(3)));
        read_new(side); // so that nothing is overwritten which only a page read before has seen
        p.records[key] = with_field(p.records[key], p.name, i);
        latest[key][p.name] = i;
        break;
      }
      case 1:
        read_new(side);
        if (any(2) == 0)
          ahead[side] = page_of(p); // and what is in it may be written to, before it is stored
        break;
      case 2:
        if (under_way[side])
          break;
        if (!ahead[side])
          read_new(side);
        c_.now += 1s;
        under_way[side] = takes(p, 1 + static_cast<std::uint32_t>(any(3)));
        writes(p, *under_way[side]);
        break;
      case 3:
        settle(side);
        break;
      }
    }
    for (int round = 0; round < 4; ++round)
      for (std::size_t side = 0; side < 2; ++side) {
        settle(side);
        read_new(side);
        delivers(*sides[side]);
      }
    for (const auto& [key, written] : latest) {
      EXPECT_EQ(tenon::read_json(shop_.records[key]).value(), // whatever the order of the fields
                tenon::read_json(crm_.records[key]).value());
      for (const auto& [name, number] : written)
        EXPECT_EQ(field_of(shop_.records[key], name), number) << key << shop_.records[key];
    }
  }
}

} // namespace
