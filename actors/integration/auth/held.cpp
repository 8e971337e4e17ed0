#include "actors/integration/auth/held.hpp"

#include "protocols/json.hpp"

namespace tenon::actors::connectors {

std::string to_text(const holding& h) {
  object all;
  if (!h.cookies.empty())
    all["cookies"] = h.cookies;
  if (!h.csrf.empty())
    all["csrf"] = h.csrf;
  if (!h.captured.empty())
    all["captured"] = h.captured;
  return all.empty() ? "" : write_json(all);
}

void read_held(std::string_view text, holding& into) {
  const auto read = text.empty() ? result<value>{object{}} : read_json(text);
  if (!read)
    return;
  const auto said = [&](const char* name) {
    const auto* member = read->find(name);
    const auto* one = member ? member->as<std::string>() : nullptr;
    return one ? *one : std::string{};
  };
  into.cookies = said("cookies");
  into.csrf = said("csrf");
  const auto* captured = read->find("captured");
  if (captured && captured->is<object>())
    into.captured = *captured->as<object>();
}

} // namespace tenon::actors::connectors
