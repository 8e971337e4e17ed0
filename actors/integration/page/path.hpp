// Where something stands in a JSON body: "paging.next.after", "items.0.id", "groups.*.members".
// The empty path and "." are the whole body; a key with a dot in it is written `@odata\.nextLink`.
#pragma once

#include "actors/integration/page/json_text.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

struct json_path {
  std::string text; // as written
  std::vector<std::string> steps;

  bool operator==(const json_path&) const = default;
};

inline constexpr std::size_t max_path_steps = 16;

result<json_path> compile_path(std::string_view text);

/// The first thing there, or nothing.
std::optional<std::string_view> find(const json_text&, std::string_view from, const json_path&);

/// Everything there, in order; a star stands for each item of a list and each member of an object.
void find_all(const json_text&, std::string_view from, const json_path&,
              const std::function<void(std::string_view)>& found);

} // namespace tenon::actors::connectors
