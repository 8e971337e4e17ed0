// What a source or a destination lets one choose, and what was chosen.
#pragma once

#include "protocols/tuning.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tenon::actors::tuning {

using setting = protocols::tuning::setting;
using settings = std::vector<setting>;
using knob = protocols::tuning::knob;

/// What is offered as it usually is.
inline setting offered(knob k, std::uint64_t usual, std::uint64_t most) {
  const auto whole = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  return {.knob = k, .set = whole(usual), .usual = whole(usual), .most = whole(most)};
}

/// `otherwise` where nothing is said about it.
inline std::uint32_t set_in(const settings& all, knob k, std::uint32_t otherwise = 0) {
  const auto it = std::ranges::find(all, k, &setting::knob);
  return it == all.end() ? otherwise : it->set;
}

/// What is offered, set to what was chosen of it; never more than it allows.
inline settings chosen_among(settings offers, const settings& chosen) {
  for (auto& s : offers)
    if (const auto wanted = set_in(chosen, s.knob); wanted > 0)
      s.set = std::min(wanted, s.most);
  return offers;
}

} // namespace tenon::actors::tuning
