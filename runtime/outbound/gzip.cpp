#include "runtime/outbound/gzip.hpp"

#include "protocols/ensure.hpp"
#include "runtime/outbound/message.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace tenon::runtime::outbound {

struct inflater::stream {
  z_stream z{};
  bool between = true; // members
  char out[64 * 1024];

  // 16 above the largest window: gzip's header, and no other.
  stream() { ensure(inflateInit2(&z, 16 + MAX_WBITS) == Z_OK, "zlib has no memory"); }
  ~stream() { inflateEnd(&z); }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
};

inflater::inflater() : stream_{new stream} {}
inflater::inflater(inflater&&) noexcept = default;
inflater& inflater::operator=(inflater&&) noexcept = default;
inflater::~inflater() = default;

result<void> inflater::add(std::string_view bytes,
                           const std::function<result<void>(std::string_view)>& out) {
  auto& s = *stream_;
  while (!bytes.empty()) {
    const auto part = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    s.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // zlib reads only
    s.z.avail_in = static_cast<uInt>(part);
    int state = Z_OK;
    do {
      s.between = false; // there is input, or output that did not fit
      s.z.next_out = reinterpret_cast<Bytef*>(s.out);
      s.z.avail_out = sizeof s.out;
      state = inflate(&s.z, Z_NO_FLUSH);
      if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
        return failure{.code = code::unavailable,
                       .why = "the answer says that it is gzip and is not",
                       .where = std::string{name_of(phase::body)},
                       .remedy = "ask the server's owner; or send Accept-Encoding: identity"};
      if (const auto made = sizeof s.out - s.z.avail_out; made > 0)
        if (auto taken = out({s.out, made}); !taken)
          return taken;
      if (state == Z_STREAM_END) {
        s.between = true;
        inflateReset(&s.z);
        if (s.z.avail_in == 0)
          break;
      }
    } while (s.z.avail_in > 0 || s.z.avail_out == 0);
    bytes.remove_prefix(part);
  }
  return {};
}

bool inflater::complete() const {
  return stream_->between;
}

} // namespace tenon::runtime::outbound
