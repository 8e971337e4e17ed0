#include "actors/connector.hpp"

#include "actors/integration/manifest.hpp"
#include "actors/integration/toll.hpp"
#include "actors/quota/level.hpp"

namespace tenon::actors {

result<void> connector::check_spec(const value& written) {
  auto compiled = connectors::compile_manifest(written);
  if (!compiled) {
    auto& f = compiled.error();
    f.where = f.where.empty() ? "spec" : "spec." + f.where;
    return std::move(f);
  }
  for (std::size_t i = 0; i < compiled->buckets.size(); ++i)
    if (auto checked = check(connectors::described(compiled->buckets[i], "one"),
                             "spec.limits.buckets[" + std::to_string(i) + ']');
        !checked)
      return checked;
  return {};
}

value connector::status(const state& s) {
  const auto manifest = spec_in(s.record);
  object shown;
  if (const auto* itself = manifest.find("connector"))
    shown["connector"] = *itself;
  list streams;
  object schemas;
  if (const auto* v = manifest.find("streams"))
    if (const auto* members = v->as<object>())
      for (const auto& [name, stream] : *members) {
        streams.emplace_back(name);
        if (const auto* schema = stream.find("schema"))
          schemas[name] = *schema;
      }
  shown["streams"] = std::move(streams);
  if (!schemas.empty())
    shown["schemas"] = std::move(schemas);
  return shown;
}

connector::decision<connector::read> connector::on(const state& s, const read&, moment) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  return reply(protocols::connector::manifest{s.record.version, s.record.spec});
}

} // namespace tenon::actors
