// The seal that one node puts on what it writes: its master keys and its source of nonces.
#pragma once

#include "runtime/sealing/sealing.hpp"

#include <string_view>
#include <utility>

namespace tenon::runtime {

class seal {
public:
  /// `random` must outlive the seal and be safe to use from several threads.
  seal(sealing keys, entropy& random) : keys_{std::move(keys)}, random_{random} {}

  blob close(const identity& of, std::string_view field, const blob& plain) const {
    return keys_.seal(of, field, plain.view(), random_.make_nonce());
  }
  result<blob> open(const identity& of, std::string_view field, const blob& sealed) const {
    return keys_.open(of, field, sealed);
  }

private:
  sealing keys_;
  entropy& random_;
};

} // namespace tenon::runtime
