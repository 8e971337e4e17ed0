// The table of waivers is about what there is.
#include "tests/conformance/waivers.hpp"

#include <set>

namespace tenon::tests::conformance {
namespace {

/// Suites that know sentences instead of tests; they say themselves what is no longer true.
const std::set<std::string> with_sentences{"happens", "described", "services"};

std::set<std::pair<std::string, std::string>> tests_that_there_are() {
  std::set<std::pair<std::string, std::string>> all;
  const auto& unit = *testing::UnitTest::GetInstance();
  for (int s = 0; s < unit.total_test_suite_count(); ++s) {
    const auto& suite = *unit.GetTestSuite(s);
    const std::string name = suite.name();
    for (int t = 0; t < suite.total_test_count(); ++t) {
      const std::string test = suite.GetTestInfo(t)->name();
      const auto slash = test.find('/');
      all.emplace(name.substr(name.rfind('/') + 1) + (slash == test.npos ? "" : test.substr(slash)),
                  test.substr(0, slash));
    }
  }
  return all;
}

TEST(waivers, are_of_promises_that_are_made) {
  const auto tests = tests_that_there_are();
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& w : waivers()) {
    EXPECT_TRUE(seen.emplace(w.thing, w.promise).second) << w.thing << " twice: " << w.promise;
    if (!with_sentences.contains(w.thing.substr(0, w.thing.find('/')))) {
      EXPECT_TRUE(tests.contains({w.thing, w.promise}))
          << "nobody promises this any more: " << w.thing << ' ' << w.promise;
    }
  }
}

TEST(waivers, forgive_what_does_not_hold_and_nothing_else) {
  const waiver w{"a", "b", "c"};
  forgiven none{w};
  EXPECT_FALSE(none.end());
  forgiven some{w};
  EXPECT_TRUE(false) << "which is waived";
  EXPECT_TRUE(some.end());
}

} // namespace
} // namespace tenon::tests::conformance
