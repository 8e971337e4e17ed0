// Waiting in a test for something that another thread brings about.
#pragma once

#include <chrono>
#include <thread>

namespace tenon::tests {

/// Repeats a question until the answer is as wanted; fails the test if it never is.
template <class Ask, class Wanted> auto until(Ask ask, Wanted wanted) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (;;) {
    auto answer = ask();
    if (wanted(answer) || std::chrono::steady_clock::now() > end)
      return answer;
    std::this_thread::yield();
  }
}

} // namespace tenon::tests
