#include "tests/support/paged_api/faults.hpp"

#include <array>
#include <charconv>

namespace tenon::tests::paged_api {
namespace {

constexpr std::array<std::string_view, 10> names{"none", "401",       "429",  "500",     "503",
                                                 "cut",  "truncated", "slow", "garbage", "busy"};

fault_share read_share(std::string_view part) {
  const auto refused = [part](std::string_view why) {
    return std::invalid_argument{"\"" + std::string{part} + "\": " + std::string{why}};
  };
  const auto equals = part.find('=');
  if (equals == std::string_view::npos || !part.ends_with('%'))
    throw refused("expected KIND=PERCENT%, as in 429=2%");
  fault_share read;
  for (std::size_t i = 1; i < names.size(); ++i)
    if (part.substr(0, equals) == names[i])
      read.kind = static_cast<fault>(i);
  if (read.kind == fault::none)
    throw refused("the kinds are 401, 429, 500, 503, cut, truncated, slow, garbage and busy");
  const auto number = part.substr(equals + 1, part.size() - equals - 2);
  const auto end = number.data() + number.size();
  const auto [at, error] = std::from_chars(number.data(), end, read.share);
  if (error != std::errc{} || at != end || !(read.share >= 0 && read.share <= 100))
    throw refused("the share is a number from 0 to 100");
  read.share /= 100;
  return read;
}

} // namespace

std::string_view name_of(fault f) {
  return names[static_cast<std::size_t>(f)];
}

std::vector<fault_share> read_faults(std::string_view text) {
  std::vector<fault_share> shares;
  double sum = 0;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    shares.push_back(read_share(text.substr(0, comma)));
    sum += shares.back().share;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (sum > 1)
    throw std::invalid_argument{"the shares add up to more than 100%"};
  return shares;
}

fault fault_dice::next() {
  if (shares_.empty())
    return fault::none;
  double drawn = static_cast<double>(random_() >> 11) * 0x1p-53;
  for (const auto& [kind, share] : shares_) {
    if (drawn < share)
      return kind;
    drawn -= share;
  }
  return fault::none;
}

} // namespace tenon::tests::paged_api
