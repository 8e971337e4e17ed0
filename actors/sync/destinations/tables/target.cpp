#include "actors/sync/destinations/tables/target.hpp"

namespace tenon::actors::tables {

failure at_destination(failure why) {
  constexpr std::string_view from{"spec.from."};
  if (why.where.starts_with(from))
    why.where = "spec.to." + why.where.substr(from.size());
  return why;
}

result<target> read_target(const object& written, const relational::option_names& names,
                           const way& w) {
  target t;
  const auto other = [&](const std::string& name, const value& v) -> result<void> {
    if (name != "extra" && name != "file")
      return relational::read_server_option(t.server, names, w.schemes, w.usual_port, name, v);
    auto text = names.text_of(name, v);
    if (!text)
      return std::move(text).error();
    (name == "extra" ? t.extra : t.file) = *std::move(text);
    return {};
  };
  auto rows = relational::read_table_options(written, names, {}, other);
  if (!rows)
    return at_destination(std::move(rows).error());
  t.rows = *std::move(rows);
  const bool is_file = w.schemes.empty();
  for (const auto& [name, missing] :
       {std::pair{is_file ? "file" : "url", is_file ? t.file.empty() : t.server.host.empty()},
        {"table", t.rows.table.empty()},
        {"key", t.rows.key.empty()}})
    if (missing)
      return at_destination(
          names.wrong(name, "this option is missing", "Write " + std::string{names.example} + '.'));
  return t;
}

} // namespace tenon::actors::tables
