#include "actors/sync/sources/files/bytes/input.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace tenon::actors::files {
namespace {

constexpr std::size_t chunk = 256u << 10;

/// The file as it is, up to the size that it had when it was opened.
class plain_bytes final : public byte_stream {
public:
  explicit plain_bytes(std::shared_ptr<const open_file> f) : file_{std::move(f)} {}

  result<std::size_t> read(char* into, std::size_t size) override {
    const auto left = file_->opened.size - at_;
    if (left == 0)
      return std::size_t{0};
    auto got =
        file_->read_at(at_, into, static_cast<std::size_t>(std::min<std::uint64_t>(left, size)));
    if (got && *got == 0)
      return failure{code::stale, file_->name + " became shorter while it was read", file_->name,
                     "It is read from the beginning."};
    if (got)
      at_ += *got;
    return got;
  }

  bool go_to(std::uint64_t offset) override {
    at_ = offset;
    return true;
  }

private:
  const std::shared_ptr<const open_file> file_;
  std::uint64_t at_ = 0;
};

class given_bytes final : public byte_stream {
public:
  explicit given_bytes(std::string bytes) : bytes_{std::move(bytes)} {}

  result<std::size_t> read(char* into, std::size_t size) override {
    const auto got = bytes_.copy(into, size, at_);
    at_ += got;
    return got;
  }

private:
  const std::string bytes_;
  std::size_t at_ = 0;
};

} // namespace

input::input(std::string name, std::uint64_t size, std::unique_ptr<byte_stream> s, bool packed)
    : name_{std::move(name)}, size_{size}, stream_{std::move(s)}, packed_{packed} {}

std::unique_ptr<input> input::of(std::string name, std::string bytes) {
  const auto size = bytes.size();
  return std::unique_ptr<input>{
      new input{std::move(name), size, std::make_unique<given_bytes>(std::move(bytes)), false}};
}

result<std::unique_ptr<input>> input::open(std::shared_ptr<const open_file> file) {
  std::array<char, 16> first;
  const auto got = file->read_at(0, first.data(), first.size());
  if (!got)
    return got.error();
  auto plain = std::make_unique<plain_bytes>(file);
  const byte_stream* const as_it_is = plain.get();
  auto bytes = unpacked(std::move(plain), {first.data(), *got}, file->name);
  if (!bytes)
    return std::move(bytes).error();
  const bool packed = bytes->get() != as_it_is;
  return std::unique_ptr<input>{
      new input{file->name, file->opened.size, *std::move(bytes), packed}};
}

void input::make_room() {
  if (capacity_ - end_ >= chunk)
    return;
  const auto held = end_ - begin_;
  // Small again after a large record; or as large as one that comes in many chunks needs.
  const bool shrinks = capacity_ > 4 * chunk && held < chunk;
  if (shrinks || held + chunk > capacity_ / 2 + chunk / 2) {
    capacity_ = shrinks ? 2 * chunk : std::max(2 * capacity_, 2 * chunk);
    auto other = std::make_unique_for_overwrite<char[]>(capacity_);
    std::copy_n(buffer_.get() + begin_, held, other.get());
    buffer_ = std::move(other);
  } else {
    std::memmove(buffer_.get(), buffer_.get() + begin_, held);
  }
  taken_ += begin_;
  begin_ = 0;
  end_ = held;
}

result<bool> input::more() {
  if (ended_)
    return false;
  if (stop_.stop_requested())
    return failure{code::unavailable, name() + " was not read to the end of the page", name(),
                   "It is tried again."};
  make_room();
  const auto got = stream_->read(buffer_.get() + end_, chunk);
  if (!got)
    return got.error();
  end_ += *got;
  ended_ = *got == 0;
  return !ended_;
}

result<void> input::go_to(std::uint64_t offset) {
  if (!packed_ && offset > taken_ + end_) {
    if (offset > size_)
      return failure{code::stale, name() + " is shorter than it was", name(),
                     "It is read from the beginning."};
    if (stream_->go_to(offset)) {
      taken_ = offset;
      begin_ = end_ = 0;
    }
  }
  while (this->offset() < offset) {
    if (window().empty()) {
      const auto came = more();
      if (!came)
        return came.error();
      if (!*came)
        return failure{code::stale, name() + " is shorter than it was", name(),
                       "It is read from the beginning."};
    }
    take(static_cast<std::size_t>(
        std::min<std::uint64_t>(window().size(), offset - this->offset())));
  }
  return {};
}

result<void> input::begin_text(std::uint64_t offset) {
  if (offset > 0)
    return go_to(offset);
  while (window().size() < 3) {
    const auto came = more();
    if (!came)
      return came.error();
    if (!*came)
      break;
  }
  if (window().starts_with("\xef\xbb\xbf"))
    take(3);
  else if (window().starts_with("\xff\xfe") || window().starts_with("\xfe\xff"))
    return failure{code::malformed, name() + " is UTF-16, not UTF-8", name(),
                   "Write it as UTF-8: iconv -f UTF-16 -t UTF-8."};
  return {};
}

} // namespace tenon::actors::files
