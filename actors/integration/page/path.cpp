#include "actors/integration/page/path.hpp"

#include <charconv>

namespace tenon::actors::connectors {
namespace {

std::optional<std::string_view> step(const json_text& text, std::string_view from,
                                     std::string_view name) {
  if (!is_list(from))
    return text.member(from, name);
  std::size_t position = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), position);
  if (read.ec != std::errc{} || read.ptr != name.data() + name.size())
    return std::nullopt;
  for (json_text::walk items{text, from}; items.next(); --position)
    if (position == 0)
      return items.content();
  return std::nullopt;
}

/// Whether to go on, which is what `found` says.
bool visit(const json_text& text, std::string_view from, const json_path& path, std::size_t depth,
           const std::function<bool(std::string_view)>& found) {
  for (; depth < path.steps.size() && path.steps[depth] != "*"; ++depth) {
    const auto next = step(text, from, path.steps[depth]);
    if (!next)
      return true;
    from = *next;
  }
  if (depth == path.steps.size())
    return found(from);
  for (json_text::walk all{text, from}; all.next();)
    if (!visit(text, all.content(), path, depth + 1, found))
      return false;
  return true;
}

} // namespace

result<json_path> compile_path(std::string_view text) {
  json_path path{std::string{text}, {}};
  if (text.empty() || text == ".")
    return path;
  std::string name;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '.') {
      if (name.empty())
        return failure{code::malformed, "the path '" + path.text + "' has an empty step", "",
                       "Write keys with one dot between them, such as paging.next."};
      path.steps.push_back(std::move(name));
      name.clear();
      continue;
    }
    if (text[i] == '\\' && i + 1 < text.size())
      ++i;
    name += text[i];
  }
  if (path.steps.size() > max_path_steps)
    return failure{code::malformed, "the path '" + path.text + "' has more than " +
                                        std::to_string(max_path_steps) + " steps"};
  return path;
}

std::optional<std::string_view> find(const json_text& text, std::string_view from,
                                     const json_path& path) {
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    if (path.steps[i] == "*") {
      std::optional<std::string_view> first;
      visit(text, from, path, i, [&](std::string_view found) {
        first = found;
        return false;
      });
      return first;
    }
    const auto next = step(text, from, path.steps[i]);
    if (!next)
      return std::nullopt;
    from = *next;
  }
  return from;
}

void find_all(const json_text& text, std::string_view from, const json_path& path,
              const std::function<void(std::string_view)>& found) {
  visit(text, from, path, 0, [&](std::string_view one) {
    found(one);
    return true;
  });
}

} // namespace tenon::actors::connectors
