// The packings: gzip (any number of members) and zstd (any number of frames), each as a stream over
// the packed bytes. Bytes that end too early, are damaged, or are followed by something else are
// failures that name the file.
#include "actors/sync/sources/files/bytes/input.hpp"

#include <vector>
#include <zlib.h>
#include <zstd.h>

namespace tenon::actors::files {
namespace {

constexpr std::size_t packed_chunk = 128u << 10;
// What a frame may make a reader remember: zstd uses less up to its level 19.
constexpr int most_window_log = 25;

/// The packed bytes, some at a time.
class packed_bytes {
public:
  packed_bytes(std::unique_ptr<byte_stream> from, std::string name)
      : name_{std::move(name)}, from_{std::move(from)}, bytes_(packed_chunk) {}

  std::string_view left() const { return {bytes_.data() + at_, end_ - at_}; }
  void take(std::size_t n) { at_ += n; }
  /// Whether there are any, after reading more if there were none.
  result<bool> some() {
    if (at_ < end_)
      return true;
    const auto got = from_->read(bytes_.data(), bytes_.size());
    if (!got)
      return got.error();
    at_ = 0;
    end_ = *got;
    return end_ > 0;
  }

  failure cut_off() const {
    return {code::malformed, name_ + " is cut off: its packed bytes end too early", name_,
            "Copy it again; it must be complete before it is read."};
  }
  failure damaged(const char* why) const {
    return {code::malformed, name_ + " is damaged: " + why, name_,
            "Copy it again, or unpack it with the program that packed it."};
  }

private:
  std::string name_;
  std::unique_ptr<byte_stream> from_;
  std::vector<char> bytes_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

class gzip_bytes final : public byte_stream {
public:
  explicit gzip_bytes(packed_bytes from) : packed_{std::move(from)} {
    ready_ = inflateInit2(&stream_, MAX_WBITS + 16) == Z_OK;
  }
  ~gzip_bytes() override {
    if (ready_)
      inflateEnd(&stream_);
  }

  result<std::size_t> read(char* into, std::size_t size) override {
    if (!ready_)
      return failure{code::unavailable, "there is no memory to unpack a file"};
    for (;;) {
      const auto some = packed_.some();
      if (!some)
        return some.error();
      if (!*some)
        return within_ ? result<std::size_t>{packed_.cut_off()} : std::size_t{0};
      if (!within_ && padded())
        continue;
      auto unpacked = unpack(into, size);
      if (!unpacked || *unpacked > 0)
        return unpacked;
    }
  }

private:
  /// Zeros fill up what was written in blocks.
  bool padded() {
    if (packed_.left().front() != '\0')
      return false;
    packed_.take(1);
    return true;
  }

  result<std::size_t> unpack(char* into, std::size_t size) {
    const auto packed = packed_.left();
    // The library does not write through it, and is not written for const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    stream_.next_out = reinterpret_cast<Bytef*>(into);
    stream_.avail_out = static_cast<uInt>(size);
    within_ = true;
    const int said = inflate(&stream_, Z_NO_FLUSH);
    packed_.take(packed.size() - stream_.avail_in);
    if (said == Z_STREAM_END) {
      within_ = false;
      inflateReset(&stream_);
    } else if (said != Z_OK && said != Z_BUF_ERROR) {
      return packed_.damaged(stream_.msg ? stream_.msg : "it cannot be unpacked");
    }
    return size - stream_.avail_out;
  }

  packed_bytes packed_;
  z_stream stream_{};
  bool ready_ = false;
  bool within_ = true; // a member
};

class zstd_bytes final : public byte_stream {
public:
  explicit zstd_bytes(packed_bytes from) : packed_{std::move(from)}, stream_{ZSTD_createDCtx()} {
    if (stream_)
      ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, most_window_log);
  }

  result<std::size_t> read(char* into, std::size_t size) override {
    if (!stream_)
      return failure{code::unavailable, "there is no memory to unpack a file"};
    ZSTD_outBuffer out{into, size, 0};
    for (;;) {
      // What it still holds comes before the next packed bytes.
      const auto some = holds_ ? result<bool>{true} : packed_.some();
      if (!some)
        return some.error();
      if (!*some)
        return within_ ? result<std::size_t>{packed_.cut_off()} : std::size_t{0};
      const auto packed = packed_.left();
      ZSTD_inBuffer in{packed.data(), packed.size(), 0};
      const auto left = ZSTD_decompressStream(stream_.get(), &out, &in);
      packed_.take(in.pos);
      if (ZSTD_isError(left))
        return trouble(left);
      within_ = left != 0;
      holds_ = within_ && out.pos == out.size;
      if (out.pos > 0)
        return out.pos;
    }
  }

private:
  struct freer {
    void operator()(ZSTD_DCtx* s) const { ZSTD_freeDCtx(s); }
  };

  failure trouble(std::size_t said) const {
    auto why = packed_.damaged(ZSTD_getErrorName(said));
    if (std::string_view{ZSTD_getErrorName(said)}.find("too much memory") != std::string_view::npos)
      why.remedy = "Pack it again without --long and --ultra: reading it takes more than 32 MiB.";
    return why;
  }

  packed_bytes packed_;
  std::unique_ptr<ZSTD_DCtx, freer> stream_;
  bool within_ = true; // a frame
  bool holds_ = false; // unpacked bytes for which there was no room
};

failure other_packing(const std::string& name, const char* is) {
  return {code::malformed, name + " is " + is + ", which is not read", name,
          "Unpack it, or pack the files themselves with gzip or zstd."};
}

} // namespace

result<std::unique_ptr<byte_stream>> unpacked(std::unique_ptr<byte_stream> from,
                                              std::string_view first, const std::string& name) {
  using namespace std::string_view_literals;
  const auto second = first.substr(first.empty() ? 0 : 1);
  // A frame of zstd, or one to be skipped that some writers put before it.
  if (first.starts_with("\x28\xb5\x2f\xfd"sv) ||
      (second.starts_with("\x2a\x4d\x18"sv) && (first.front() & 0xf0) == 0x50))
    return std::unique_ptr<byte_stream>{
        std::make_unique<zstd_bytes>(packed_bytes{std::move(from), name})};
  if (first.starts_with("\x1f\x8b"sv))
    return std::unique_ptr<byte_stream>{
        std::make_unique<gzip_bytes>(packed_bytes{std::move(from), name})};
  if (first.starts_with("PK\x03\x04"sv))
    return other_packing(name, "a ZIP archive");
  if (first.starts_with("BZh"sv) && first.find("\x31\x41\x59\x26\x53\x59"sv) == 4)
    return other_packing(name, "packed with bzip2");
  if (first.starts_with("\xfd\x37\x7a\x58\x5a"sv))
    return other_packing(name, "packed with xz");
  return from;
}

} // namespace tenon::actors::files
