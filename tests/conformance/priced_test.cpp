// Calls of which only the answers say what they cost: a connector that asks as often as it is let
// through stays within what its platform allows.
#include "actors/integration/writing.hpp"
#include "protocols/json.hpp"
#include "tests/support/driven_twin.hpp"

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

class priced : public every_connector {
protected:
  /// The bucket with the least room for such requests, of those that answers put a price on; null:
  /// there is none.
  const bucket* scarcest(const connection& account, const http_request& request) const {
    const auto uses = buckets_for(*connector_, account, request);
    EXPECT_TRUE(uses) << uses.error().why;
    const bucket* found = nullptr;
    double least = 0;
    for (std::size_t i = 0; uses && i < uses->size(); ++i) {
      const auto& b = connector_->buckets[(*uses)[i].bucket];
      const auto price = (*uses)[i].price > 0 ? (*uses)[i].price : b.estimate;
      const auto room = static_cast<double>(b.count) / static_cast<double>(price);
      if (!b.price_in_body.empty() && (found == nullptr || room < least)) {
        found = &b;
        least = room;
      }
    }
    return found;
  }
};

TEST_P(priced, calls_stay_within_what_answers_say_that_they_cost) {
  ASSERT_TRUE(connector_);
  for (const auto& a : connector_->actions) {
    auto t = make({});
    ASSERT_TRUE(t);
    const bool fresh = a.mode != write_mode::erase && a.mode != write_mode::update;
    if (a.job || !fresh || t->record_for(a.name).is_null())
      continue; // what is changed has to be there
    const writing w{*connector_, a, t->connection()};
    auto record = t->record_for(a.name);
    (*record.as<object>())["note"] = std::string(4'000, 'x');
    const std::vector<outgoing_record> one{
        {"key-1", blob::from(write_json(record)), "acme/sync/any/1"}};
    driver d{*t, *connector_};
    const auto first = write_request(w, one, d.now);
    if (!first || scarcest(t->connection(), *first) == nullptr)
      continue;
    const auto begun = d.now;
    std::size_t calls = 0;
    while (d.now - begun < 3min && calls < 2'000) {
      ++calls;
      const auto came = d.write(w, one);
      const auto* items = std::get_if<item_outcomes>(&came);
      ASSERT_TRUE(items && items->front().written) << a.name << ", call " << calls;
    }
    EXPECT_EQ(t->ledger().throttled, 0u) << a.name << ": above the limit";
    EXPECT_LT(calls, 2'000u) << a.name << ": no limit was felt";
  }
}

INSTANTIATE_TEST_SUITE_P(shipped, priced, testing::Values("claude", "openai"),
                         [](const auto& test) { return test.param; });

} // namespace
} // namespace tenon::actors::connectors
