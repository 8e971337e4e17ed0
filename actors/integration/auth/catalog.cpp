#include "actors/integration/auth/method.hpp"

namespace tenon::actors::connectors {

const std::vector<auth_kind>& all_auth_kinds() {
  static const std::vector<auth_kind> all{no_auth, key_auth, basic_auth, oauth2_client_auth};
  return all;
}

} // namespace tenon::actors::connectors
