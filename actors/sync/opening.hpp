// What a sync's spec says as text, read by those who perform for it.
#pragma once

#include "actors/sync/source.hpp"
#include "protocols/binding.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors {

inline result<protocols::sync::spec> sync_spec_from(std::string_view text) {
  const auto written = read_json(text);
  if (!written)
    return written.error();
  return protocols::from_value<protocols::sync::spec>(*written, "spec");
}

/// The source of a sync that does not write.
inline result<std::shared_ptr<source>> open_source(const source_kinds& kinds, const identity& sync,
                                                   const protocols::sync::spec& spec) {
  const auto from = read_json(spec.from);
  const auto* one = from ? from->as<object>() : nullptr;
  if (!one || one->size() != 1 || !one->begin()->second.is<object>())
    return failure{code::malformed, "the source is not one kind with its options", "spec.from"};
  const auto& [name, options] = *one->begin();
  const auto kind = std::ranges::find(kinds, name, [](const auto& k) { return k->name(); });
  if (kind == kinds.end())
    return failure{code::not_found, "there is no kind of source called " + name, "spec.from"};
  auto opened = (*kind)->open(sync, *options.as<object>());
  if (!opened)
    return std::move(opened).error();
  return std::shared_ptr<source>{*std::move(opened)};
}

} // namespace tenon::actors
