#include "nodes/node/shipped.hpp"

#include "config/connectors.hpp"
#include "config/yaml.hpp"

namespace tenon::nodes {

using actors::connectors::manifest;

result<std::shared_ptr<const manifest>> compile_manifest_text(std::string_view yaml,
                                                              const std::string& file) {
  const auto read = config::read_yaml(yaml, file);
  if (!read)
    return read.error();
  if (read->empty())
    return failure{code::malformed, "there is nothing in it", file};
  // A resource has its manifest in its spec.
  const auto& document = read->front().value;
  const auto* spec = document.find("kind") ? document.find("spec") : &document;
  auto made = actors::connectors::compile_manifest(spec ? *spec : document);
  if (!made) {
    auto why = std::move(made).error();
    why.where = file + ": " + why.where;
    return why;
  }
  return std::make_shared<const manifest>(*std::move(made));
}

std::shared_ptr<const manifest> shipped_manifests::find(std::string_view name) {
  const auto* there = config::find_shipped_connector(name);
  if (there == nullptr)
    return nullptr;
  const std::lock_guard hold{guard_};
  auto& known = known_[std::string{name}];
  if (!known)
    if (auto made = compile_manifest_text(there->yaml, std::string{name} + ".yaml"))
      known = *std::move(made);
  return known;
}

} // namespace tenon::nodes
