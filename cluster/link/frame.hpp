// How bytes lie on a connection between nodes: frames, one behind the other. Integers are
// little-endian.
//
//   length   4 bytes, of the payload alone
//   kind     1 byte
//   topic    1 byte, for whom a payload is; else zero
//   zero     2 bytes
//   check    4 bytes: CRC-32C of the payload where nothing else protects it, else zero
//   payload
//
// The reader trusts nothing: what a length claims is compared with the limit before a byte is
// allocated for it, and every fault is `malformed`, after which the connection is of no use.
#pragma once

#include "protocols/blob.hpp"
#include "protocols/failure.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tenon::cluster::link {

enum class frame_kind : std::uint8_t {
  hello = 1,   // protocols/link.capnp, as the refusal
  refusal = 2, // instead of a hello
  payload = 3, // what somebody sent
  credit = 4,  // so many bytes more may come: 8 bytes
  ping = 5,    // 8 bytes that mean something to the sender only
  pong = 6,    // the same bytes back
};

/// For whom a payload is on the other side.
enum class topic : std::uint8_t { raft = 1, ask = 2, report = 3, state = 4 };

struct frame {
  frame_kind kind{};
  blob bytes;
  link::topic topic{}; // of a payload
};

inline constexpr std::size_t frame_header_bytes = 12;
inline constexpr std::size_t most_frame_bytes = 16u << 20;
inline constexpr std::size_t most_greeting_bytes = 4u << 10;

enum class checking : std::uint8_t { none, crc32c };

/// The header, behind what `out` holds.
void put_header(std::string& out, frame_kind, std::string_view payload, checking, topic = {});
/// A frame of one number.
void put_number(std::string& out, frame_kind, std::uint64_t, checking);
/// `malformed` unless there are 8 bytes.
result<std::uint64_t> number_in(const frame&);

/// Bytes in, whole frames out. What is small is copied out of the buffer, so that a frame that is
/// kept for long does not keep its neighbours; what is large is read into its own allocation.
class frame_reader {
public:
  explicit frame_reader(checking, std::size_t most_bytes = most_greeting_bytes);

  /// Where the next bytes go; never empty.
  std::span<char> room();
  /// So many bytes of the room were filled: appends the frames that are whole now.
  result<void> filled(std::size_t count, std::vector<frame>& whole);

  /// From now on.
  void allow(std::size_t most_bytes) { most_ = most_bytes; }

private:
  struct header {
    std::uint32_t length = 0;
    frame_kind kind{};
    link::topic topic{};
    std::uint32_t check = 0;
  };
  result<header> read_header(const char*) const;
  result<void> finish(const header&, blob, std::vector<frame>& whole) const;
  void begin_large(const header&);

  checking checking_;
  std::size_t most_;
  std::vector<char> buffer_;
  std::size_t from_ = 0, until_ = 0; // what of the buffer is not yet read
  header large_;                     // of the frame that has an allocation of its own
  std::shared_ptr<char[]> large_bytes_;
  std::size_t large_filled_ = 0;
};

} // namespace tenon::cluster::link
