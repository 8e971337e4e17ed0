#include "actors/integration/pagination/pager.hpp"

namespace tenon::actors::connectors {

const std::vector<pager_kind>& all_pagers() {
  static const std::vector<pager_kind> all{cursor_pager, link_pager,   offset_pager,
                                           number_pager, keyset_pager, range_pager};
  return all;
}

} // namespace tenon::actors::connectors
