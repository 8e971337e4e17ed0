// Records made up from a seed. What varies is cheap arithmetic on the key; what fills a record up
// to its size is a window into one block of text that stays in the processor's cache, so a page is
// little more than 200 memcpys, which is faster than reading a prepared page back from memory.
#include "tests/support/paged_api/origin.hpp"
#include "tests/support/paged_api/stamp.hpp"

#include <array>
#include <charconv>
#include <random>

namespace tenon::tests::paged_api {
namespace {

constexpr std::size_t block_bytes = 1u << 18;

std::uint64_t mixed(std::uint64_t x) { // splitmix64's finaliser
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

void number(std::uint64_t n, std::string& onto) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  onto.append(digits.data(), end);
}

class records final : public origin {
public:
  explicit records(generated_records wanted) : wanted_{wanted} {
    constexpr std::string_view alphabet =
        "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789,.";
    std::mt19937_64 random{wanted.seed};
    text_.reserve(block_bytes + wanted.bytes);
    while (text_.size() < block_bytes + wanted.bytes)
      text_ += alphabet[random() % alphabet.size()];
  }

  std::size_t size() const override { return wanted_.count; }
  std::int64_t key(std::size_t index) const override {
    return static_cast<std::int64_t>(index) + 1;
  }
  std::optional<std::size_t> find(std::int64_t key) const override {
    if (key < 1 || static_cast<std::size_t>(key) > wanted_.count)
      return std::nullopt;
    return static_cast<std::size_t>(key) - 1;
  }
  std::int64_t updated_at(std::size_t index) const override {
    return beginning + static_cast<std::int64_t>(index) * 1000;
  }

  void members(std::size_t index, std::string& onto) const override {
    static constexpr std::array<std::string_view, 6> countries{"Norway", "Brazil", "India",
                                                               "Canada", "France", "Kenya"};
    const auto id = static_cast<std::uint64_t>(key(index));
    const auto dice = mixed(id ^ (wanted_.seed << 32));
    const auto from = onto.size();
    onto += "\"id\":";
    number(id, onto);
    onto += ",\"name\":\"Customer ";
    number(id, onto);
    onto += "\",\"email\":\"c";
    number(id, onto);
    onto += "@example.com\",\"country\":\"";
    onto += countries[dice % countries.size()];
    onto += "\",\"active\":";
    onto += (dice & 64) != 0 ? "true" : "false";
    onto += ",\"score\":";
    number((dice >> 7) % 1000, onto);
    onto += ",\"balance\":";
    number((dice >> 17) % 100'000, onto);
    onto += ".5,\"address\":{\"street\":\"";
    onto += window(dice >> 9, 12);
    onto += "\",\"zip\":\"";
    number(10'000 + (dice >> 40) % 90'000, onto);
    onto += "\"},\"note\":\"";
    const auto spent = onto.size() - from + 1 + stamps_bytes(static_cast<std::int64_t>(id)) + 2;
    if (spent < wanted_.bytes)
      onto += window(dice >> 21, wanted_.bytes - spent);
    onto += '"';
  }

private:
  std::string_view window(std::uint64_t at, std::size_t bytes) const {
    return std::string_view{text_}.substr(at % block_bytes, bytes);
  }

  generated_records wanted_;
  std::string text_;
};

} // namespace

std::unique_ptr<origin> generated(generated_records wanted) {
  return std::make_unique<records>(wanted);
}

} // namespace tenon::tests::paged_api
