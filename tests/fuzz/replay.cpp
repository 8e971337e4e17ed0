// Runs a harness where the compiler has no fuzzer: over its corpus, so that what was once found
// stays found, and then over changed copies of it, drawn from a seed that is printed. Blind, but
// many, and under sanitizers.
//
//   <what>_fuzz <corpus> [-runs=<changed copies>] [-seed=<n>]
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using dice = std::mt19937_64;

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> read_all(const std::filesystem::path& corpus) {
  std::vector<std::filesystem::path> files{std::filesystem::directory_iterator{corpus}, {}};
  std::ranges::sort(files); // the same seed means the same inputs on every machine
  std::vector<std::string> inputs;
  for (const auto& file : files) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream bytes;
    bytes << in.rdbuf();
    inputs.push_back(bytes.str());
  }
  return inputs;
}

/// One of what fuzzers do: flip a bit, set a byte to something remarkable, cut, repeat, splice.
void change(std::string& s, const std::vector<std::string>& corpus, dice& draw) {
  const auto place = [&] { return s.empty() ? 0 : draw() % s.size(); };
  const auto length = [&](std::size_t from) { return draw() % (s.size() - from + 1); };
  constexpr unsigned char remarkable[]{0, 1, 0x7f, 0x80, 0xff, '"', '{', '[', '\\', '\n', ' ', ':'};
  switch (const auto at = place(); s.empty() ? 5 : draw() % 6) {
  case 0:
    s[at] = static_cast<char>(s[at] ^ (1 << draw() % 8));
    break;
  case 1:
    s[at] = static_cast<char>(remarkable[draw() % std::size(remarkable)]);
    break;
  case 2:
    s.erase(at, length(at));
    break;
  case 3:
    s.insert(at, s.substr(at, std::min<std::size_t>(length(at), 64)));
    break;
  case 4:
    s.insert(at, 1 + draw() % 8, static_cast<char>(draw()));
    break;
  default: {
    const auto& other = corpus[draw() % corpus.size()];
    const auto from = other.empty() ? 0 : draw() % other.size();
    s.replace(at, s.npos, other.substr(from));
  }
  }
}

std::uint64_t option(std::string_view argument, std::string_view name, std::uint64_t otherwise) {
  if (argument.starts_with(name)) {
    argument.remove_prefix(name.size());
    std::from_chars(argument.data(), argument.data() + argument.size(), otherwise);
  }
  return otherwise;
}

} // namespace

int main(int count, char** arguments) {
  std::uint64_t runs = 0, seed = std::random_device{}();
  for (int i = 2; i < count; ++i) {
    runs = option(arguments[i], "-runs=", runs);
    seed = option(arguments[i], "-seed=", seed);
  }
  const auto corpus = read_all(count > 1 ? arguments[1] : ".");
  if (corpus.empty())
    return std::fprintf(stderr, "the corpus is empty\n"), 1;
  for (const auto& input : corpus)
    run(input);
  std::printf("%zu inputs; %llu changed ones, -seed=%llu\n", corpus.size(),
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seed));
  std::fflush(stdout); // before what may crash
  dice draw{seed};
  for (std::uint64_t i = 0; i < runs; ++i) {
    auto input = corpus[draw() % corpus.size()];
    for (auto changes = 1 + draw() % 6; changes > 0; --changes)
      change(input, corpus, draw);
    run(input);
  }
  return 0;
}
