// Randomness that can be repeated: bytes that count up.
#pragma once

#include "runtime/sealing/sealing.hpp"

namespace tenon::tests {

class counted_entropy final : public runtime::entropy {
public:
  void fill(std::span<unsigned char> bytes) override {
    for (auto& b : bytes)
      b = next_++;
  }

private:
  unsigned char next_ = 0;
};

} // namespace tenon::tests
