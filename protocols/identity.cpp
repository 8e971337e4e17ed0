#include "protocols/identity.hpp"

namespace tenon {
namespace {

constexpr bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

result<void> check_part(std::string_view part, std::string_view what, std::size_t most,
                        bool (*allowed)(char), std::string_view alphabet) {
  const auto refuse = [&](std::string why) {
    return failure{code::malformed, std::move(why), std::string{what},
                   "Use 1 to " + std::to_string(most) + " of " + std::string{alphabet} +
                       ", starting with a letter or digit."};
  };
  if (part.empty())
    return refuse("the " + std::string{what} + " is empty");
  if (part.size() > most)
    return refuse("the " + std::string{what} + " has " + std::to_string(part.size()) + " bytes");
  const char first = part.front();
  if (!is_lower_or_digit(first) && !(first >= 'A' && first <= 'Z'))
    return refuse("the " + std::string{what} +
                  " starts with something else than a letter or digit");
  for (const char c : part)
    if (!allowed(c))
      return refuse("the " + std::string{what} + " contains a character that is not allowed");
  return {};
}

} // namespace

std::string to_string(const identity& id) {
  return id.tenant + '/' + id.kind + '/' + id.name;
}

result<identity> parse_identity(std::string_view text) {
  const auto first = text.find('/');
  const auto second = first == text.npos ? text.npos : text.find('/', first + 1);
  if (second == text.npos)
    return failure{code::malformed, "an identity is tenant/kind/name", "identity"};
  identity id{std::string{text.substr(0, first)},
              std::string{text.substr(first + 1, second - first - 1)},
              std::string{text.substr(second + 1)}};
  if (auto ok = check(id); !ok)
    return std::move(ok).error();
  return id;
}

identity beside(const identity& own, identity to) {
  if (to.tenant.empty())
    to.tenant = own.tenant;
  if (to.kind.empty())
    to.kind = own.kind;
  if (to.name.empty())
    to.name = own.name;
  return to;
}

result<void> check(const identity& id) {
  if (auto ok = check_part(
          id.tenant, "tenant", max_tenant_bytes,
          [](char c) { return is_lower_or_digit(c) || c == '-' || c == '_'; }, "a-z 0-9 - _");
      !ok)
    return ok;
  if (auto ok = check_part(
          id.kind, "kind", max_kind_bytes, [](char c) { return is_lower_or_digit(c) || c == '_'; },
          "a-z 0-9 _");
      !ok)
    return ok;
  return check_part(
      id.name, "name", max_name_bytes,
      [](char c) {
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == ':' ||
               c == '-';
      },
      "a-z A-Z 0-9 . _ : -");
}

std::uint64_t placement_of(const identity& id) {
  const std::string_view name{id.name};
  return stable_hash(name.substr(0, name.find(':')), stable_hash(id.tenant) ^ '/');
}

} // namespace tenon
