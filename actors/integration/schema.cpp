#include "actors/integration/schema.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

class reader {
public:
  explicit reader(problems& found) : found_{found} {}

  void read(const object& members, const json_path& within, const std::string& where) {
    for (const auto& [name, said] : members) {
      if (made.size() == max_declared_fields)
        return found_.add(where, "more than " + std::to_string(max_declared_fields) +
                                     " fields are declared");
      auto path = within;
      path.steps.push_back(name);
      path.text += (within.text.empty() ? "" : ".") + name;
      const auto at = below(where, name);
      if (const auto* inner = said.as<object>(); inner && path.steps.size() < max_path_steps) {
        made.push_back({path, field_type::object});
        read(*inner, path, at);
      } else if (const auto type = type_of(said)) {
        made.push_back({std::move(path), *type});
      } else {
        const auto* word = said.as<std::string>();
        const auto meant = word == nullptr ? "" : suggestion(*word, names());
        found_.add(at, "this is no type",
                   meant.empty() ? "Use " + listed(names()) + ", or a map of fields."
                                 : "Did you mean " + meant + "?");
      }
    }
  }

  std::vector<declared_field> made{};

private:
  static std::vector<std::string> names() {
    return {field_type_names.begin(), field_type_names.end()};
  }

  static std::optional<field_type> type_of(const value& said) {
    const auto* word = said.as<std::string>();
    const auto it =
        word == nullptr ? field_type_names.end() : std::ranges::find(field_type_names, *word);
    if (it == field_type_names.end())
      return std::nullopt;
    return static_cast<field_type>(it - field_type_names.begin());
  }

  problems& found_;
};

} // namespace

std::vector<declared_field> compile_schema(const value& said, const std::string& where,
                                           problems& found) {
  const auto* members = said.as<object>();
  if (members == nullptr || members->empty()) {
    found.add(where, "a map of fields and their types is expected", "Write {id: integer, …}.");
    return {};
  }
  reader all{found};
  all.read(*members, {}, where);
  return std::move(all.made);
}

} // namespace tenon::actors::connectors
