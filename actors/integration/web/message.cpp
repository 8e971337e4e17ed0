#include "actors/integration/web/message.hpp"

#include <algorithm>

namespace tenon::actors::connectors {

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

void set_header(headers& all, std::string_view name, std::string content) {
  std::erase_if(all, [&](const auto& h) { return same_ignoring_case(h.first, name); });
  all.emplace_back(std::string{name}, std::move(content));
}

} // namespace tenon::actors::connectors
