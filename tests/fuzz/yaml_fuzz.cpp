// libFuzzer: any bytes give documents whose every place can be told, or a failure that has one.
#include "config/yaml.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto read = tenon::config::read_yaml(text, "x", {.bytes = 1u << 16});
  if (!read)
    return read.error().where.empty() || read.error().why.empty() ? (std::abort(), 1) : 0;
  for (const auto& one : *read)
    for (const auto& [path, spot] : one.positions.spots)
      if (tenon::config::place(one.positions, path).empty() || spot.line == 0)
        std::abort();
  return 0;
}
