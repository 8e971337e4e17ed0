#include "actors/integration/auth/held.hpp"

#include "protocols/json.hpp"

namespace tenon::actors::connectors {

std::string to_text(const holding& h, const std::string& told_by) {
  object all;
  if (!h.cookies.empty())
    all["cookies"] = h.cookies;
  if (!h.csrf.empty())
    all["csrf"] = h.csrf;
  if (!h.captured.empty())
    all["captured"] = h.captured;
  if (!told_by.empty())
    all["integration"] = told_by;
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

std::string read_told_by(std::string_view text) {
  const auto read = text.empty() ? result<value>{object{}} : read_json(text);
  const auto* named = read ? read->find("integration") : nullptr;
  const auto* name = named ? named->as<std::string>() : nullptr;
  return name ? *name : std::string{};
}

} // namespace tenon::actors::connectors
