#include "actors/integration/web/message.hpp"

#include <algorithm>

namespace tenon::actors::integration {

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::string_view> find_header(const headers& all, std::string_view name) {
  const auto found =
      std::ranges::find_if(all, [&](const header& h) { return same_ignoring_case(h.name, name); });
  if (found == all.end())
    return std::nullopt;
  return found->value;
}

void set_header(headers& all, std::string_view name, std::string value) {
  std::erase_if(all, [&](const header& h) { return same_ignoring_case(h.name, name); });
  all.push_back({std::string{name}, std::move(value)});
}

} // namespace tenon::actors::integration
