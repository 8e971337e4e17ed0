// How much may be on its way: a window of bytes per channel and direction, which the consumer at
// the other end moves. A sender may send while anything of its window is left, and then a whole
// frame, so at most window and one frame are ever held by the receiver. The receiver keeps the same
// account, and so knows a peer that sends without credit.
#pragma once

#include "protocols/failure.hpp"

#include <cstdint>

namespace tenon::cluster::link {

class sending_window {
public:
  explicit sending_window(std::int64_t size) : size_{size}, left_{size} {}

  bool open() const { return left_ > 0; }
  void spend(std::size_t bytes) { left_ -= static_cast<std::int64_t>(bytes); }
  /// `malformed` when more comes back than was spent.
  result<void> grant(std::uint64_t bytes);

private:
  std::int64_t size_;
  std::int64_t left_;
};

class receiving_window {
public:
  explicit receiving_window(std::int64_t size) : size_{size}, left_{size} {}

  /// `malformed` when the sender had no credit.
  result<void> arrived(std::size_t bytes);
  /// What nobody holds any more. More than arrived is a bug of the consumer, and ends the process.
  void consumed(std::size_t bytes);
  /// What to grant now, if it is worth a frame: a quarter of the window.
  std::uint64_t due();

  std::int64_t held() const { return held_; }

private:
  std::int64_t size_;
  std::int64_t left_;      // as the sender sees it once all grants have arrived
  std::int64_t held_ = 0;  // arrived and not consumed
  std::int64_t freed_ = 0; // consumed and not granted
};

} // namespace tenon::cluster::link
