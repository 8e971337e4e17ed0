// Runs a harness over its corpus where the compiler has no fuzzer: what was once found stays found.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
  std::size_t replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator{count > 1 ? arguments[1] : "."}) {
    std::ifstream file{entry.path(), std::ios::binary};
    std::ostringstream bytes;
    bytes << file.rdbuf();
    const auto input = bytes.str();
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    ++replayed;
  }
  std::printf("%zu inputs\n", replayed);
  return replayed == 0 ? 1 : 0;
}
