#include "runtime/store/checksum.hpp"

#include <array>
#include <cstddef>
#include <cstring>

namespace tenon::runtime::store {
namespace {

constexpr auto make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto rest = byte;
    for (int bit = 0; bit < 8; ++bit)
      rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0x82f63b78u : 0u);
    table[byte] = rest;
  }
  return table;
}

std::uint32_t by_table(std::string_view bytes, std::uint32_t sum) noexcept {
  static constexpr auto table = make_table();
  for (const char c : bytes)
    sum = (sum >> 8) ^ table[(sum ^ static_cast<unsigned char>(c)) & 0xff];
  return sum;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view bytes,
                                                               std::uint32_t sum) noexcept {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t wide = sum;
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  sum = static_cast<std::uint32_t>(wide);
  for (; left > 0; ++at, --left)
    sum = __builtin_ia32_crc32qi(sum, static_cast<unsigned char>(*at));
  return sum;
}

const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
#endif

} // namespace

std::uint32_t checksum(std::string_view bytes, std::uint32_t before) noexcept {
#if defined(__x86_64__)
  if (has_instruction)
    return ~by_instruction(bytes, ~before);
#endif
  return ~by_table(bytes, ~before);
}

} // namespace tenon::runtime::store
