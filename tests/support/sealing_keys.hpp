// A master key for tests, always the same.
#pragma once

#include "protocols/ensure.hpp"
#include "runtime/sealing/seal.hpp"

namespace tenon::tests {

inline runtime::sealing sealing_keys() {
  std::array<unsigned char, runtime::secret_key::size> bytes{};
  bytes.fill(7);
  std::vector<runtime::master_key> all;
  all.push_back({1, runtime::secret_key{bytes}});
  auto made = runtime::sealing::from_keys(std::move(all));
  ensure(made.has_value(), "one key is enough");
  return *std::move(made);
}

} // namespace tenon::tests
