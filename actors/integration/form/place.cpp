#include "actors/integration/form/place.hpp"

namespace tenon::actors::connectors {

std::optional<json_path> take_path(form& settings, std::string_view name) {
  const auto text = settings.text(name);
  if (!text)
    return std::nullopt;
  auto path = compile_path(*text);
  if (path)
    return *std::move(path);
  settings.found().add(settings.at(name), std::move(path).error());
  return std::nullopt;
}

bool take_in_body(form& settings) {
  return settings.choice("where", {"query", "body"}).value_or(0) == 1;
}

place take_place(form& settings, std::string_view name, std::string_view fallback, bool in_body) {
  const auto text = settings.text(name).value_or(std::string{fallback});
  if (!in_body || text.empty())
    return {{text, {text}}, in_body};
  auto path = compile_path(text);
  if (path)
    return {*std::move(path), true};
  settings.found().add(settings.at(name), std::move(path).error());
  return {};
}

bool set_member(value& root, const json_path& path, value content) {
  value* at = &root;
  for (const auto& step : path.steps) {
    if (step == "*") {
      if (at->is_null())
        *at = list{value{}};
      auto* items = at->as<list>();
      if (items == nullptr || items->empty())
        return false;
      at = &items->front();
      continue;
    }
    if (at->is_null())
      *at = object{};
    auto* members = at->as<object>();
    if (members == nullptr)
      return false;
    at = &(*members)[step];
  }
  *at = std::move(content);
  return true;
}

result<void> put_at(draft& request, const place& where, const value& content) {
  if (!where.in_body) {
    const auto* text = content.as<std::string>();
    const auto* number = content.as<std::int64_t>();
    std::erase_if(request.query, [&](const auto& p) { return p.first == where.to.text; });
    request.query.emplace_back(where.to.text, text != nullptr     ? *text
                                              : number != nullptr ? std::to_string(*number)
                                                                  : "");
    return {};
  }
  if (!request.body)
    request.body = object{};
  if (set_member(*request.body, where.to, content))
    return {};
  return failure{code::malformed, "the request's body has no place for `" + where.to.text + "`"};
}

} // namespace tenon::actors::connectors
