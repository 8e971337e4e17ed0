// What each kind of source reads when it is held to its promises: something of several pages that
// stands still. Each file of this folder is named after the kind, and the build lists them.
#pragma once

#include "actors/sync/source.hpp"
#include "actors/sync/surroundings.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tenon::tests::conformance::subjects::sources {

/// One way in which a kind is read.
struct subject {
  std::string name; // begins with the kind's
  std::function<std::unique_ptr<actors::source>()> open;
  std::string cursor{};                       // of an earlier run
  std::function<std::string()> find_cursor{}; // when only that run itself can tell
};

using maker = std::vector<subject>();

struct member {
  std::string_view name;
  maker* make;
};

std::span<const member> catalog();

/// The kind as it is in the catalog, opened with these options.
std::unique_ptr<actors::source> opened(std::string_view kind, const actors::surroundings&,
                                       const object& options);

/// `more` added to options, or in their place.
object joined(object options, const object& more);

} // namespace tenon::tests::conformance::subjects::sources
