// A connector as data: the manifest of one platform, stored under a name. Whoever talks to the
// platform asks for it (`read`) and interprets it. A manifest that does not compile is refused when
// it is configured, so what `read` gives can be relied on.
#pragma once

#include "actors/resource/resource.hpp"
#include "protocols/connector.hpp"

namespace tenon::actors {

struct connector : resource<connector, protocols::connector> {
  static result<void> check_spec(const value& manifest);
  static value status(const state&);

  using resource::on;
  static decision<read> on(const state&, const read&, moment now);

  using resource::apply;
  static bool holds(const state& s) { return actors::holds(s.record); }
};

} // namespace tenon::actors
