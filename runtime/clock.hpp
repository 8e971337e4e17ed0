// The clock as a port. Only main hands out the real one; everything that must be repeatable is
// given a moment and never asks.
#pragma once

#include "protocols/moment.hpp"

#include <chrono>

namespace tenon::runtime {

class clock {
public:
  virtual ~clock() = default;
  /// Wall-clock time: may jump either way when somebody sets it.
  virtual moment now() const = 0;
  /// For measuring and waiting: never goes back, says nothing about the date.
  virtual std::chrono::steady_clock::time_point steady() const = 0;
};

class system_clock final : public clock {
public:
  moment now() const override {
    return std::chrono::time_point_cast<span>(std::chrono::system_clock::now());
  }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::now();
  }
};

} // namespace tenon::runtime
