// Secrets in specs. A described spec shows which secrets there are, each covered; applying such a
// spec again keeps the secrets that are still covered, so that a spec can be read, edited and
// applied without ever showing them.
//
//     {secrets: {user: anna, password: tiger}}  ⇄  {secrets: {user: "•••", password: "•••"}}
#pragma once

#include "protocols/value.hpp"

#include <string_view>
#include <vector>

namespace tenon::actors {

inline constexpr std::string_view cover = "•••";

/// Every text, number and truth value within, covered; names and shape stay.
value covered(const value& secret);

/// Puts what `present` holds in the place of each cover in `fresh`. `malformed` at `where` for a
/// cover with nothing behind it.
result<value> uncovered(const value& fresh, const value* present, std::string_view where);

/// The members of a spec's generated type that are annotated as secret.
template <class Spec> std::vector<std::string_view> secret_members() {
  std::vector<std::string_view> names;
  Spec sample{};
  Spec::each(sample, [&](const auto& field, const auto&) {
    if (field.secret)
      names.push_back(field.name);
  });
  return names;
}

} // namespace tenon::actors
