#include "actors/sync/sources/files/options.hpp"

#include "protocols/identity.hpp"
#include "protocols/json.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>

namespace tenon::actors::files {
namespace {

constexpr std::size_t max_key_fields = 16;
constexpr std::size_t max_path_bytes = 4'000;

void check_path(connectors::form& f, const std::string& path) {
  if (path.empty() || path.size() > max_path_bytes || path.find('\0') != path.npos ||
      !is_utf8(path))
    f.note("path", "this cannot be a path", "Write a file, a directory, or a pattern like *.csv.");
}

void check_key(connectors::form& f, const std::vector<std::string>& key) {
  if (key.size() > max_key_fields ||
      std::ranges::any_of(key, [](const auto& field) { return field.empty(); }))
    f.note("key", "a key has 1 to 16 fields, each with a name", "Name the fields of the key.");
  for (auto it = key.begin(); it != key.end(); ++it)
    if (std::find(key.begin(), it, *it) != it)
      f.note("key", *it + " is there twice", "Name each field once.");
}

/// Where files are and how many records make a page decides nothing about a record.
std::uint64_t shape_of(const format_kind& kind, const object& written) {
  std::vector<std::string> said{std::string{kind.name}};
  for (const auto& [name, v] : written)
    if (name != "page_size" && name != "order")
      said.push_back(name + '=' + write_json(v));
  std::ranges::sort(said);
  std::uint64_t shape = 0;
  for (const auto& each : said)
    shape = stable_hash(each, stable_hash("\n") ^ shape);
  return shape;
}

} // namespace

std::vector<connectors::json_path> key_paths(connectors::form& f, const asked& a) {
  std::vector<connectors::json_path> paths;
  for (const auto& field : a.key) {
    auto path = connectors::compile_path(field);
    if (path)
      paths.push_back(*std::move(path));
    else
      f.note("key", path.error().why, path.error().remedy);
  }
  return paths;
}

result<void> read_json_again(const protocols::letter_types::kept& letter,
                             const std::vector<connectors::json_path>& key, rows& onto) {
  if (!needed_for(letter, "json"))
    return of_another_kind(letter);
  onto.keep_json(letter.bytes.view(), key, {});
  return {};
}

result<options> read_options(const format_kind& kind, const object& written) {
  options o{.place = "spec.from." + std::string{kind.name}};
  connectors::problems found;
  const value content{written};
  connectors::form f{content, o.place, found};
  const auto example = "`path: customers." + std::string{kind.name} + '`';
  if (f.require("path", example))
    if (const auto path = f.text("path"))
      check_path(f, o.path = *path);
  asked a{.place = o.place};
  if (f.require("key", "the field that identifies a record, as in `key: id`"))
    check_key(f, a.key = f.texts("key"));
  if (const auto by = f.choice("order", {"name", "modified"}))
    o.order = static_cast<file_order>(*by);
  if (const auto size = f.number("page_size", 1, max_page_size)) {
    o.page_size = static_cast<std::size_t>(*size);
    o.sized = true;
  }
  if (kind.may_grow)
    o.append = f.flag("append").value_or(false);
  a.grows = o.append;
  o.format = kind.read_options(f, a);
  f.finish();
  if (!found.empty())
    return std::move(found).take().front();
  o.shape = shape_of(kind, written);
  return o;
}

} // namespace tenon::actors::files
