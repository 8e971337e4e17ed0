// What goes wrong on purpose, drawn from a seed: one draw for each request of data, in the order of
// arrival, so the same seed and the same requests give the same faults.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::tests::paged_api {

enum class fault : std::uint8_t {
  none,
  unauthorised, // 401=: a good credential is refused once
  throttled,    // 429=
  failed,       // 500=
  unavailable,  // 503=
  cut,          // cut=: the connection closes in the middle of the body
  truncated,    // truncated=: the body ends in the middle, in a well-framed answer
  slow,         // slow=: the answer comes late
  garbage,      // garbage=: HTML with status 200
  busy,         // busy=: an error in a body with status 200
};

/// The name in `--faults` and in the ledger.
std::string_view name_of(fault);

struct fault_share {
  fault kind = fault::none;
  double share = 0; // of all requests, 0 to 1
};

/// "429=2%,cut=0.5%". Throws std::invalid_argument that names the part at fault.
std::vector<fault_share> read_faults(std::string_view text);

class fault_dice {
public:
  fault_dice(std::vector<fault_share> shares, std::uint64_t seed)
      : shares_{std::move(shares)}, random_{seed} {}
  fault next();

private:
  std::vector<fault_share> shares_;
  std::mt19937_64 random_;
};

} // namespace tenon::tests::paged_api
