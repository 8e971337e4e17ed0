#include "actors/resource/secrets.hpp"

namespace tenon::actors {

value covered(const value& secret) {
  if (const auto* members = secret.as<object>()) {
    object shown;
    for (const auto& [name, v] : *members)
      shown.append(name, covered(v));
    return shown;
  }
  if (const auto* elements = secret.as<list>()) {
    list shown;
    shown.reserve(elements->size());
    for (const auto& v : *elements)
      shown.push_back(covered(v));
    return shown;
  }
  return secret.is_null() ? value{} : value{cover};
}

result<value> uncovered(const value& fresh, const value* present, std::string_view where) {
  if (const auto* members = fresh.as<object>()) {
    object whole;
    for (const auto& [name, v] : *members) {
      auto one =
          uncovered(v, present ? present->find(name) : nullptr, std::string{where} + '.' + name);
      if (!one)
        return one;
      whole.append(name, *std::move(one));
    }
    return value{std::move(whole)};
  }
  if (const auto* elements = fresh.as<list>()) {
    const auto* before = present ? present->as<list>() : nullptr;
    list whole;
    for (std::size_t i = 0; i < elements->size(); ++i) {
      auto one = uncovered((*elements)[i], before && i < before->size() ? &(*before)[i] : nullptr,
                           std::string{where} + '[' + std::to_string(i) + ']');
      if (!one)
        return one;
      whole.push_back(*std::move(one));
    }
    return value{std::move(whole)};
  }
  const auto* text = fresh.as<std::string>();
  if (!text || *text != cover)
    return fresh;
  if (present)
    return *present;
  return failure{code::malformed, "there is no earlier secret behind this cover",
                 std::string{where}, "Write the secret itself."};
}

} // namespace tenon::actors
