// Promises that cannot be kept, in one table: tests/conformance/waivers.txt. What is waived is
// shown all the same, and fails when it holds after all, so that no waiver outlives its reason.
#pragma once

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::tests::conformance {

struct waiver {
  std::string thing;   // "sources/redis_by_id": the suite without what it is instantiated as
  std::string promise; // the test's name, or a sentence that the suite knows
  std::string reason;
};

const std::vector<waiver>& waivers();
const waiver* find_waiver(std::string_view thing, std::string_view promise);

/// Everything that is complained of, but for what the table says of the thing: how each of those
/// complaints ends. What the table says and nobody complains of is no longer true.
void expect_waived(const std::string& thing, std::set<std::string> complaints);

/// The test that runs now, as the table has it.
std::string present_thing();
std::string present_promise();

/// What fails from here on is what the waiver says does not hold.
class forgiven {
public:
  explicit forgiven(const waiver& w) : waiver_{w} {}
  /// Whether anything has failed.
  bool end();
  const waiver& why() const { return waiver_; }

private:
  const waiver& waiver_;
  testing::TestPartResultArray failures_;
  std::unique_ptr<testing::ScopedFakeTestPartResultReporter> intercepting_ =
      std::make_unique<testing::ScopedFakeTestPartResultReporter>(
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &failures_);
};

/// A fixture whose tests are promises: each holds of each parameter, unless it is waived.
template <class Fixture> class promising : public Fixture {
protected:
  void SetUp() override {
    Fixture::SetUp();
    if (const auto* w = find_waiver(present_thing(), present_promise()))
      forgiven_ = std::make_unique<forgiven>(*w);
  }
  void TearDown() override {
    if (forgiven_ && !forgiven_->end())
      ADD_FAILURE() << "it holds, and is to be taken from the table of waivers: " << present_thing()
                    << ' ' << present_promise();
    forgiven_.reset();
    Fixture::TearDown();
  }

private:
  std::unique_ptr<forgiven> forgiven_;
};

} // namespace tenon::tests::conformance
