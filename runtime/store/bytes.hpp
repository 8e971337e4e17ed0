// Fixed-width numbers in stored bytes: big-endian in keys, so that they sort as numbers do, and as
// the machine has them in values, like LMDB's own pages.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tenon::runtime::store {

static_assert(std::endian::native == std::endian::little, "the stored form is little-endian");

template <class Number> Number read_number(const char* at) noexcept {
  Number n;
  std::memcpy(&n, at, sizeof n);
  return n;
}

template <class Number> char* write_number(char* at, Number n) noexcept {
  std::memcpy(at, &n, sizeof n);
  return at + sizeof n;
}

inline std::uint64_t read_big(std::string_view eight) noexcept {
  return __builtin_bswap64(read_number<std::uint64_t>(eight.data()));
}

inline char* write_big(char* at, std::uint64_t n) noexcept {
  return write_number(at, __builtin_bswap64(n));
}

/// The key whose bytes are this number, big-endian.
class number_key {
public:
  explicit number_key(std::uint64_t n) noexcept { write_big(bytes_, n); }
  operator std::string_view() const noexcept { return {bytes_, sizeof bytes_}; }

private:
  char bytes_[8];
};

} // namespace tenon::runtime::store
