// The bytes of one file, in order and unpacked: a window over them that grows at its end and is
// taken from at its front. Bytes that are at hand can be read like a file's. gzip and zstd are
// known by their first bytes; other packings are refused by name. Memory is the window, whatever
// the size of the file.
#pragma once

#include "actors/sync/sources/files/bytes/stamp.hpp"

#include <memory>
#include <stop_token>
#include <string_view>

namespace tenon::actors::files {

/// A record may be too large to be one; looking for its end is given up here.
inline constexpr std::uint64_t most_skipped = 4ull << 30;

/// Where bytes come from.
class byte_stream {
public:
  virtual ~byte_stream() = default;
  /// At most `size` bytes; 0 at the end, and only there.
  virtual result<std::size_t> read(char* into, std::size_t size) = 0;
  /// Forward, without reading what is before. False: it cannot.
  virtual bool go_to(std::uint64_t) { return false; }
};

/// The unpacked bytes, if those of `from` are packed; else `from` itself.
result<std::unique_ptr<byte_stream>>
unpacked(std::unique_ptr<byte_stream> from, std::string_view first_bytes, const std::string& name);

class input {
public:
  /// Of an open file, up to the size that its stamp says.
  static result<std::unique_ptr<input>> open(std::shared_ptr<const open_file>);
  /// Of bytes that are at hand.
  static std::unique_ptr<input> of(std::string name, std::string bytes);

  const std::string& name() const { return name_; }
  bool is_packed() const { return packed_; }

  /// What has come and is not taken yet. Valid until the next call of another member.
  std::string_view window() const { return {buffer_.get() + begin_, end_ - begin_}; }
  /// Makes the window longer. False: there is no more, the window is all that is left.
  result<bool> more();
  void take(std::size_t bytes) { begin_ += bytes; }
  /// Of the window's first byte.
  std::uint64_t offset() const { return taken_ + begin_; }

  /// Of a text that is to be UTF-8, from the beginning or from where it was left: its byte order
  /// mark is dropped, another encoding's is refused.
  result<void> begin_text(std::uint64_t offset);
  /// Forward. `stale` when the file has no such offset.
  result<void> go_to(std::uint64_t offset);

  /// Every further call gives up when it is asked to.
  void stop_when(std::stop_token stop) { stop_ = std::move(stop); }

private:
  input(std::string name, std::uint64_t size, std::unique_ptr<byte_stream>, bool packed);

  void make_room();

  const std::string name_;
  const std::uint64_t size_; // unless it is packed
  std::unique_ptr<byte_stream> stream_;
  const bool packed_;
  std::stop_token stop_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t taken_ = 0; // bytes before the buffer's first
  bool ended_ = false;
};

} // namespace tenon::actors::files
