// gzip decoding, piece by piece. Output goes out in small pieces too, so whoever receives it can
// stop a bomb long before it has grown.
#pragma once

#include "protocols/failure.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace tenon::runtime::outbound {

class inflater {
public:
  inflater();
  inflater(inflater&&) noexcept;
  inflater& operator=(inflater&&) noexcept;
  ~inflater();

  /// Calls `out` with each decoded piece, up to 64 KiB; its failure ends the decoding.
  /// `unavailable` when the bytes are not gzip. Members may follow one another, as RFC 1952 has it.
  result<void> add(std::string_view bytes,
                   const std::function<result<void>(std::string_view)>& out);

  /// At the end of a member, with nothing begun after it; also before the first byte.
  bool complete() const;

private:
  struct stream;
  std::unique_ptr<stream> stream_;
};

} // namespace tenon::runtime::outbound
