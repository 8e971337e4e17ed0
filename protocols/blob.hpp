// Immutable bytes that many may hold: a slice of a reference-counted allocation. Copying a blob
// copies no byte, so a frame read from the wire, the fields decoded from it and the journal's
// copy of it are one allocation.
//
// Bytes made by `encode` start 16-byte aligned, as Cap'n Proto wants them; a slice need not.
#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon {

class blob {
public:
  blob() = default;

  /// The bytes [data, data + size) stay valid as long as `owner` is held.
  blob(std::shared_ptr<const void> owner, const void* data, std::size_t size)
      : owner_{std::move(owner)}, data_{static_cast<const char*>(data)}, size_{size} {}

  /// A copy in an aligned allocation of its own.
  static blob copy_of(std::string_view bytes) {
    if (bytes.empty())
      return {};
    auto owner = std::make_shared_for_overwrite<char[]>(bytes.size());
    std::memcpy(owner.get(), bytes.data(), bytes.size());
    const char* data = owner.get();
    return {std::move(owner), data, bytes.size()};
  }

  /// Takes the string over without copying its bytes.
  static blob from(std::string&& text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    const char* data = owner->data();
    const auto size = owner->size();
    return {std::move(owner), data, size};
  }

  /// A part of these bytes, sharing their allocation. `view` must lie within them.
  blob slice(std::string_view part) const { return {owner_, part.data(), part.size()}; }

  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::string_view view() const noexcept { return {data_, size_}; }
  std::string text() const { return std::string{view()}; }

  bool operator==(const blob& other) const noexcept { return view() == other.view(); }

private:
  std::shared_ptr<const void> owner_;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace tenon
