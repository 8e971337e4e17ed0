#include "cluster/link/frame.hpp"

#include "protocols/ensure.hpp"
#include "runtime/store/checksum.hpp"

#include <cstring>

namespace tenon::cluster::link {
namespace {

constexpr std::size_t buffer_bytes = 128u << 10;

template <class Number> void put(char* at, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i)
    at[i] = static_cast<char>(number >> (8 * i));
}

template <class Number> Number get(const char* at) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i)
    number |= static_cast<Number>(static_cast<unsigned char>(at[i])) << (8 * i);
  return number;
}

bool is_sound(frame_kind kind, topic t) {
  return kind == frame_kind::payload ? t >= topic::raft && t <= topic::state : t == topic{};
}

failure broken_frame(std::string why) {
  return {code::malformed, std::move(why), "frame",
          "See that only nodes of this cluster, of versions that fit, are at that address."};
}

} // namespace

void put_header(std::string& out, frame_kind kind, std::string_view payload, checking how,
                topic t) {
  char header[frame_header_bytes]{};
  put(header, static_cast<std::uint32_t>(payload.size()));
  header[4] = static_cast<char>(kind);
  header[5] = static_cast<char>(t);
  if (how == checking::crc32c)
    put(header + 8, runtime::store::checksum(payload));
  out.append(header, sizeof header);
}

void put_number(std::string& out, frame_kind kind, std::uint64_t number, checking how) {
  char bytes[sizeof number];
  put(bytes, number);
  const std::string_view payload{bytes, sizeof bytes};
  put_header(out, kind, payload, how);
  out += payload;
}

result<std::uint64_t> number_in(const frame& f) {
  if (f.bytes.size() != sizeof(std::uint64_t))
    return broken_frame("a frame of " + std::to_string(f.bytes.size()) + " bytes is no number");
  return get<std::uint64_t>(f.bytes.data());
}

frame_reader::frame_reader(checking how, std::size_t most_bytes)
    : checking_{how}, most_{most_bytes}, buffer_(buffer_bytes) {}

std::span<char> frame_reader::room() {
  if (large_bytes_)
    return {large_bytes_.get() + large_filled_, large_.length - large_filled_};
  return std::span{buffer_}.subspan(until_);
}

result<frame_reader::header> frame_reader::read_header(const char* at) const {
  header h{get<std::uint32_t>(at), static_cast<frame_kind>(at[4]), static_cast<topic>(at[5]),
           get<std::uint32_t>(at + 8)};
  if (at[4] < static_cast<char>(frame_kind::hello) || at[4] > static_cast<char>(frame_kind::pong) ||
      !is_sound(h.kind, h.topic) || at[6] != 0 || at[7] != 0)
    return broken_frame("what came is no frame of this protocol");
  if (h.length > most_)
    return broken_frame("a frame claims " + std::to_string(h.length) + " bytes, and at most " +
                        std::to_string(most_) + " are allowed");
  return h;
}

result<void> frame_reader::finish(const header& h, blob bytes, std::vector<frame>& whole) const {
  if (checking_ == checking::crc32c && runtime::store::checksum(bytes.view()) != h.check)
    return broken_frame("a frame was changed on its way: its checksum is wrong");
  whole.push_back({h.kind, std::move(bytes), h.topic});
  return {};
}

void frame_reader::begin_large(const header& h) {
  large_ = h;
  large_bytes_ = std::make_shared_for_overwrite<char[]>(h.length);
  large_filled_ = until_ - from_ - frame_header_bytes;
  std::memcpy(large_bytes_.get(), buffer_.data() + from_ + frame_header_bytes, large_filled_);
  from_ = until_ = 0;
}

result<void> frame_reader::filled(std::size_t count, std::vector<frame>& whole) {
  must(count <= room().size(), "more was read than there was room for");
  if (large_bytes_) {
    large_filled_ += count;
    if (large_filled_ < large_.length)
      return {};
    const char* const data = large_bytes_.get();
    return finish(large_, blob{std::move(large_bytes_), data, large_.length}, whole);
  }
  until_ += count;
  while (until_ - from_ >= frame_header_bytes) {
    const auto h = read_header(buffer_.data() + from_);
    if (!h)
      return h.error();
    const auto size = frame_header_bytes + h->length;
    if (until_ - from_ < size) {
      if (size > buffer_.size() / 2) {
        begin_large(*h);
        return {};
      }
      break;
    }
    const std::string_view payload{buffer_.data() + from_ + frame_header_bytes, h->length};
    if (auto done = finish(*h, blob::copy_of(payload), whole); !done)
      return done;
    from_ += size;
  }
  std::memmove(buffer_.data(), buffer_.data() + from_, until_ - from_);
  until_ -= from_;
  from_ = 0;
  return {};
}

} // namespace tenon::cluster::link
