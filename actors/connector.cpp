#include "actors/connector.hpp"

namespace tenon::actors {

result<void> connector::check_spec(const value& manifest) {
  if (const auto* name = manifest.find("connector"); !name || !name->is<std::string>())
    return failure{code::malformed, "the manifest does not say which connector it is",
                   "spec.connector", "Write the platform's name there, such as hubspot."};
  return {};
}

value connector::status(const state& s) {
  const auto manifest = spec_in(s.record);
  object shown;
  for (const auto* block : {"title", "api_version"})
    if (const auto* v = manifest.find(block); v && !v->is_null())
      shown[block] = *v;
  for (const auto* block : {"streams", "actions", "hooks"}) {
    list names;
    if (const auto* v = manifest.find(block))
      if (const auto* members = v->as<object>())
        for (const auto& [name, unused] : *members)
          names.emplace_back(name);
    shown[block] = std::move(names);
  }
  return shown;
}

connector::decision<connector::read> connector::on(const state& s, const read&, moment) {
  if (!s.record.exists)
    return refuse(no_such_resource());
  return reply(protocols::connector::manifest{s.record.version, s.record.spec});
}

} // namespace tenon::actors
