// libFuzzer: the bytes up to the first zero name a type of a conversation, those behind it are such
// a message as it might come from a journal or another node. It is refused or read; what was read
// is written so that it reads the same again.
#include "protocols/catalog.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace tenon;

void expect(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto types = protocols::catalog();
  const std::string_view all{reinterpret_cast<const char*>(bytes), size};
  const auto end = std::min(all.find('\0'), all.size());
  const auto type =
      std::ranges::find(types, all.substr(0, end), [](const auto& t) { return t.type_name; });
  if (type == types.end())
    return 0;
  const auto once = type->recode(blob::copy_of(all.substr(std::min(end + 1, all.size()))));
  if (!once)
    return expect(!once.error().why.empty()), 0;
  const auto twice = type->recode(*once);
  expect(twice && *twice == *once);
  return 0;
}
