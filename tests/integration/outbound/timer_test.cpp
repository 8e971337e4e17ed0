#include "runtime/tasks/timer.hpp"

#include "runtime/tasks/workers.hpp"

#include <gtest/gtest.h>

namespace tenon::runtime {
namespace {

task<result<bool>> waits(timer& clock, span length) {
  co_return co_await clock.wait(length);
}

TEST(timer, ends_waits_in_the_order_of_their_times) {
  timer clock;
  std::mutex mutex;
  std::vector<int> order;
  {
    workers pool{{.threads = 1}};
    for (const int length : {30, 1, 15})
      ASSERT_TRUE(start(pool, waits(clock, span{length}), [&, length](result<bool> passed) {
        EXPECT_EQ(passed, result<bool>{true});
        std::lock_guard lock{mutex};
        order.push_back(length);
      }));
  }
  EXPECT_EQ(order, (std::vector{1, 15, 30}));
}

} // namespace
} // namespace tenon::runtime
