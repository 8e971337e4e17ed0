#include "cluster/link/credit.hpp"

#include "protocols/ensure.hpp"

namespace tenon::cluster::link {

result<void> sending_window::grant(std::uint64_t bytes) {
  const auto missing = size_ - left_; // never negative
  if (bytes > static_cast<std::uint64_t>(missing))
    return failure{code::malformed,
                   "the peer grants " + std::to_string(bytes) + " bytes, and only " +
                       std::to_string(missing) + " were sent",
                   "credit", "Report this: the two versions do not agree."};
  left_ += static_cast<std::int64_t>(bytes);
  return {};
}

result<void> receiving_window::arrived(std::size_t bytes) {
  if (left_ <= 0)
    return failure{code::malformed, "the peer sends more than it was allowed to", "credit",
                   "Report this: the two versions do not agree."};
  left_ -= static_cast<std::int64_t>(bytes);
  held_ += static_cast<std::int64_t>(bytes);
  return {};
}

void receiving_window::consumed(std::size_t bytes) {
  must(static_cast<std::int64_t>(bytes) <= held_, "more is consumed than had arrived");
  held_ -= static_cast<std::int64_t>(bytes);
  freed_ += static_cast<std::int64_t>(bytes);
}

std::uint64_t receiving_window::due() {
  if (freed_ < size_ / 4)
    return 0;
  const auto now = freed_;
  left_ += now;
  freed_ = 0;
  return static_cast<std::uint64_t>(now);
}

} // namespace tenon::cluster::link
